"""How often what the night proposes is truly worse, on outcomes of which both answers are known.

    python -m tests.accuracy.proposals [--graded ../shared/data/routing] [--draws 12] [--labels 900]

Graded answers to MMLU's questions, told to the learning as a site would be told them: by thumbs,
which know the cheap answer alone, and by judges, who know both. In force are the rules, as on the
first day, or with `--before 900` what judges have taught. Truth is the APGR on 3,000 other
questions, by both answers.
"""

import argparse
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

from tests.tables import show

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

from chatsite.quality.labels import TRUST, Source  # noqa: E402
from chatsite.quality.learning import training  # noqa: E402
from chatsite.quality.learning.training_examples import Example  # noqa: E402
from routing.analysis import learned_score  # noqa: E402
from routing.learning import model_training  # noqa: E402
from routing.learning.model_training import Label, TooFewLabels, recovered  # noqa: E402
from tests import exams  # noqa: E402

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, OTHERS = 30, 3000
SINCE = NOW - timedelta(days=DAYS + 1)
# Share of the labels whose both answers were judged.
JUDGED = (0.0, 0.25, 0.5, 1.0)


def told(label: Label, judged: bool, at: datetime, number: int) -> Example:
    trust = TRUST[Source.JUDGED if judged else Source.RATING]
    strong = label.strong if judged else None
    return Example(number, at, replace(label, strong=strong, group="", weight=trust))


def drawn(
    labels: list[Label], count: int, before: int, share: float, seed: int
) -> dict[str, float | bool]:
    draw = random.Random(seed)
    chosen = draw.sample(labels, count + before + OTHERS)
    found = [
        told(
            label, draw.random() < share, NOW - timedelta(days=DAYS) * (1 - number / count), number
        )
        for number, label in enumerate(chosen[:count])
    ]
    current = model_training.model(chosen[count : count + before]) if before else None
    try:
        best = training.best_analyzer(found, current, SINCE if before else None, NOW)
    except TooFewLabels:
        return {"proposed": False, "compared": False, "gain": 0.0}
    others = chosen[count + before :]
    gains = [each.gain for each in others]
    theirs, ours = (
        recovered(gains, [learned_score.weighed(each.measured, which).score for each in others])
        for which in (current, best.model)
    )
    return {
        "proposed": best.proposed.is_better_than(best.in_force),
        "compared": bool(best.compared),
        "gain": ours - theirs,
    }


def mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graded", type=Path, default=ROOT.parent / "shared/data/routing")
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--labels", type=int, default=900)
    parser.add_argument(
        "--before", type=int, default=0, help="judged labels that the model in force was fitted to"
    )
    parser.add_argument("--judged", type=float, nargs="+", default=JUDGED)
    arguments = parser.parse_args()
    labels = exams.labels(arguments.graded, "mmlu")
    rows = []
    for share in arguments.judged:
        draws = [
            drawn(labels, arguments.labels, arguments.before, share, seed)
            for seed in range(arguments.draws)
        ]
        proposed = [each for each in draws if each["proposed"]]
        rows.append(
            {
                "judged": f"{share:.0%}",
                "proposed": f"{len(proposed)} of {len(draws)}",
                "by both answers": sum(bool(each["compared"]) for each in proposed),
                "truly worse": sum(each["gain"] < 0 for each in proposed),
                "mean gain of APGR by them": f"{mean([each['gain'] for each in proposed]):+.3f}",
                "by all that was learned": f"{mean([each['gain'] for each in draws]):+.3f}",
            }
        )
    known = f"a model of {arguments.before} judged labels" if arguments.before else "the rules"
    show(f"In force {known}; {arguments.labels} labels, {arguments.draws} draws", rows)


if __name__ == "__main__":
    main()
