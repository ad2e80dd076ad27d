"""How well searching finds the articles that answer a file of questions."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatsite.knowledge import articles
from chatsite.knowledge.articles import Meant
from chatsite.knowledge.search import question
from chatsite.knowledge.search.question import Question

# Languages by alphabet, for the groups.
LATIN = frozenset(
    [
        *("af", "ca", "cs", "da", "de", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id"),
        *("is", "it", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sq", "sv", "tr"),
    ]
)
AMONG = 4


class BadFile(Exception):
    """Nothing of it can be measured; says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question, the slugs of articles any of which answers it, and the groups it counts in."""

    question: Question
    gold: frozenset[str]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """At which place (from 1) the first right article was found; 0: not among the first."""

    row: Row
    place: int
    evidence: float


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares (0..1) of the answerable questions; None where there is nothing to measure."""

    questions: int
    recall_at_1: float | None
    recall_at_4: float | None
    evidence_auc: float | None

    def rounded(self) -> dict[str, Any]:
        return {
            "questions": self.questions,
            **{
                name: None if value is None else round(value, 4)
                for name in ("recall_at_1", "recall_at_4", "evidence_auc")
                for value in [getattr(self, name)]
            },
        }


def read(path: Path) -> tuple[list[Row], list[str]]:
    """The rows, and what is wrong with those left out, by line. Raises BadFile."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from error
    rows, bad = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(_row(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            why = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            bad.append(f"line {number}: {why}")
    if not rows:
        raise BadFile(f"{path.name} has no row with a question and gold. {' '.join(bad[:3])}")
    return rows, bad


def _row(fields: Mapping[str, Any]) -> Row:
    """Raises ValueError, KeyError or TypeError for what is no row."""
    if not isinstance(fields, dict):
        raise ValueError("not an object")
    asked, gold, turns = fields["question"], fields["gold"], fields.get("turns") or []
    if not isinstance(asked, str) or not asked.strip():
        raise ValueError("question is no text")
    if not isinstance(gold, list) or not all(isinstance(slug, str) for slug in gold):
        raise ValueError("gold is no list of slugs")
    if not isinstance(turns, list):
        raise ValueError("turns is no list")
    # "content" as in other files of messages; "text" as it was at first.
    said = [
        (turn["role"] == "user", _text(turn["content"] if "content" in turn else turn["text"]))
        for turn in turns
    ]
    language = str(fields.get("language") or "")
    group = "English" if language == "en" else "Latin" if language in LATIN else "other scripts"
    groups = [f"language group: {group}", f"language: {language}"] if language else []
    groups.append("follow-ups" if turns else "first questions")
    if fields.get("kind"):
        groups.append(f"kind: {fields['kind']}")
    return Row(question.continued([*said, (True, asked)]), frozenset(gold), tuple(groups))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a turn's text is no text")
    return value


def run(rows: Sequence[Row], meant: Iterable[Meant]) -> list[Outcome]:
    outcomes = []
    for row, its in zip(rows, meant, strict=True):
        found = articles.matching(row.question, its, AMONG)
        places = [at for at, match in enumerate(found.matches, 1) if match.slug in row.gold]
        outcomes.append(Outcome(row, min(places, default=0), found.evidence))
    return outcomes


def measure(outcomes: Sequence[Outcome]) -> Measures:
    answerable = [each for each in outcomes if each.row.gold]
    count = len(answerable)
    return Measures(
        len(outcomes),
        sum(each.place == 1 for each in answerable) / count if count else None,
        sum(each.place > 0 for each in answerable) / count if count else None,
        _area(outcomes),
    )


def by_group(outcomes: Sequence[Outcome]) -> dict[str, Measures]:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        for group in each.row.groups:
            groups[group].append(each)
    return {name: measure(groups[name]) for name in sorted(groups)}


def _area(outcomes: Sequence[Outcome]) -> float | None:
    """How often an answerable question has more evidence than an unanswerable one."""
    yes = [each.evidence for each in outcomes if each.row.gold]
    no = [each.evidence for each in outcomes if not each.row.gold]
    if not yes or not no:
        return None
    wins = sum((one > other) + (one == other) / 2 for one in yes for other in no)
    return wins / (len(yes) * len(no))
