"""Files of graded answers, a JSON object a line: what a router is fitted to and measured on. Pure.

Each line has `prompt`, and from 0 to 1 `score_strong` and `score_weak`: how good either model's
answer was. `answer_weak` is the cheap model's text where it was kept; `seconds_strong` and
`seconds_weak` are how long either took, where it was timed. `id` may name a group, such as
"anatomy-12": labels of one group are held out together.
"""

import gzip
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.errors import BadGrades


@dataclass(frozen=True, slots=True)
class Graded:
    """One question, and how good either model's answer to it was, 0 to 1."""

    prompt: str
    cheap: float
    strong: float
    answer: str = ""  # the cheap model's, where it was kept
    group: str = ""
    # None where the file does not say.
    cheap_seconds: float | None = None
    strong_seconds: float | None = None

    @property
    def gain(self) -> float:
        """What asking the strong model adds; below 0 where the cheap one was better."""
        return self.strong - self.cheap


def read(path: Path) -> list[Graded]:
    """A file's rows, gzipped or not. Raises BadGrades."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise BadGrades(f"{path.name} cannot be read: {error}") from error
    rows = []
    # As bytes: text would also be split at the line separators that a prompt may hold.
    for number, line in enumerate(content.splitlines(), 1):
        try:
            rows.append(_row(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = f"{type(error).__name__} {error}"
            raise BadGrades(f"{path.name}, line {number}: {why}") from error
    if not rows:
        raise BadGrades(f"{path.name} is empty")
    return rows


def _row(given: Mapping[str, Any]) -> Graded:
    prompt, answer = given["prompt"], given.get("answer_weak") or ""
    cheap, strong = float(given["score_weak"]), float(given["score_strong"])
    if not isinstance(prompt, str) or not isinstance(answer, str):
        raise TypeError("prompt and answer_weak are text")
    if not (0 <= cheap <= 1 and 0 <= strong <= 1):
        raise ValueError("scores go from 0 to 1")
    group = str(given.get("id", "")).rpartition("-")[0]
    seconds = (_seconds(given.get(f"seconds_{model}")) for model in ("weak", "strong"))
    return Graded(prompt, cheap, strong, answer, group, *seconds)


def _seconds(given: Any) -> float | None:
    if given is None:
        return None
    seconds = float(given)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("seconds are numbers from 0 on")
    return seconds
