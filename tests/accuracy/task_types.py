"""Task types recognised: how often rightly, how often of none, how fast, in how much memory.

    python -m tests.accuracy.task_types [--graded ../shared/data/routing] [--folds 1]

banking77: its 77 intents as task types, every fifth message held back. clinc150: its 150 intents
with 15 examples each, as an operator writes them, and with 100; the 3,000 held-back messages and
200 of no intent. Milliseconds of CPU by message, each the best of several rounds, as others use
the machine. Learning takes some ten seconds for each.
"""

import argparse
import gzip
import json
import sys
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

from routing.task_types import recognition, recognition_training
from routing.task_types.recognition import Kind, Recogniser
from tests.tables import show

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "chatsite" / "demo" / "shop" / "task_types.json"
ROUNDS, TIMED = 5, 400
FOLDS = 5

Asked = Sequence[tuple[str, str]]  # a text and its intent; "oos" is none


def read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def kinds(rows: Asked, most: int) -> tuple[list[str], list[Kind]]:
    """The intents, and each as a task type of so many examples."""
    said = defaultdict(list)
    for text, intent in rows:
        if intent != "oos":
            said[intent].append(text)
    names = sorted(said)
    about = [(name.replace("_", " "),) for name in names]
    return names, [
        Kind(key, tuple(said[name][:most]), (), about[key]) for key, name in enumerate(names)
    ]


def learn(taught: Sequence[Kind]) -> tuple[Recogniser, float]:
    """The recogniser as a worker reads it, and the seconds of CPU that learning took."""
    start = time.process_time()
    stored = recognition_training.learn(taught).text()
    return recognition.read(stored), time.process_time() - start


def figures(recogniser: Recogniser, names: Sequence[str], asked: Asked) -> dict[str, str]:
    found = [(recogniser.likeness(text), intent) for text, intent in asked]
    inside = [
        (each, names[each.key] == intent) for each, intent in found if each and intent != "oos"
    ]
    outside = [each for each, intent in found if each and intent == "oos"]
    nothing = sum(intent == "oos" for _, intent in found)
    taken = [right for each, right in inside if each.is_one]
    certain = [right for each, right in inside if each.is_one and each.is_certain]
    total = sum(intent != "oos" for _, intent in found)

    def share(part: int, whole: int) -> str:
        return f"{100 * part / whole:.1f} %" if whole else "-"

    return {
        "asked": f"{total:,}",
        "accuracy": share(sum(right for _, right in inside), total),
        "of a type": share(len(taken), total),
        "rightly": share(sum(taken), len(taken)),
        "certain": share(len(certain), total),
        "certain, rightly": share(sum(certain), len(certain)),
        "of no intent, of no type": share(nothing - sum(e.is_one for e in outside), nothing),
        "and not certain": share(
            nothing - sum(each.is_one and each.is_certain for each in outside), nothing
        ),
    }


def times(recogniser: Recogniser, texts: Sequence[str]) -> dict[str, str]:
    taken = []
    for text in texts[:: max(1, len(texts) // TIMED)]:
        best = float("inf")
        for _ in range(ROUNDS):
            start = time.thread_time()
            recogniser.likeness(text)
            best = min(best, time.thread_time() - start)
        taken.append(1000 * best)
    taken.sort()
    return {
        "median ms": f"{taken[len(taken) // 2]:.3f}",
        "p99 ms": f"{taken[int(0.99 * (len(taken) - 1))]:.3f}",
        "most ms": f"{taken[-1]:.3f}",
    }


def memory(recogniser: Recogniser) -> str:
    """Megabytes that reading it takes and keeps."""
    stored = recogniser.text()
    tracemalloc.start()
    held = recognition.read(stored)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held.kinds
    return f"{size / 2**20:.1f}"


def measured(name: str, taught: Asked, most: int, asked: Asked) -> list[dict[str, str]]:
    names, library = kinds(taught, most)
    recogniser, seconds = learn(library)
    size = {"types": str(len(names)), "examples": str(sum(len(kind.examples) for kind in library))}
    return [
        {"set": name, **size, **figures(recogniser, names, asked)},
        {
            "set": name,
            "learned in s": f"{seconds:.1f}",
            "MB": memory(recogniser),
            **times(recogniser, [text for text, _ in asked]),
        },
    ]


def mean(parts: Sequence[dict[str, str]]) -> str:
    """Of a percentage over banking77's parts."""
    accuracies = [float(each["accuracy"].split()[0]) for each in parts]
    return f"{sum(accuracies) / len(accuracies):.2f} %"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graded", type=Path, default=ROOT.parent / "shared/data/routing")
    parser.add_argument("--folds", type=int, default=1, help="of banking77's five held-back parts")
    arguments = parser.parse_args()
    results = []
    shop = json.loads(SHOP.read_text())
    own = [(text, each["name"]) for each in shop for text in each["examples"]]
    results.append(measured("sample shop, its own examples", own, 100, own))
    bank = read(arguments.graded / "banking77.jsonl.gz")
    for fold in range(arguments.folds):
        part = [(row["prompt"], row["intent"], crc32(row["id"].encode()) % FOLDS) for row in bank]
        taught = [(text, intent) for text, intent, at in part if at != fold]
        held_back = [(text, intent) for text, intent, at in part if at == fold]
        results.append(measured(f"banking77, part {fold + 1}", taught, 10_000, held_back))
    clinc = read(arguments.graded / "clinc150.jsonl.gz")
    taught = [(row["prompt"], row["intent"]) for row in clinc if row["split"] == "train"]
    asked = [(row["prompt"], row["intent"]) for row in clinc if row["split"] != "train"]
    for most in (15, 100):
        results.append(measured(f"clinc150, {most} examples", taught, most, asked))
    show("Recognised", [first for first, _ in results])
    parts = [first for first, _ in results if first["set"].startswith("banking77")]
    sys.stdout.write(f"\nbanking77: {mean(parts)} in the mean over {len(parts)} held-back parts.\n")
    show("Cost", [second for _, second in results])
    sys.stdout.write("\nThe sample shop's line shows that examples are themselves; no accuracy.\n")


if __name__ == "__main__":
    main()
