"""The provider's list: which models are gone, and what is not believed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chatsite.provider import model_list
from chatsite.provider.model_health import Health
from chatsite.provider.models import ProviderModel, Reading
from routing import policies
from routing.tier_choice import Tier
from routing.tiers import slots
from tests.guards import guards
from tests.provider.lists import took
from tests.upstream.server import Upstream

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ALL = ["gpt-3.5-turbo", "gpt-5.6-terra", "gpt-4", "gpt-5.6-sol", "gpt-6-luna"]


def without(*names: str) -> list[str]:
    return [name for name in ALL if name not in names]


def asked() -> list[str]:
    """Who would answer for the cheap and for the strong tier."""
    health = Health().current()
    return [slots(tier, policies.current(), health)[0].model for tier in Tier]


@pytest.fixture
def upstream(settings):
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL = upstream.url
        yield upstream


def test_the_list_is_read_from_the_provider(upstream):
    reading = model_list.read(NOW)

    assert (reading.problem, reading.listed) == ("", 13)
    assert ProviderModel.objects.get(name="gpt-4").listed_at == NOW
    assert asked() == ["gpt-3.5-turbo", "gpt-4"]


def test_a_model_with_an_announced_end_counts_while_it_is_listed():
    assert ProviderModel.objects.get(name="gpt-4").shuts_down_on == date(2026, 10, 23)

    took(ALL, NOW)

    assert asked() == ["gpt-3.5-turbo", "gpt-4"]


def test_a_model_that_is_no_longer_listed_is_succeeded_until_it_is_back():
    took(ALL, NOW)

    took(without("gpt-4"), NOW + timedelta(days=1))
    gone = asked()
    missing = ProviderModel.objects.get(name="gpt-4").missing_since
    took(ALL, NOW + timedelta(days=2))

    assert gone == ["gpt-3.5-turbo", "gpt-5.6-sol"]
    assert missing == NOW + timedelta(days=1)
    assert asked() == ["gpt-3.5-turbo", "gpt-4"]


def test_a_model_that_no_list_ever_named_is_gone_too():
    draft = policies.current().draft()
    draft.cheap_model = "gpt-2"
    policies.adopt(draft, None, "An old one.")

    took(ALL, NOW)

    assert asked() == ["gpt-5.6-terra", "gpt-4"]


@guards("chatsite/provider/model_list.py", "    elif not listed & used:\n", "    elif False:\n")
@pytest.mark.parametrize(
    "names",
    [
        [],
        ["whisper-1", "tts-1"],
        [""],
        ["gpt-4 "],
        ["gpt-4\0"],
        ["x" * 101],
        [f"model-{number}" for number in range(20_000)] + ["gpt-4"],
    ],
    ids=["empty", "others", "blank", "space", "control", "long", "endless"],
)
def test_an_odd_list_changes_nothing_and_says_so(names):
    took(ALL, NOW)

    reading = took(names, NOW + timedelta(days=1))

    assert reading.problem.startswith(("It lists ", "It has more models"))
    assert asked() == ["gpt-3.5-turbo", "gpt-4"]
    assert Reading.objects.first() == reading


@pytest.mark.parametrize("names", [["gpt-6-luna", "gpt-4"], ["gpt-3.5-turbo"]])
def test_a_short_list_takes_no_tier_down(names):
    took(names, NOW)

    assert asked() == ["gpt-3.5-turbo", "gpt-4"]


@pytest.mark.parametrize("body", [b"<html>", b'{"data": 3}'])
def test_a_list_that_cannot_be_read_changes_nothing_and_says_so(body, upstream):
    took(ALL, NOW)
    upstream.lists = body

    reading = model_list.read(NOW + timedelta(days=1))

    assert "could not be read" in reading.problem
    assert asked() == ["gpt-3.5-turbo", "gpt-4"]


def test_readings_are_forgotten_in_time():
    took(ALL, NOW)
    took(ALL, NOW + timedelta(days=91))

    assert model_list.forget(NOW + timedelta(days=91)) == 1
