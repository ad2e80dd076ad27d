"""CPU that one decision costs: no analyzer, the rules, the learned one; beside them the verifier.

    python -m tests.load.routing_cost [--graded ../shared/data/routing] [--every 10]

The pure part of `decisions.decide`, on the sample shop's questions and, where they are beside the
checkout, on a bank's customers' (banking77). Milliseconds of CPU by message, each the best of
several rounds, as others use the machine; then median, 99th percentile and most over messages.
"""

import argparse
import gzip
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from routing import difficulty, learned
from routing.choice import Score, Turn, choose
from routing.verifier import Answered, verify
from tests.tables import show

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "chatsite" / "demo" / "shop"
ROUNDS = 5
THRESHOLD = 7.0
NOTHING = Score(1.0, "none", ("nothing was looked at",))

Decide = Callable[[Turn], object]


def shop() -> list[Turn]:
    questions = json.loads((SHOP / "questions.json").read_text())
    return [Turn(each["question"], evidence=0.5) for each in questions]


def bank(folder: Path, every: int) -> list[Turn]:
    path = folder / "banking77.jsonl.gz"
    if not path.exists():
        return []
    lines = gzip.decompress(path.read_bytes()).splitlines()[::every]
    return [Turn(json.loads(line)["prompt"], evidence=0.5) for line in lines]


def row(name: str, turns: Sequence[Turn], decide: Decide) -> dict[str, object]:
    times = []
    for turn in turns:
        best = float("inf")
        for _ in range(ROUNDS):
            start = time.thread_time()
            decide(turn)
            best = min(best, time.thread_time() - start)
        times.append(1000 * best)
    times.sort()
    return {
        "analyzer": name,
        "median ms": f"{times[len(times) // 2]:.3f}",
        "p99 ms": f"{times[int(0.99 * (len(times) - 1))]:.3f}",
        "most ms": f"{times[-1]:.3f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graded", type=Path, default=ROOT.parent / "shared/data/routing")
    parser.add_argument("--every", type=int, default=10, help="of the bank's messages, each nth")
    arguments = parser.parse_args()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = learned.exams()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    article = next(iter(sorted((SHOP / "articles").glob("*.md")))).read_text()
    decided: dict[str, Decide] = {
        "none": lambda turn: choose(NOTHING, THRESHOLD),
        "rules": lambda turn: choose(difficulty.weigh(difficulty.signals(turn)), THRESHOLD),
        "learned, first day": lambda turn: choose(learned.score(turn)[0], THRESHOLD),
        "learned, with a model": lambda turn: choose(learned.score(turn, model)[0], THRESHOLD),
        "verifier, answer of 80 words": lambda turn: verify(
            Answered(turn.text, " ".join(article.split()[:80]), (article,))
        ),
    }
    for title, turns in (
        ("Sample shop", shop()),
        ("banking77", bank(arguments.graded, arguments.every)),
        ("100,000 characters", [Turn("word refund! " * 8000, ("a" * 100_000,) * 3)]),
    ):
        if turns:
            rows = [row(name, turns, decide) for name, decide in decided.items()]
            show(f"{title}: {len(turns):,} messages", rows)
    sys.stdout.write(f"\nReading the fitted model added {(after - before) / 1024:.1f} MB.\n")


if __name__ == "__main__":
    main()
