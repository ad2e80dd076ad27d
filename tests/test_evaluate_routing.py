"""`manage.py evaluate_routing` on a file whose truth is known."""

import csv
import json
import random
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from billing import catalogue
from billing.models import Price
from routing.strategies import Questions, highest, steps, strategy, verified

FOUR = Questions(
    cheap=[1.0, 0.0, 0.0, 1.0],
    strong=[1.0, 1.0, 1.0, 0.0],
    cheap_cost=[1, 1, 1, 1],
    strong_cost=[10, 20, 30, 40],
)


@pytest.fixture(scope="module")
def site() -> list[dict[str, object]]:
    """The cheap model fails where engraving is asked about; its answer then has a wrong sum."""
    draw = random.Random(1)
    rows: list[dict[str, object]] = []
    for number in range(160):
        hard = draw.random() < 0.4
        about = "the engraving came out crooked" if hard else "where is my parcel"
        failed = hard != (draw.random() < 0.1)
        price = draw.randint(2, 9)
        total, more = price * 3 + failed, " indeed" * draw.randint(0, 9)
        rows.append(
            {
                "id": f"day{number % 20}-{number}",
                "prompt": f"{about}, number {number}?",
                "score_weak": float(not failed),
                "score_strong": 1.0,
                "answer_weak": f"It is 3 x {price} = {total} dollars for you{more}.",
            }
        )
    return rows


@pytest.fixture
def file(tmp_path: Path, site: list[dict[str, object]]) -> Path:
    path = tmp_path / "site.jsonl"
    path.write_text("\n".join(map(json.dumps, site)))
    return path


@pytest.fixture
def prices(db) -> None:
    catalogue.apply(catalogue.compare(catalogue.BUILT_IN))


def evaluated(*words: object) -> str:
    said = StringIO()
    call_command("evaluate_routing", *map(str, words), "--resamples=40", stdout=said)
    return said.getvalue()


def cells(said: str) -> dict[str, list[str]]:
    """The tables' rows by their first cell."""
    rows = (line.strip("| ").split(" | ") for line in said.splitlines() if line.startswith("|"))
    return {first: rest for first, *rest in rows}


def test_the_tables_say_what_is_known(file, prices):
    said = evaluated(file)

    rows = cells(said)
    assert rows["strong only (gpt-4)"][1:] == ["0.0%", "100.0%", "100.0%"]
    assert rows["cheap only (gpt-3.5-turbo)"][3] == "0.0%"
    assert "hybrid, first day, from 7 on" in rows
    assert rows["random"][0].startswith("0.")
    learned, verifier, oracle = (
        float(rows[name][0].split()[0]) for name in ("learned", "verifier", "oracle")
    )
    assert learned > 0.65
    assert verifier > 0.7
    assert oracle >= max(learned, verifier)
    cheap, hybrid, both = (
        float(rows[name][2].rstrip("%"))
        for name in (
            "cheap only (gpt-3.5-turbo)",
            "hybrid, learned, 30% strong",
            "hybrid verified, 15% before and 15% after the answer",
        )
    )
    assert cheap < hybrid
    assert cheap < both
    assert "Response times were not measured" in said
    assert "one of 20 groups held out together" in said
    assert "Calibration error of the learned analyzer: 0." in said


def test_costs_are_by_the_price_catalogue(file, prices):
    bare, with_articles = cells(evaluated(file)), cells(evaluated(file, "--prompt-tokens=1000"))

    def cost(rows: dict[str, list[str]], name: str) -> float:
        return float(rows[name][0].lstrip("$"))

    for name, dollars in (("strong only (gpt-4)", 0.03), ("cheap only (gpt-3.5-turbo)", 0.0005)):
        assert cost(with_articles, name) - cost(bare, name) == pytest.approx(dollars, abs=2e-6)


def test_where_no_answer_was_kept_its_length_is_assumed_and_nothing_is_verified(
    tmp_path, site, prices
):
    path = tmp_path / "bare.jsonl"
    path.write_text("\n".join(json.dumps(row | {"answer_weak": ""}) for row in site))

    short, long = evaluated(path), evaluated(path, "--answer-tokens=1070")

    assert "one of 70 tokens is assumed" in short
    assert "verifi" not in short
    strong = "strong only (gpt-4)"
    more = float(cells(long)[strong][0][1:]) - float(cells(short)[strong][0][1:])
    assert more == pytest.approx(0.06, abs=2e-6)


def test_the_curves_are_written(tmp_path, file, prices):
    table, chart = tmp_path / "curve.csv", tmp_path / "curve.svg"

    evaluated(file, "--csv", table, "--svg", chart)

    with table.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    learned = [row for row in rows if row["ranked_by"] == "learned"]
    assert [row["strong_share"] for row in learned[::10]] == ["0.0000", "0.5000", "1.0000"]
    assert (learned[0]["gap_recovered"], learned[-1]["gap_recovered"]) == ("0.0000", "1.0000")
    assert learned[-1]["accuracy"] == "1.0000"
    verified_ones = [row for row in rows if row["ranked_by"] == "verifier"]
    # Escalated answers are paid for twice.
    assert float(verified_ones[-1]["usd_per_query"]) > float(learned[-1]["usd_per_query"])
    drawn = ElementTree.fromstring(chart.read_text())
    lines = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 7
    words = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "verifier" in words


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--share=1.1"], "--share"),
        (["--share=nan"], "--share"),
        (["--answer-tokens=-1"], "--answer-tokens"),
        (["--svg=/nowhere/at/all.svg"], "no directory"),
    ],
)
def test_what_cannot_be_is_refused_at_once(file, prices, options, said):
    with pytest.raises(CommandError, match=said):
        evaluated(file, *options)


@pytest.mark.django_db
def test_a_model_without_a_price_is_named(file):
    assert not Price.objects.exists()

    with pytest.raises(CommandError, match=r"gpt-3\.5-turbo has no price"):
        evaluated(file)


def test_too_few_labels_and_a_bad_file_are_refused(tmp_path, file, prices):
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(file.read_text().splitlines()[:20]))

    with pytest.raises(CommandError, match="20 labels are too few"):
        evaluated(few)
    with pytest.raises(CommandError, match="missing"):
        evaluated(tmp_path / "missing.jsonl")


def test_an_escalated_answer_is_paid_for_twice():
    sent = strategy("sent", FOUR, sent=[1])
    escalated = strategy("escalated", FOUR, escalated=[1])

    assert (sent.accuracy, escalated.accuracy) == (0.75, 0.75)
    assert (sent.strong, escalated.strong) == (0.25, 0.25)
    assert (sent.cost, escalated.cost) == (23 / 4, 24 / 4)


def test_a_share_is_never_exceeded():
    assert highest([4, 3, 2, 1], 0.5) == [0, 1]
    assert highest([4, 3, 3, 1], 0.5) == [0]
    assert highest([4, 3, 2, 1], 0.0) == []
    assert highest([4, 3, 2, 1], 0.25, among=[2, 3]) == [2]
    assert highest([4, 3, 2, 1], 1.0, among=[2, 3]) == [2, 3]
    assert highest([4, 3, 2, 1], 1.0, among=[]) == []


def test_the_verifier_is_asked_only_about_what_was_answered_cheaply():
    sent, escalated = verified(FOUR, scores=[9, 8, 1, 0], doubts=[9, 8, 1, 2], share=0.5)

    assert (sent, escalated) == ([0], [1])


def test_a_curve_goes_from_cheap_only_to_strong_only():
    before, after = (steps(FOUR, [1, 4, 2, 3], afterwards=late, count=4) for late in (False, True))

    assert [step.accuracy for step in before] == [0.5, 0.75, 0.5, 0.75, 0.75]
    assert [step.cost for step in before] == [4 / 4, 23 / 4, 62 / 4, 91 / 4, 100 / 4]
    assert [step.cost for step in after] == [4 / 4, 24 / 4, 64 / 4, 94 / 4, 104 / 4]
