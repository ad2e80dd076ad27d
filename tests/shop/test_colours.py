"""Colours: whatever an owner picks, what is made from it can be read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsite.shop import colours

any_colour = st.from_regex(r"\A#[0-9a-f]{6}\Z")


def tokens(accent: str) -> list[dict[str, str]]:
    """By day, by night."""
    blocks = re.findall(r":root\{([^}]*)\}", colours.css(accent))
    return [dict(re.findall(r"--([\w-]+):(#\w+);", block)) for block in blocks]


@given(any_colour)
def test_words_in_any_colour_can_be_read_by_day_and_by_night(accent):
    day, night = tokens(accent)

    for ground in (colours.PAPER, colours.SUNKEN, colours.WHITE, day["accent-soft"]):
        assert colours.contrast(day["accent"], ground) >= 4.5
    for ground in (colours.NIGHT, colours.NIGHT_SURFACE, night["accent-soft"]):
        assert colours.contrast(night["accent"], ground) >= 4.5
    for shades, ink in ((day, colours.INK), (night, "#ecebf2")):
        assert colours.contrast(shades["accent"], shades["on-accent"]) >= 4.5
        assert colours.contrast(shades["accent-strong"], shades["on-accent"]) >= 4.5
        assert colours.contrast(shades["accent-soft"], ink) >= 4.5


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#ffffff", "#000000", 21.0), ("#777777", "#ffffff", 4.48)]
)
def test_contrast_is_as_wcag_has_it(one, other, ratio):
    assert round(colours.contrast(one, other), 2) == ratio


def test_a_readable_colour_stays_as_it_is():
    assert tokens("#1a6b3c")[0]["accent"] == "#1a6b3c"
    assert colours.nearest_readable("#ffe000") != "#ffe000"
