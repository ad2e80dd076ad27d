"""Whether the quality page's intervals hold the truth: `python -m tests.accuracy.known_truth`.

    python -m tests.accuracy.known_truth [--months 400]

Generates months whose truth is known: some answers are wrong by construction; raters, the judge and
staff see that through noise of known rates, and of a sample alone. What the page then says in words
is compared with what it would be if everybody had seen every answer. Fails where a figure's
interval holds it in fewer than 95 % of the months, or where the planted causes of routing mistakes
are not the first three in as many. A minute.
"""

import argparse
import os
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import django

from tests.tables import show

ANSWERS = 4000
WRONG = 0.2
# How often each says the opposite of what is true, and of how many answers they say something.
RATERS, JUDGE, STAFF = 0.12, 0.08, 0.05
RATED, JUDGED, GRADED = 0.06, 300, 60
# The judge's grades of what it takes for right, and for wrong.
GRADES = (0.9, 0.2)
WANTED = 0.95
_INTERVAL = re.compile(r"([\d.]+) % (?:to|and) ([\d.]+) % with 95 % confidence")


@dataclass(frozen=True, slots=True)
class Seen:
    """A figure of the page, between what it says it lies, and what is true."""

    name: str
    low: float
    high: float
    truth: float

    @property
    def holds(self) -> bool:
        return self.low <= self.truth <= self.high


def month(seed: int) -> Iterator[Seen]:
    from django.utils import timezone

    from chatsite.monitor import quality_charts, quality_figures
    from chatsite.monitor.grading.grader_agreement import kappa
    from chatsite.monitor.quality_sums import Report, Sums, asked

    draw = random.Random(seed)
    right = [draw.random() >= WRONG for _ in range(ANSWERS)]

    def heard(noise: float) -> list[bool]:
        return [each != (draw.random() < noise) for each in right]

    raters, staff = heard(RATERS), heard(STAFF)
    cheap, strong = ([GRADES[not each] for each in heard(JUDGE)] for _ in range(2))
    rated = [each for each in raters if draw.random() < RATED]
    judged = draw.sample(range(ANSWERS), JUDGED)
    total = Sums(answers=ANSWERS, helpful=sum(rated), unhelpful=len(rated) - sum(rated))
    total.judged = total.judged_both = JUDGED
    total.judged_cheap = sum(cheap[each] for each in judged)
    total.judged_strong = sum(strong[each] for each in judged)
    wanted = asked({"period": "30"}, timezone.localdate(), timezone.get_default_timezone())
    steps = tuple(total if not number else Sums() for number in range(len(wanted.span.steps)))
    report = Report(total, steps, {(0, "cheap"): total}, {})
    helpful = quality_figures.figures(wanted, report)[0]
    yield _said("helpful", helpful.note, 0, fmean(raters))
    charts = quality_charts.charts(wanted, report, {})
    chart = next(each for each in charts if "Judged" in each.title)
    yield _said("judged, cheap", chart.note, 0, fmean(cheap))
    yield _said("judged, strong", chart.note, 1, fmean(strong))
    words = [
        ("right" if each else "wrong", "right" if grade == GRADES[0] else "wrong")
        for each, grade in zip(staff, cheap, strict=True)
    ]
    found = kappa([words[each] for each in judged[:GRADED]])
    yield Seen("judge and staff (kappa)", found.low, found.high, kappa(words).kappa)


def _said(name: str, words: str, place: int, truth: float) -> Seen:
    """Its interval as the page has it, to a tenth of a percent."""
    low, high = _INTERVAL.findall(words)[place]
    return Seen(name, float(low) / 100 - 0.0005, float(high) / 100 + 0.0005, truth)


def causes_are_first(seed: int) -> bool:
    from chatsite.routing_mistakes import causes
    from tests.routing_mistakes import month as routed

    replies = routed.judged(seed)
    cheap = [(each.kind, each.name) for each in causes.too_cheap(replies).causes[:2]]
    dear = [(each.kind, each.name) for each in causes.too_dear(replies).causes[:1]]
    return sorted(cheap) == sorted(routed.PLANTED) and dear == routed.PLANTED_DEAR


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--months", type=int, default=400)
    months = parser.parse_args(arguments).months
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    held: dict[str, list[Seen]] = {}
    for seed in range(months):
        for seen in month(seed):
            held.setdefault(seen.name, []).append(seen)
    rows: list[dict[str, object]] = [
        {
            "figure": name,
            "months": len(each),
            "truth, mean": f"{fmean(one.truth for one in each):.3f}",
            "width, mean": f"{fmean(one.high - one.low for one in each):.3f}",
            "hold it, of 100": 100 * sum(one.holds for one in each) / months,
        }
        for name, each in held.items()
    ]
    first = sum(causes_are_first(seed) for seed in range(months))
    show("The quality page against the truth", rows)
    show(
        "The planted causes of routing mistakes",
        [{"months": months, "come first, of 100": 100 * first / months}],
    )
    least = min(first, *(sum(one.holds for one in each) for each in held.values()))
    return 0 if least >= WANTED * months else 1


if __name__ == "__main__":
    sys.exit(main())
