"""Files of answers known to be right or wrong, and how well the answer check tells them. Pure.

Each line is a JSON object: `question`, `given` (slugs of the articles in the prompt), `answer`,
`verdict` ("right" or "wrong"), and where known `kind` (of the error), `language` and `shop`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from routing.checks.verifier import Answered
from routing.errors import BadGrades

# Share of right answers that the strictest threshold of `wrong_found_at_5` may doubt.
FALSE_ALARMS = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    answered: Answered
    is_wrong: bool
    kind: str
    language: str
    shop: str


@dataclass(frozen=True, slots=True)
class Read:
    """`refused`: why a line was left out, by its number."""

    rows: Sequence[Row]
    refused: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Measures:
    """None where there are no right answers, or no wrong ones, to tell it by.

    `auc`: how often a wrong answer is doubted more than a right one. `wrong_found` and
    `false_alarms`: shares doubted at the policy's threshold. `wrong_found_at_5`: where the
    threshold doubts at most 5 % of the right ones of all.
    """

    right: int
    wrong: int
    auc: float | None
    wrong_found: float | None
    false_alarms: float | None
    wrong_found_at_5: float | None


def read(path: Path, articles: Mapping[str, str], instructions: str = "") -> Read:
    """A file's rows; `articles` by slug, title first. Raises BadGrades."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadGrades(f"{path.name} cannot be read: {error}") from error
    rows, refused = [], {}
    # As bytes: text would also be split at the line separators that an answer may hold.
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                rows.append(_row(number, json.loads(line), articles, instructions))
            except (ValueError, TypeError, KeyError) as error:
                refused[number] = _why(error)
    return Read(rows, refused)


def _row(number: int, given: Any, articles: Mapping[str, str], instructions: str) -> Row:
    if not isinstance(given, dict):
        raise TypeError("no JSON object")
    texts = {name: given[name] for name in ("question", "answer", "verdict")}
    if wanting := [name for name, text in texts.items() if not isinstance(text, str)]:
        raise TypeError(f"{wanting[0]} is no text")
    if texts["verdict"] not in ("right", "wrong"):
        raise ValueError(f"verdict is {texts['verdict']!r}, neither right nor wrong")
    slugs = given.get("given", [])
    if not isinstance(slugs, list) or not all(isinstance(slug, str) for slug in slugs):
        raise TypeError("given is no list of slugs")
    if unknown := [slug for slug in slugs if slug not in articles]:
        raise ValueError(f"no article {unknown[0]}")
    answered = Answered(
        texts["question"],
        texts["answer"],
        tuple(articles[slug] for slug in slugs),
        instructions=instructions,
    )
    kind, language, shop = (str(given.get(name) or "") for name in ("kind", "language", "shop"))
    return Row(number, answered, texts["verdict"] == "wrong", kind, language, shop)


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"no {error.args[0]}"
    return "not JSON" if isinstance(error, json.JSONDecodeError) else str(error)


def report(rows: Sequence[Row], doubts: Sequence[float], threshold: float) -> dict[str, Any]:
    """The measures of all rows, and under `groups` of each language and kind."""
    known = list(zip(rows, doubts, strict=True))
    strict = strictest([doubt for row, doubt in known if not row.is_wrong])

    def of(some: Iterable[tuple[Row, float]]) -> dict[str, Any]:
        return asdict(_measures(some, threshold, strict))

    def by(name: str) -> dict[str, Any]:
        groups: dict[str, list[tuple[Row, float]]] = {}
        for row, doubt in known:
            groups.setdefault(getattr(row, name), []).append((row, doubt))
        return {value: of(groups[value]) for value in sorted(groups) if value}

    return {
        **of(known),
        "threshold": threshold,
        "groups": {
            "language": by("language"),
            "kind": by("kind"),
            "other languages": of(each for each in known if each[0].language not in ("", "en")),
        },
    }


def strictest(right: Sequence[float]) -> float:
    """The doubt above which at most 5 % of the right answers are; 1 without any."""
    ordered = sorted(right, reverse=True)
    return ordered[int(len(ordered) * FALSE_ALARMS)] if ordered else 1.0


def _measures(known: Iterable[tuple[Row, float]], threshold: float, strict: float) -> Measures:
    known = list(known)
    right = [doubt for row, doubt in known if not row.is_wrong]
    wrong = [doubt for row, doubt in known if row.is_wrong]
    return Measures(
        len(right),
        len(wrong),
        auc(right, wrong),
        _share(wrong, lambda doubt: doubt >= threshold),
        _share(right, lambda doubt: doubt >= threshold),
        _share(wrong, lambda doubt: doubt > strict),
    )


def auc(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """How often a wrong one is doubted more than a right one; equal ones count half."""
    if not right or not wrong:
        return None
    return sum((w > r) + (w == r) / 2 for w in wrong for r in right) / len(right) / len(wrong)


def _share(doubts: Sequence[float], found: Callable[[float], bool]) -> float | None:
    return sum(map(found, doubts)) / len(doubts) if doubts else None
