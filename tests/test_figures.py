"""One way to write shares, scores and amounts, on every page and in every mail and export."""

import re
from pathlib import Path

import pytest

from billing import number_format as shares
from routing import score_display as scores

ROOT = Path(__file__).resolve().parent.parent
# A number that is written without them: by a format, by Django's filter (but for counts, and for
# what HTML reads), or behind a dollar sign.
BY_HAND = re.compile(
    r""":,?\.[1-9]f|:,?\.\d%|floatformat(?!:["'](0g|-?\du))|\bf["'][^"']*\$\{|>[^<]*\$\{\{"""
)
# The places themselves; coordinates of pictures; reports that a developer reads in a terminal.
ELSEWHERE = re.compile(
    r"billing/(number_format|money)\.py|routing/score_display\.py|routing/learning/(charts|wish_training)\.py"
    r"|management/commands/evaluate_|chatsite/tuning/(labelled_messages_report|graded_answers_report|graded_questions_cost)\.py"
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0.0 %"), (0.123, "12.3 %"), (1, "100.0 %"), (0.0004, "0.04 %"), (-0.00031, "-0.03 %")],
)
def test_a_share(value, shown):
    assert shares.share(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(7, "7"), (7.0, "7"), (9.05, "9.1"), (10.0, "10"), (6.97, "7")]
)
def test_a_score(value, shown):
    assert scores.score(value) == shown


@pytest.mark.parametrize(
    ("value", "beside", "shown"),
    [
        (0.9525741268224333, None, "0.95"),
        (0.6, 0.6, "0.60"),
        (0.597, 0.6, "0.597"),
        (0.5999999999, 0.6, "0.600000"),
    ],
)
def test_a_doubt_is_told_from_what_it_is_compared_with(value, beside, shown):
    assert scores.probability(value, beside) == shown


def test_nothing_is_formatted_by_hand():
    found = []
    for folder in ("billing", "chatsite", "routing", "templates"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix not in {".py", ".html", ".txt"} or ELSEWHERE.search(name):
                continue
            if "lexicons" in name or "migrations" in name:
                continue
            lines = enumerate(path.read_text().splitlines(), 1)
            found += [f"{name}:{number}: {line}" for number, line in lines if BY_HAND.search(line)]

    assert found == []
