"""Would the strong model have answered this better? A finished cheap answer is checked. Pure."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from typing import Any

from routing.analysis.features import language, standardised, sums
from routing.analysis.learned_score import (
    ARTIFACTS,
    FORMAT,
    BadModel,
    logistic,
)
from routing.analysis.wording import (
    asked_in,
    folded,
    tidy,
    without_wishes,
)
from routing.checks.claims import (
    FIGURE,
    MARK,
    as_number,
    coverage,
    figures,
    links,
    names,
    stems,
)
from routing.choice import Moved

# Characters of each that are read, so that a check stays under 5 ms.
MOST_QUESTION, MOST_ANSWER, MOST_ARTICLES = 1500, 3000, 10000

_REFUSAL = re.compile(
    r"\bi(?: am|'m) (?:sorry(?!,? (?:for|about|to hear|that)\b)|afraid|unable|not able)"
    r"|\bi (?:can(?:no|')t|cannot|won't) |\b(?:could|can)(?: not|n't) find\b"
    r"|\bunable to (?:help|assist|answer|provide)|\bas an ai\b|\bi do(?:n't| not) (?:have|know)\b"
    r"|\bnot (?:allowed|permitted) to\b|\bleider\b|\bdesole\b|\blo siento\b|\bno puedo\b"
)
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|might|not sure|i think|i believe|i guess|it seems"
    r"|appears to|as far as i know|generally|typically|usually|assum\w+|approximately|however"
    r"|roughly|let's|vielleicht|wahrscheinlich|peut-etre|quizas)\b"
)
_INSTRUCTED = re.compile(
    r"\b(?:system prompt|my (?:instructions|prompt)|language model|knowledge (?:base )?articles?"
    r" (?:provided|above|i was given)|i was (?:instructed|told) to)\b"
)
_UNKNOWN = re.compile(r"\b[xyn]\s*=|\blet'?s (?:denote|call|say)\b")
_OPEN_END = re.compile(r"[\w,;:(\-+*/=<]\Z")
_LAST_FIGURE = re.compile(r"(?:^|\n)\W*[$€£]?-?\d[\d,.]*\W*\Z")

# Log-odds on the first day of each finding; what is certain exceeds any threshold alone.
FIRST_DAY_DOUBT = -2.5
FIRST_DAY: Mapping[str, float] = {
    "empty": 9.0,
    "cut off": 6.0,
    "prompt leaked": 6.0,
    "refusal": 2.5,
    "wrong language": 5.0,
    "unsupported link": 4.0,
    "unsupported figures": 1.2,
    "unsupported names": 0.4,
    "questions unanswered": 1.5,
    "numbered parts unanswered": 2.0,
    "wrong sums": 2.5,
    "hedging": 0.5,
    "ungrounded": 2.5,
}


@dataclass(frozen=True, slots=True)
class Answered:
    """A finished answer with what it was written from.

    `cut`: the model stopped at its limit. `articles`: what the prompt gave; none means that
    nothing can be called unsupported. `instructions`: the system prompt's own words.
    """

    question: str
    answer: str
    articles: Sequence[str] = ()
    cut: bool = False
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`doubt`, 0 to 1, that the cheap answer will do; escalate from the operator's threshold on.

    `findings`: what raised or lowered it, in points of ten, largest first. `verifier`: what gave
    it, and its stage.
    """

    doubt: float
    findings: tuple[Moved, ...]
    features: Mapping[str, float]
    verifier: str


@dataclass(frozen=True, slots=True)
class Verifier:
    """What `model_training.checker` learned: log-odds of `bias` plus `weights`.

    The weights are those of standardised features.
    """

    bias: float
    weights: Mapping[str, float]
    centres: Mapping[str, float]
    scales: Mapping[str, float]
    labels: int

    def terms(self, features: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds to the log-odds."""
        standard = standardised(features, self.centres, self.scales)
        return {name: weight * standard[name] for name, weight in self.weights.items()}

    def text(self) -> str:
        """The model as JSON for `read`, some 3 KB."""
        return json.dumps({"format": FORMAT, **asdict(self)})


def read(stored: str) -> Verifier:
    """A verifier from its `text`. Raises BadModel."""
    try:
        given: dict[str, Any] = json.loads(stored)
        if given["format"] != FORMAT:
            raise BadModel("written by another version")
        weights, centres, scales = (
            {str(name): float(value) for name, value in given[table].items()}
            for table in ("weights", "centres", "scales")
        )
        model = Verifier(float(given["bias"]), weights, centres, scales, int(given["labels"]))
        model.terms(measure(Answered("", "")))  # fails where features are unknown
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadModel(str(error)) from error
    return model


@cache
def exams() -> Verifier:
    """The verifier fitted to graded answers to GSM8K, read once a process. For evaluation only."""
    return read((ARTIFACTS / "exam_answers.json").read_text())


def verify(answered: Answered, model: Verifier | None = None) -> CheckResult:
    """Doubt about an answer; any text is accepted. 1 to 2 ms for a usual one with articles."""
    return weigh(measure(answered), model)


def weigh(features: Mapping[str, float], model: Verifier | None = None) -> CheckResult:
    """Doubt by what was measured before."""
    first = {name: weight * features[name] for name, weight in FIRST_DAY.items()}
    if model is None or any(features[name] for name in ("empty", "cut off", "prompt leaked")):
        # No label is needed to know that these will not do.
        bias, terms, stage = FIRST_DAY_DOUBT, first, "first day"
    else:
        bias, terms, stage = model.bias, model.terms(features), f"learned of {model.labels} labels"
    total = bias + sum(terms.values())
    doubt = logistic(total)
    moved = (Moved(name, 10 * (doubt - logistic(total - term))) for name, term in terms.items())
    telling = sorted(
        (move for move in moved if abs(move.points) >= 0.05), key=lambda move: -abs(move.points)
    )
    return CheckResult(doubt, tuple(telling), features, stage)


def measure(answered: Answered) -> dict[str, float]:
    """The features of an answer by name; each is finite."""
    question = tidy(answered.question, MOST_QUESTION)
    answer = tidy(answered.answer, MOST_ANSWER)
    grounds = (question, *_read(answered.articles))
    plain = folded(answer)
    words, asked_words = plain.split(), question.split()
    asked, parts = asked_in(without_wishes(question))
    missed = unanswered(asked, answer, parts)
    spoken, heard = language(answer), language(question)
    stated = list(sums(answer))
    figures = [as_number(each) for each in FIGURE.findall(answer)]
    given = {as_number(each) for each in FIGURE.findall(question)}
    features = {
        "empty": float(not words),
        "cut off": float(answered.cut or _open(answer)),
        "prompt leaked": float(
            bool(_INSTRUCTED.search(plain)) or leaked(answer, answered.instructions)
        ),
        "refusal": float(bool(_REFUSAL.search(plain))),
        "hedging": float(min(len(_HEDGE.findall(plain)), 4)),
        "wrong language": float(len(words) >= 4 and bool(spoken and heard) and spoken != heard),
        "questions unanswered": float(min(len(missed), 4)),
        "numbered parts unanswered": float(min(parts_unanswered(parts, missed, answer), 4)),
        "answer length": math.log1p(len(words)),
        "length per question word": len(words) / (len(asked_words) + 5),
        "question length": math.log1p(len(asked_words)),
        "things asked": float(min(len(asked), 8)),
        "sums": math.log1p(len(stated)),
        "wrong sums": float(min(sum(not right for _, right in stated), 3)),
        "worked sums": math.log1p(answer.count("<<")),
        "fractions of a unit": math.log1p(sum(each != int(each) for each in figures)),
        "long decimals": float(bool(re.search(r"\.\d{3,}", answer))),
        "unknowns": float(bool(_UNKNOWN.search(plain))),
        "question's figures unused": float(min(len(given - set(figures)), 5)),
        "question's figures used": len(given & set(figures)) / max(1, len(given)),
        "ends in a figure": float(bool(_LAST_FIGURE.search(answer))),
        "ends where a sum does": float(bool(figures and stated) and figures[-1] == stated[-1][0]),
        "ends in a fraction": float(bool(figures) and figures[-1] != int(figures[-1])),
        "ends in a given figure": float(bool(figures) and figures[-1] in given),
    }
    supported = _supported(answer, grounds) if answered.articles else (0.0, 0.0, 0.0, 0.0)
    if features["refusal"]:
        # Claims nothing that would need grounds.
        supported = (*supported[:3], 0.0)
    return features | dict(
        zip(
            ("unsupported link", "unsupported figures", "unsupported names", "ungrounded"),
            supported,
            strict=True,
        )
    )


def _read(articles: Sequence[str]) -> Iterator[str]:
    """As much of them as is read."""
    left = MOST_ARTICLES
    for article in articles:
        yield article[:left]
        left -= len(article)
        if left <= 0:
            return


def _supported(answer: str, grounds: Sequence[str]) -> tuple[float, float, float, float]:
    known = "\n".join(grounds)
    return (
        float(bool(links(answer, known))),
        float(min(len(figures(answer, grounds)), 4)),
        float(min(len(names(answer, known)), 4)),
        max(0.0, 0.5 - coverage(answer, grounds)) * 2,
    )


def _open(answer: str) -> bool:
    """Whether an answer of some length stops in the middle."""
    if answer.count("<<") > answer.count(">>") or answer.count("```") % 2:
        return True
    last = answer.rstrip().rsplit("\n", 1)[-1]
    ends = last.rsplit(" ", 1)[-1]
    return (
        len(last.split()) > 6 and bool(_OPEN_END.search(last)) and not any(c in ends for c in "@/")
    )


def unanswered(asked: Sequence[str], answer: str, parts: int = 0) -> list[str]:
    """Which of several questions share no telling word with the answer. Empty for one question.

    `parts`: how many of them the customer numbered. One telling word is too few to miss an answer
    by: "and what time exactly?" is answered by 19:00.
    """
    if len(asked) < 2 or len(MARK.findall(answer)) >= (parts or len(asked)):
        return []
    given = stems(answer)
    return [
        question for question in asked if len(words := stems(question)) > 1 and not words & given
    ]


def parts_unanswered(parts: int, missed: Sequence[str], answer: str) -> int:
    """How many numbered parts got neither an item of their own nor a word, or an item that says no.

    `missed`: what `unanswered` found.
    """
    if not parts:
        return 0
    items = MARK.split(answer)[1:]
    refused = sum(bool(_REFUSAL.search(folded(item))) for item in items)
    return min(max(0, parts - len(items)), len(missed)) + refused


def leaked(answer: str, instructions: str, run: int = 8) -> bool:
    """Whether so many consecutive words of the instructions stand in the answer."""
    return not _runs_of(instructions, run).isdisjoint(_runs(answer, run))


def _runs(text: str, run: int) -> Iterator[tuple[str, ...]]:
    words = text.lower().split()
    return zip(*(words[at:] for at in range(run)), strict=False)


@lru_cache(maxsize=8)
def _runs_of(instructions: str, run: int) -> frozenset[tuple[str, ...]]:
    return frozenset(_runs(instructions, run))
