"""How well wishes for a person are recognised on labelled messages. Pure."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from routing.errors import BadLabelledData
from routing.wishes.recognition import recognise

Embedded = Callable[[str], Sequence[float]]
# Of each row, by its identity, whether it was taken for a wish.
Found = Mapping[int, bool]


@dataclass(frozen=True, slots=True)
class Labelled:
    message: str
    turns: tuple[tuple[str, str], ...]
    is_wish: bool
    language: str

    @classmethod
    def of(cls, line: str) -> Self:
        """Raises ValueError, KeyError, TypeError where the line is no labelled message."""
        row = json.loads(line)
        if row["wish"] not in (0, 1):
            raise ValueError(f"wish is {row['wish']!r}, not 0 or 1")
        turns = tuple(_turn(turn) for turn in row.get("turns") or ())
        message = row["message"]
        if not isinstance(message, str):
            raise TypeError("message is not text")
        return cls(message, turns, bool(row["wish"]), str(row.get("language") or "unknown"))


@dataclass(frozen=True, slots=True)
class Figures:
    """`recall` and `false_alarms` are shares, None where there was nothing to count."""

    wishes: int
    others: int
    missed: tuple[Labelled, ...]
    alarmed: tuple[Labelled, ...]

    @property
    def recall(self) -> float | None:
        return 1 - len(self.missed) / self.wishes if self.wishes else None

    @property
    def false_alarms(self) -> float | None:
        return len(self.alarmed) / self.others if self.others else None

    def as_json(self) -> dict[str, Any]:
        return {
            "wishes": self.wishes,
            "others": self.others,
            "recall": self.recall,
            "false_alarms": self.false_alarms,
        }


def read(lines: Iterable[str]) -> list[Labelled]:
    """Raises BadLabelledData, which names the line."""
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(Labelled.of(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadLabelledData(f"line {number}: {type(error).__name__} {error}") from error
    if not rows:
        raise BadLabelledData("there are no rows")
    return rows


def recognised(rows: Iterable[Labelled], embedded: Embedded | None = None) -> Found:
    """`embedded`: gives a message's embedding by the model that the recogniser knows."""
    return {
        id(row): recognise(row.message, row.turns, embedded(row.message) if embedded else ())
        is not None
        for row in rows
    }


def measured(rows: Iterable[Labelled], found: Found) -> Figures:
    rows = list(rows)
    return Figures(
        wishes=sum(row.is_wish for row in rows),
        others=sum(not row.is_wish for row in rows),
        missed=tuple(row for row in rows if row.is_wish and not found[id(row)]),
        alarmed=tuple(row for row in rows if not row.is_wish and found[id(row)]),
    )


def by_language(rows: Iterable[Labelled], found: Found) -> Mapping[str, Figures]:
    rows = list(rows)
    languages = sorted({row.language for row in rows})
    return {
        each: measured((row for row in rows if row.language == each), found) for each in languages
    }


def _turn(turn: Any) -> tuple[str, str]:
    return str(turn["role"]), str(turn["content"] if "content" in turn else turn["text"])
