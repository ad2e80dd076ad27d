"""What an answer costs the worker's loop and the wire while it is shown as it grows.

    python -m tests.load.cpu.growing [--characters 16000] [--piece 4]

Each kind of text comes in pieces of a token's length. Beside all that rendering takes stands what
the gate of unchecked words takes, and a loop that does nothing with as many pieces; beside what
goes to a tab, the HTML at the end.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt

from chatsite import markdown
from routing.checks.streaming_gate import DraftGate
from tests.tables import show

KINDS = {
    "words": "Plain words, as most answers have them, and an end. ",
    "paragraphs": "A few words of a paragraph.\n\n",
    "short lines": "a\n",
    "a long word": "a",
    "a list": "- one of the things that it holds, in a few words\n",
    "a dense list": "- a\n",
    "a list in a list": "- outer\n  - inner, in a few words\n",
    "lists eight deep": "".join(f"{'  ' * depth}- a\n" for depth in range(8)),
    "numbers": "1. a\n",
    "a table": "| Pen | 12.50 | in *stock* |\n",
    "a dense table": "|a|b|\n",
    "bold words": "**Shipping**: two to three days. ",
    "dense emphasis": "*a* **b** ",
    "open emphasis": "*a _b ",
    "stars": "*",
    "underscores": "_",
    "code spans": "`a` ",
    "backticks": "`",
    "an open code span": "`a ",
    "code": "value = 1\n",
    "brackets": "[",
    "links": "[a](/b) ",
    "links without an end": "[a](b ",
    "addresses": "https://a.example/b ",
    "mail addresses": "a@b.example ",
    "quotes": "> a\n",
    "deep quotes": "> > > > a\n",
    "quote signs": ">",
    "entities": "&amp; ",
    "ampersands": "&",
    "angles": "<",
    "tags": "<br>",
    "backslashes": "\\*",
    "Chinese": "**重要：**请看，这是一个例子。",
}
HEADS = {"a table": "| a | b | c |\n|---|--:|---|\n", "a dense table": "|a|b|\n|-|-|\n"}
HEADS["code"] = "```\n"

# As much as the articles hold that an answer is written from.
KNOWN = "Standard delivery takes two to four days: https://a.example/b, a@b.example. " * 60


def text(kind: str, length: int) -> str:
    pattern = KINDS[kind]
    return (HEADS.get(kind, "") + pattern * (length // len(pattern) + 1))[:length]


def pieces(whole: str, size: int) -> list[str]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def written(parts: Sequence[str], grow: Callable[[str], str]) -> tuple[float, float]:
    """Milliseconds in all, and the longest of one piece."""
    longest = 0.0
    begun = time.process_time()
    for part in parts:
        start = time.thread_time()
        grow(part)
        longest = max(longest, time.thread_time() - start)
    return (time.process_time() - begun) * 1000, longest * 1000


def in_all(parts: Sequence[str]) -> float:
    """Milliseconds, no clock read between the pieces."""
    growing = markdown.Growing()
    begun = time.process_time()
    for part in parts:
        growing.grow(part)
    growing.grow("", is_end=True)
    return (time.process_time() - begun) * 1000


def gated(parts: Sequence[str]) -> float:
    gate, words, shown = DraftGate([KNOWN], "", ("en",)), "", 0
    begun = time.process_time()
    for part in parts:
        words += part
        shown = gate.open_to(words, shown)
    return (time.process_time() - begun) * 1000


def by_markdown_it(whole: str) -> float:
    """Milliseconds of one reading of all of it, which a tab that sees it grow has no use for."""
    reader = MarkdownIt().enable(["table", "strikethrough"])
    begun = time.process_time()
    reader.render(whole)
    return (time.process_time() - begun) * 1000


def nothing(parts: Sequence[str]) -> float:
    begun = time.process_time()
    for part in parts:
        part.isspace()
    return (time.process_time() - begun) * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=16_000)
    parser.add_argument("--piece", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    rows = []
    for kind in KINDS:
        whole = text(kind, options.characters)
        parts = pieces(whole, options.piece)
        growing = markdown.Growing()
        sent = sum(len(growing.grow(part).encode()) for part in parts)
        sent += len(growing.grow("", is_end=True).encode())
        gc.collect()
        final = len(markdown.render(whole).encode())
        rows.append(
            {
                f"{options.characters} characters of": kind,
                "ms": statistics.median(in_all(parts) for _ in range(options.rounds)),
                "ms of markdown-it-py, once": statistics.median(
                    by_markdown_it(whole) for _ in range(options.rounds)
                ),
                "ms of the gate": statistics.median(gated(parts) for _ in range(options.rounds)),
                "ms of no-op": f"{statistics.median(nothing(parts) for _ in range(5)):.2f}",
                "longest piece ms": f"{longest_piece(parts, options.rounds):.2f}",
                "bytes sent": sent,
                "bytes of HTML": final,
                "times": f"{sent / final:.2f}",
            }
        )
    show(f"Pieces of {options.piece} characters, medians of {options.rounds}", rows)


def longest_piece(parts: Sequence[str], rounds: int) -> float:
    return statistics.median(written(parts, markdown.Growing().grow)[1] for _ in range(rounds))


if __name__ == "__main__":
    main()
