"""`manage.py evaluate_routing` on a file whose truth is known."""

import csv
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.models import LedgerEntry, Price
from billing.prices import price_list
from routing.learning.routing_strategies import (
    Questions,
    highest,
    needed,
    steps,
    strategy,
    together,
    verified,
)

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
    price_list.apply(price_list.compare(price_list.read(price_list.BUILT_IN)))


@pytest.fixture
def answered_in(prices) -> Callable[[str, int, float], None]:
    """Puts an answer of so many tokens, which took so many seconds, on the ledger."""

    def answered(model: str, tokens: int, seconds: float) -> None:
        price = Price.objects.in_force(model, "default", timezone.now()).get()
        ended = timezone.now()
        LedgerEntry.objects.create(
            reference=f"reply:{LedgerEntry.objects.count() + 1}:1",
            purpose="answer",
            outcome="stop",
            tier="cheap",
            model_requested=model,
            service_tier="default",
            called_at=ended - timedelta(seconds=seconds),
            settled_at=ended,
            input_tokens=1000,
            output_tokens=tokens,
            estimated=False,
            price=price,
            price_assumed=False,
            input_rate=0,
            cached_input_rate=0,
            cache_write_rate=0,
            output_rate=0,
            reserved=0,
            amount=0,
        )

    return answered


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
    assert rows["strong only (gpt-4)"][2:] == ["0.0%", "100.0%", "100.0%"]
    assert rows["cheap only (gpt-3.5-turbo)"][4] == "0.0%"
    assert "hybrid, first day, from 7 on" in rows
    assert rows["random"][0].startswith("0.")
    learned, verifier, oracle = (
        float(rows[name][0].split()[0]) for name in ("learned", "verifier", "oracle")
    )
    assert learned > 0.65
    assert verifier > 0.7
    assert oracle >= max(learned, verifier)
    cheap, hybrid, both = (
        float(rows[name][3].rstrip("%"))
        for name in (
            "cheap only (gpt-3.5-turbo)",
            "hybrid, learned, 30% strong",
            "hybrid verified, 15% before and 15% after the answer",
        )
    )
    assert cheap < hybrid
    assert cheap < both
    assert "one of 20 groups held out together" in said
    assert "Calibration error of the learned analyzer: 0." in said


def test_costs_are_by_the_price_list(file, prices):
    bare, with_articles = cells(evaluated(file)), cells(evaluated(file, "--prompt-tokens=1000"))

    def cost(rows: dict[str, list[str]], name: str) -> float:
        return float(rows[name][1].lstrip("$"))

    for name, dollars in (("strong only (gpt-4)", 0.03), ("cheap only (gpt-3.5-turbo)", 0.0005)):
        assert cost(with_articles, name) - cost(bare, name) == pytest.approx(dollars, rel=2e-3)


def test_where_no_answer_was_kept_its_length_is_assumed_and_nothing_is_verified(
    tmp_path, site, prices
):
    path = tmp_path / "bare.jsonl"
    path.write_text("\n".join(json.dumps(row | {"answer_weak": ""}) for row in site))

    short, long = evaluated(path), evaluated(path, "--answer-tokens=1070")

    assert "one of 70 tokens is assumed" in short
    assert "verifi" not in short
    strong = "strong only (gpt-4)"
    more = float(cells(long)[strong][1][1:]) - float(cells(short)[strong][1][1:])
    assert more == pytest.approx(0.06, rel=2e-3)


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
    assert len(lines) == 8
    words = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"verifier", "learned and verifier"} <= set(words)


def seconds(said: str) -> dict[str, str]:
    """Response times by the strategy's name, up to what is particular to the run."""
    return {name.split(",")[0].split(" (")[0]: row[0] for name, row in cells(said).items() if row}


def test_response_times_that_nobody_measured_are_not_made_up(file, prices):
    said = evaluated(file)

    assert seconds(said)["strong only"] == seconds(said)["cheap only"] == "not measured"
    assert "Strong answers were not timed: the file does not say" in said


def test_response_times_are_the_files_and_add_up_where_an_answer_is_escalated(
    tmp_path, site, prices
):
    path, table = tmp_path / "timed.jsonl", tmp_path / "curve.csv"
    timed = [row | {"seconds_weak": 1.0, "seconds_strong": 2.5} for row in site]
    path.write_text("\n".join(map(json.dumps, timed)))

    said = evaluated(path, "--csv", table, "--share=0.5")

    found = seconds(said)
    assert (found["strong only"], found["cheap only"]) == ("2.50 s", "1.00 s")
    escalated = float(cells(said)["cheap first, 50% escalated by the verifier"][4].rstrip("%"))
    # The share is printed in whole percent.
    assert float(found["cheap first"].removesuffix(" s")) == pytest.approx(
        1 + 2.5 * escalated / 100, abs=0.015
    )
    assert "Cheap answers took as long as the file says." in said
    with table.open(newline="") as opened:
        last = {row["ranked_by"]: row["seconds_per_query"] for row in csv.DictReader(opened)}
    assert (last["learned"], last["verifier"]) == ("2.500", "3.500")


def test_where_the_file_has_no_times_the_sites_own_calls_tell_them(file, prices, answered_in):
    for tokens in range(100, 125):
        answered_in("gpt-3.5-turbo", tokens, 0.5 + tokens / 50)
    answered_in("gpt-4", 100, 3.0)

    said = evaluated(file)

    assert "need 0.50 s and 20.0 ms a token, as 25 calls of gpt-3.5-turbo did on this site" in said
    assert seconds(said)["cheap only"].endswith(" s")
    assert seconds(said)["strong only"] == "not measured"


def test_what_analyzer_and_verifier_save_together_stands_beside_each_alone(file, prices):
    lines = [line.strip("| ").split(" | ") for line in evaluated(file).splitlines()]

    rows = [line for line in lines if line[0] in {"50%", "80%"}]

    ways = ("learned", "verifier", "learned and verifier")
    assert [row[:2] for row in rows] == [[gap, by] for gap in ("50%", "80%") for by in ways]
    assert all(0 < float(row[-1].rstrip("%")) < 100 for row in rows)


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

    with pytest.raises(CommandError, match="20 labels are not enough"):
        evaluated(few)
    with pytest.raises(CommandError, match="missing"):
        evaluated(tmp_path / "missing.jsonl")


def test_an_escalated_answer_is_paid_for_twice():
    sent = strategy("sent", FOUR, sent=[1])
    escalated = strategy("escalated", FOUR, escalated=[1])

    assert (sent.accuracy, escalated.accuracy) == (0.75, 0.75)
    assert (sent.strong, escalated.strong) == (0.25, 0.25)
    assert (sent.cost, escalated.cost) == (23 / 4, 24 / 4)


def test_an_escalated_answer_is_waited_for_twice():
    timed = replace(FOUR, cheap_seconds=[1.0] * 4, strong_seconds=[3.0] * 4)

    assert strategy("sent", timed, sent=[1]).seconds == (3 * 1 + 3) / 4
    assert strategy("escalated", timed, escalated=[1]).seconds == (4 * 1 + 3) / 4
    assert strategy("not timed", FOUR, sent=[1]).seconds is None
    cheap_alone = replace(FOUR, cheap_seconds=[1.0] * 4)
    assert strategy("all cheap", cheap_alone).seconds == 1.0
    assert strategy("some strong", cheap_alone, sent=[1]).seconds is None


def test_what_it_takes_is_found_between_the_places_of_a_curve():
    curve = steps(FOUR, [1, 4, 2, 3], afterwards=False, count=4)

    assert needed(curve, 0.5).share == pytest.approx(0.125)
    assert needed(curve, 0.5).cost == pytest.approx((4 / 4 + 23 / 4) / 2)
    assert needed(curve, 0.0) == curve[0]
    assert needed(curve[:1], 0.5) == curve[0]


def test_the_curve_of_both_ends_where_everything_is_strong():
    curve = together(FOUR, scores=[9, 8, 1, 0], doubts=[9, 8, 1, 2], count=2)

    assert [(step.share, step.accuracy) for step in curve] == [(0.0, 0.5), (0.5, 0.75), (1.0, 0.75)]


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
