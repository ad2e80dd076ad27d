"""How fast the analyzer learns a domain that it was not made for, on traffic whose truth is known.

    python -m tests.accuracy.learning_curve [--graded FOLDER] [--draws 5] [--only bank]

Three domains that the shipped artifact, fitted to exams, has never seen:

- `bank` and `assistant`: what customers really wrote (banking77, clinc150), with answers that were
  not. In each draw each intent is given a chance that the cheap model fails at it, from Beta(0.7,
  1.4): at a third on average, at most intents rarely. A message of two or more questions adds 0.15.
  The strong model fails a quarter as often. A label is one throw of these dice and knows nothing of
  the strong answer, as a customer's thumb; in `bank, 15 % wrong` every seventh says the opposite.
- `mmlu`: nothing made up, graded answers of both models to exam questions of 57 subjects. The start
  is an artifact fitted to school mathematics (GSM8K) alone. `judged` labels know both answers,
  `thumbs` the cheap one alone: where the strong model often fails too, they cannot tell what is
  worth sending, and it is good that nothing comes into force by itself.

APGR (0.5 is a coin) on 2,000 messages of the domain that are not learned from, by the true chances
where they are known: mean and standard deviation over the draws. `0 labels` is the artifact's rank
out of its domain. The best possible ranking, by the true chances themselves, is the last column.
"""

import argparse
import gzip
import json
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from routing.analysis import trained_model
from routing.analysis.features import Measured, measure
from routing.learning import model_training
from routing.learning.model_training import Label, recovered
from routing.tier_choice import Turn
from tests import exams
from tests.tables import show

ROOT = Path(__file__).parents[2]
SIZES = (100, 200, 400, 800, 2000)
HELD_BACK = 2000
CHANCES, MORE_QUESTIONS, STRONG = (0.7, 1.4), 0.15, 0.25


@dataclass(frozen=True, slots=True)
class Told:
    """A message, its label, and what the strong answer truly adds on average."""

    label: Label
    gain: float


Domain = Callable[[random.Random], list[Told]]


def customers(path: Path, wrong: float = 0.0) -> Domain:
    """Real messages, with chances of failure by their intent."""
    lines = gzip.decompress(path.read_bytes()).splitlines()
    rows = [json.loads(line) for line in lines]
    measured = [(row["intent"], measure(Turn(row["prompt"], evidence=0.5))) for row in rows]
    return partial(thrown, measured, wrong)


def thrown(
    measured: Sequence[tuple[str, Measured]], wrong: float, draw: random.Random
) -> list[Told]:
    fails = {
        intent: draw.betavariate(*CHANCES) for intent in sorted({each for each, _ in measured})
    }
    told = []
    for intent, message in measured:
        chance = min(1.0, fails[intent] + MORE_QUESTIONS * (message.seen.questions > 1))
        did = draw.random() >= chance
        said = did != (draw.random() < wrong)
        told.append(Told(Label(message, float(said)), chance - STRONG * chance))
    draw.shuffle(told)
    return told


def graded(labels: Sequence[Label], judged: bool, draw: random.Random) -> list[Told]:
    told = [
        Told(replace(label, strong=label.strong if judged else None, group=""), label.gain)
        for label in labels
    ]
    draw.shuffle(told)
    return told


def curve(domain: Domain, start: trained_model.Model, seed: int) -> list[float]:
    """APGR out of the domain, after each size of labels, and the best possible."""
    told = domain(random.Random(seed))
    held_back, known = told[:HELD_BACK], [each.label for each in told[HELD_BACK:]]
    gains = [each.gain for each in held_back]
    models = [start, *(model_training.model(known[:size]) for size in SIZES)]
    by_model = [[model.need(each.label.measured) for each in held_back] for model in models]
    rules = [trained_model.prior(each.label.measured) for each in held_back]
    return [recovered(gains, scores) for scores in (rules, *by_model, gains)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graded", type=Path, default=ROOT.parent / "shared/data/routing")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--only", default="", help="domains whose name has these letters")
    arguments = parser.parse_args()
    folder = arguments.graded
    mathematics = model_training.model(exams.labels(folder, "gsm8k"))
    mmlu = exams.labels(folder, "mmlu")
    domains: dict[str, tuple[Domain, trained_model.Model]] = {
        "bank": (customers(folder / "banking77.jsonl.gz"), mathematics),
        "bank, 15 % wrong": (customers(folder / "banking77.jsonl.gz", 0.15), mathematics),
        "assistant": (customers(folder / "clinc150.jsonl.gz"), mathematics),
        "mmlu, judged": (partial(graded, mmlu, True), mathematics),
        "mmlu, thumbs": (partial(graded, mmlu, False), mathematics),
    }
    columns = ["rules", "0 labels", *(f"{size:,}" for size in SIZES), "best possible"]
    rows = []
    for name, (domain, start) in domains.items():
        if arguments.only not in name:
            continue
        draws = [curve(domain, start, seed) for seed in range(arguments.draws)]
        row: dict[str, object] = {"domain": name}
        for column, values in zip(columns, zip(*draws, strict=True), strict=True):
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            row[column] = f"{statistics.mean(values):.3f} ± {spread:.3f}"
        rises = [values[-2] - values[1] for values in draws]
        row["rise"] = f"{statistics.mean(rises):+.3f}"
        rows.append(row)
    show(f"APGR, mean of {arguments.draws} draws ± standard deviation", rows)


if __name__ == "__main__":
    main()
