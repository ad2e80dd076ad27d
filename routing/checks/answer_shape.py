"""The form of an answer: its length, its sums, what of the question's figures it uses. Pure.

It says little about a shop's answers and much about sums in words: a site's own labels decide.
"""

import math
import re
from collections.abc import Sequence

from routing.analysis.features import sums
from routing.analysis.wording import asked_in, folded, without_wishes
from routing.checks.multilingual_concepts import COMMON, said
from routing.checks.passages import STEM

# Longer runs of digits are numbers of orders and the like: read in pieces, alike on both sides.
_FIGURE = re.compile(r"\d[\d,]{0,14}(?:\.\d{1,9})?")
_MARK = re.compile(r"^\s*\(?\d{1,2}[.)]\s", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|might|not sure|i think|i believe|i guess|it seems"
    r"|appears to|as far as i know|generally|typically|usually|assum\w+|approximately|however"
    r"|roughly|let's|vielleicht|wahrscheinlich|peut-etre|quizas)\b"
)
_UNKNOWN = re.compile(r"\b[xyn]\s*=|\blet'?s (?:denote|call|say)\b")
_LAST_FIGURE = re.compile(r"(?:^|\n)\W*[$€£]?-?\d[\d,.]*\W*\Z")


def form(question: str, answer: str, spoken: str) -> dict[str, float]:
    """Of tidy texts."""
    plain = folded(answer)
    words, asked_words = plain.split(), question.split()
    asked, parts = asked_in(without_wishes(question))
    missed = _unanswered(asked, answer, parts)
    stated = list(sums(answer))
    figures = [_value(each) for each in _FIGURE.findall(answer)]
    given = {_value(each) for each in _FIGURE.findall(question)}
    return {
        "hedging": float(min(len(_HEDGE.findall(plain)), 4)),
        "questions unanswered": float(min(len(missed), 4)),
        "numbered parts unanswered": float(
            min(_parts_unanswered(parts, missed, answer, spoken), 4)
        ),
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


def _value(figure: str) -> float:
    return float(figure.replace(",", ""))


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in _WORD.findall(text.lower()) if word not in COMMON}


def _unanswered(asked: Sequence[str], answer: str, parts: int) -> list[str]:
    """Which of several questions share no telling word with the answer. Empty for one question.

    `parts`: how many of them the customer numbered. One telling word is too few to miss an answer
    by: "and what time exactly?" is answered by 19:00.
    """
    if len(asked) < 2 or len(_MARK.findall(answer)) >= (parts or len(asked)):
        return []
    given = _stems(answer)
    return [each for each in asked if len(words := _stems(each)) > 1 and not words & given]


def _parts_unanswered(parts: int, missed: Sequence[str], answer: str, spoken: str) -> int:
    """How many numbered parts got neither an item of their own nor a word, or an item that says no.

    `missed`: what `_unanswered` found.
    """
    if not parts:
        return 0
    items = _MARK.split(answer)[1:]
    refused = sum(bool(said("refusal", folded(item), spoken or "en")) for item in items)
    return min(max(0, parts - len(items)), len(missed)) + refused
