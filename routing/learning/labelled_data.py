"""Files of labelled messages, a JSON object a line: what routing is fitted to and measured on.

Two kinds of lines. *Graded answers* have `prompt`, `score_strong` and `score_weak`: how good either
model's answer was, on any scale. `answer_weak` is the cheap model's text where it was kept;
`seconds_strong` and `seconds_weak` are how long either took; `id` may name a group, such as
"anatomy-12": labels of one group are held out together.

*Customers' messages* have `message` and `strong_needed`, 0 or 1, and may have `turns` before it (a
list of `role` and `content`), `domain`, `language` and `length_class`.

A line that cannot be read is left out, and named.
"""

import gzip
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from routing.errors import BadGrades
from routing.tier_choice import Turn

# Words up to which a message is short, and up to which it is of medium length.
SHORT, MEDIUM = 12, 40
USER = "user"


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


@dataclass(frozen=True, slots=True)
class Message:
    """A customer's message, and whether a cheap model's answer would be dangerous or wrong."""

    turn: Turn
    strong_needed: bool
    domain: str = ""
    language: str = ""  # "" where the file does not say
    length: str = ""  # short, medium or long


@dataclass(frozen=True, slots=True)
class BadLine:
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Exams:
    """A file of graded answers."""

    rows: list[Graded]
    left_out: list[BadLine]


@dataclass(frozen=True, slots=True)
class Messages:
    """A file of customers' messages."""

    rows: list[Message]
    left_out: list[BadLine]


def read(path: Path) -> Exams | Messages:
    """A file's rows, gzipped or not; its first readable line says of which kind all are.

    Raises BadGrades where there is none.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise BadGrades(f"{path.name} cannot be read: {error}") from error
    exams: list[Graded] = []
    messages: list[Message] = []
    left_out: list[BadLine] = []
    # As bytes: text would also be split at the line separators that a prompt may hold.
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            if "message" in given and not exams:
                messages.append(message(given))
            elif messages:
                raise ValueError("message and strong_needed are missing")
            else:
                exams.append(_graded(given))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            left_out.append(BadLine(number, _why(error)))
    if messages:
        return Messages(messages, left_out)
    if exams:
        return Exams(_on_one_scale(exams), left_out)
    first = f": line {left_out[0].number}: {left_out[0].why}" if left_out else ""
    raise BadGrades(f"{path.name} has no line that can be read{first}")


def message(given: Mapping[str, Any]) -> Message:
    """A line of customers' messages. Raises ValueError and its kin."""
    text, needed = given["message"], given["strong_needed"]
    if not isinstance(text, str) or not text.strip():
        raise TypeError("message is text that says something")
    if needed not in (0, 1):
        raise ValueError("strong_needed is 0 or 1")
    turns = [(each["role"], each["content"]) for each in given.get("turns") or ()]
    if not all(isinstance(words, str) for _, words in turns):
        raise TypeError("the content of turns is text")
    told = [words for role, words in turns if role != USER]
    return Message(
        # How well articles cover it is not known: neither well nor badly.
        Turn(
            text,
            tuple(words for role, words in turns if role == USER),
            evidence=0.5,
            answer=told[-1] if told else "",
        ),
        bool(needed),
        str(given.get("domain") or ""),
        str(given.get("language") or ""),
        str(given.get("length_class") or _length(text)),
    )


def _length(text: str) -> str:
    # Four signs of a script without spaces are taken for a word's.
    words = max(len(text.split()), len(text) // 12)
    return "short" if words <= SHORT else "medium" if words <= MEDIUM else "long"


def _graded(given: Mapping[str, Any]) -> Graded:
    prompt, answer = given["prompt"], given.get("answer_weak") or ""
    if not isinstance(prompt, str) or not isinstance(answer, str):
        raise TypeError("prompt and answer_weak are text")
    cheap, strong = _number(given, "score_weak"), _number(given, "score_strong")
    group = str(given.get("id", "")).rpartition("-")[0]
    seconds = (_seconds(given.get(f"seconds_{model}")) for model in ("weak", "strong"))
    return Graded(prompt, cheap, strong, answer, group, *seconds)


def _on_one_scale(rows: list[Graded]) -> list[Graded]:
    """Grades from 0 to 1; other scales are stretched between their lowest and highest grade."""
    grades = [grade for row in rows for grade in (row.cheap, row.strong)]
    low, high = min(grades), max(grades)
    if low >= 0 and high <= 1:
        return rows
    span = (high - low) or 1.0
    return [
        replace(row, cheap=(row.cheap - low) / span, strong=(row.strong - low) / span)
        for row in rows
    ]


def _number(given: Mapping[str, Any], name: str) -> float:
    value = float(given[name])
    if not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return value


def _seconds(given: Any) -> float | None:
    if given is None:
        return None
    seconds = float(given)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("seconds are numbers from 0 on")
    return seconds


def _why(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return "not JSON"
        case KeyError():
            return f"{error.args[0]} is missing"
        case _:
            return str(error) or "not an object"
