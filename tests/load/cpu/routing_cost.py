"""CPU that one decision costs: no analyzer, the rules, the learned one; beside them the verifier.

    python -m tests.load.cpu.routing_cost [--graded ../shared/data/routing] [--every 10]

The pure part of `decisions.decide`, on the sample shop's questions and, where they are beside the
checkout, on a bank's customers' (banking77). Milliseconds of CPU by message, each the best of
several rounds, as others use the machine; then median, 99th percentile and most over messages.

Of bad input, 100,000 characters with three such messages before, the 99th percentile over calls:
nothing is left out, so run it as `chrt -r 1 python -m ...` where others use the machine.
"""

import argparse
import gzip
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from routing.analysis import difficulty, learned_score
from routing.analysis.features import measure
from routing.checks.verifier import Answered, verify
from routing.learning import first_day_training, model_training
from routing.learning.labels import Label
from routing.tier_choice import Score, Turn, choose
from tests.tables import show

ROOT = Path(__file__).parents[3]
SHOP = ROOT / "chatsite" / "demo" / "shop"
ROUNDS = 5
THRESHOLD = 7.0
# Milliseconds that a decision may take, whatever was typed; and how often each is decided.
LIMIT, CALLS = 2.0, 200
LONGEST = 100_000
BAD = {
    "empty": "",
    "spaces": " ",
    "one letter": "a",
    "emoji": "😀",
    "Chinese": "退款怎么办",
    "Arabic": "متى يصل الطلب؟ ",
    "one sign that is eighteen": "ﷺ",
    "accents on accents": "e\u0301\u0301\u0301\u0301",
    "dotted capitals": "İ",
    "control characters": "\x00\x01\u200b\u202e",
    "a line of two letters": "a?\n",
    "bullets": "- a b c d\n",
    "numbers": "1) x? 2) y? ",
    "a refund": "word refund! ",
    "money, not": "money back not refund still ",
    "wishes": "please use gpt-4 ",
    "half a wish": "score of is as ",
    "questions": "how do i, how do i and how do i ",
    "a complaint": "I ordered a lamp on Monday and it has not arrived, though you said so. ",
}
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
        times.append(min(clocked(decide, turn) for _ in range(ROUNDS)))
    times.sort()
    return {
        "analyzer": name,
        "median ms": f"{times[len(times) // 2]:.3f}",
        "p99 ms": f"{times[int(0.99 * (len(times) - 1))]:.3f}",
        "most ms": f"{times[-1]:.3f}",
    }


def bad_row(name: str, text: str, decided: Mapping[str, Decide]) -> dict[str, object]:
    """The 99th percentile of each analyzer beside the limit."""
    typed = (text * LONGEST)[:LONGEST]
    row: dict[str, object] = {"100,000 characters of": name}
    worst = 0.0
    for analyzer, decide in decided.items():
        times = sorted(clocked(decide, Turn(typed, (typed,) * 3)) for _ in range(CALLS))
        p99 = times[int(0.99 * (CALLS - 1))]
        row[analyzer] = f"{p99:.3f}"
        worst = max(worst, p99)
    return row | {"within the limit": "yes" if worst < LIMIT else "no"}


def clocked(decide: Decide, turn: Turn) -> float:
    start = time.thread_time()
    decide(turn)
    return 1000 * (time.thread_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graded", type=Path, default=ROOT.parent / "shared/data/routing")
    parser.add_argument("--every", type=int, default=10, help="of the bank's messages, each nth")
    arguments = parser.parse_args()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    known = first_day_training.messages()[:400]
    model = model_training.model(
        [Label(measure(each.turn), 1.0 - each.strong_needed, 1.0) for each in known]
    )
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    article = next(iter(sorted((SHOP / "articles").glob("*.md")))).read_text()
    decided: dict[str, Decide] = {
        "none": lambda turn: choose(NOTHING, THRESHOLD),
        "rules": lambda turn: choose(difficulty.weigh(difficulty.signals(turn)), THRESHOLD),
        "learned, first day": lambda turn: choose(learned_score.score(turn)[0], THRESHOLD),
        "learned, with a model": lambda turn: choose(
            learned_score.score(turn, model)[0], THRESHOLD
        ),
        "verifier, answer of 80 words": lambda turn: verify(
            Answered(turn.text, " ".join(article.split()[:80]), (article,))
        ),
    }
    for title, turns in (
        ("Sample shop", shop()),
        ("banking77", bank(arguments.graded, arguments.every)),
    ):
        if turns:
            rows = [row(name, turns, decide) for name, decide in decided.items()]
            show(f"{title}: {len(turns):,} messages", rows)
    routers = {name: decide for name, decide in decided.items() if "verifier" not in name}
    rows = [bad_row(name, text, routers) for name, text in BAD.items()]
    show(f"Bad input, 99th percentile in ms; the limit is {LIMIT:g} ms", rows)
    sys.stdout.write(f"\nReading the fitted model added {(after - before) / 1024:.1f} MB.\n")


if __name__ == "__main__":
    main()
