"""What can be measured about a text: named features, words, language, whether its sums are right.

Pure. Any text is accepted, and only its beginning and end are read.
"""

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from routing.analysis import difficulty
from routing.analysis.difficulty import MOST_BAD_RATINGS, Signals
from routing.analysis.first_day_score import FURTHEST
from routing.analysis.site_profile import Site
from routing.tier_choice import Turn

# Hash buckets of words and adjacent pairs. 2**13 lost 0.008 of MMLU's APGR, 2**18 won nothing.
BUCKETS = 2**14

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_TOKEN = re.compile(r"\w\w+")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"[.!?。？！](?=\s|$)")  # noqa: RUF001  other scripts end sentences too
_QUOTE = re.compile("[\"'“”]")
_CODE = re.compile(r"[{};]|->|==|\breturn\b")
_ITEM = re.compile(r"^\s*(?:\(?(?:\d{1,2}|[A-Ha-h])[.):]|[-*•])\s+", re.MULTILINE)

_KINDS = {
    "negations": "not except never least incorrect false cannot can't don't didn't doesn't won't "
    "isn't wasn't couldn't wouldn't shouldn't without unless neither nor",
    "conditions": "if when assume suppose given would could should unless whether then each every "
    "all some only",
    "choices": "which what",
    "speakers": "you your i my we our",
}
_KIND_OF = {word: kind for kind, listed in _KINDS.items() for word in listed.split()} | {
    "unless": "conditions"
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A turn as numbers: `named` by feature, `ngrams` as bucket to 1 + log(count).

    `seen` is what the rules and the first day weigh; `language` an ISO 639-1 code, "" where
    nothing tells; `vector` an embedding, () for none.
    """

    named: Mapping[str, float]
    ngrams: Mapping[int, float]
    seen: Signals
    language: str
    task: float = 0.0
    vector: tuple[float, ...] = ()


def measure(turn: Turn, task: float = 0.0, site: Site | None = None) -> Measured:
    """Every feature of a turn, whatever was typed.

    `task`: points of ten that the operator gives the recognised task type.
    """
    said, seen = difficulty.read(turn, site)
    text = said.text
    spoken = language(text)
    named = _form(text) | {
        "questions": float(min(seen.questions, 8)),
        "parts": float(min(seen.parts, 8)),
        "reasoning": float(len(seen.reasoning)),
        "upset": float(seen.upset),
        "asked before": float(seen.again),
        "messages before": math.log1p(seen.earlier),
        "bad ratings": float(min(seen.bad_ratings, MOST_BAD_RATINGS)),
        "coverage": seen.evidence,
        "task type": task,
        "another language": float(spoken not in ("en", "")),
    }
    named |= {
        "dangers": float(min(2, len(seen.stakes))),
        "words of danger": float(min(4, len(said.dangers.phrases))),
        "danger said before": float(bool(seen.carried)),
        "the first day": seen.log_odds,
    }
    return Measured(named, ngrams(text), seen, spoken, task, turn.vector)


def ngrams(text: str) -> dict[int, float]:
    """Bucket to 1 + log(count), for words and adjacent pairs."""
    hashes = [crc32(token.encode("utf-8", "replace")) for token in _TOKEN.findall(text.lower())]
    counts = Counter(each % BUCKETS for each in hashes)
    counts.update((first * 31 + second) % BUCKETS for first, second in pairwise(hashes))
    return {bucket: 1.0 + math.log(count) for bucket, count in counts.items()}


def standardised(
    values: Mapping[str, float], centres: Mapping[str, float], scales: Mapping[str, float]
) -> dict[str, float]:
    """The features that are in a model, in standard deviations from its labels' mean."""
    return {
        name: max(-FURTHEST, min(FURTHEST, (values[name] - centre) / scales[name]))
        for name, centre in centres.items()
    }


def rare(ngrams: Mapping[int, float], rarity: "array[float]") -> dict[int, float]:
    """Hash buckets weighted by rarity, of length one together; unseen buckets are left out."""
    known = {
        bucket: count * weight for bucket, count in ngrams.items() if (weight := rarity[bucket])
    }
    norm = math.sqrt(sum(value * value for value in known.values())) or 1.0
    return {bucket: value / norm for bucket, value in known.items()}


def _form(text: str) -> dict[str, float]:
    words = _WORD.findall(text.lower())
    kinds = Counter(_KIND_OF[word] for word in words if word in _KIND_OF)
    items = [item.lower() for item in _ITEM.split(text)[1:]]
    spaced, total, listed = len(text.split()), max(1, len(words)), max(1, len(items))
    digits = sum(map(str.isdigit, text))
    return {
        "length": math.log1p(spaced),
        "sentences": math.log1p(len(_SENTENCE.findall(text))),
        "list length": math.log1p(sum(len(item.split()) for item in items) / listed),
        "list likeness": _likeness(items[:8]),
        "list figures": sum(_FIGURE.search(item) is not None for item in items) / listed,
        "distinct words": len(set(words)) / total,
        "word length": sum(map(len, words)) / total,
        "digits": digits / max(1, len(text)),
        "digits per word": digits / max(1, spaced),
        "figures": math.log1p(len(_FIGURE.findall(text))),
        "quotes": math.log1p(len(_QUOTE.findall(text))),
        "code": float(_CODE.search(text) is not None),
        "negations": float(min(kinds["negations"], 8)),
        "conditions": kinds["conditions"] / total,
        "choices": float(kinds["choices"] > 0),
        "you and I": kinds["speakers"] / total,
    }


def _likeness(items: Sequence[str]) -> float:
    sets = [set(item.split()) for item in items]
    pairs = [(a, b) for position, a in enumerate(sets) for b in sets[:position]]
    return sum(len(a & b) / max(1, len(a | b)) for a, b in pairs) / max(1, len(pairs))


_SPELLED = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)?")
# Characters looked at.
MOST_FOR_LANGUAGE = 500

_SCRIPTS = {
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\uac00-\ud7af\u1100-\u11ff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
}
# Function words that tell one language from its neighbours.
_WORDS = {
    "en": "the is are you my what how and of to do does have has with it for this that can not was "
    "i he she they we a in on at so by or be as if each per more many",
    "de": "der die das und ist nicht ich wie mein meine sie ein eine mit für auf wann kann zu",
    "fr": "le la les est et je vous mon ma une des pas pour avec comment quand où que puis-je du",
    "es": "el la los es y mi una por para con cómo cuándo dónde qué puedo está no del hola",
    "it": "lo gli è e mio una per con come quando dove che posso sono non del della ciao",
    "pt": "os é e meu minha uma para com como quando onde que posso não do da está olá",
    "nl": "de het een is en mijn niet ik hoe wanneer waar voor met kan van u zijn dat op",
    "pl": "jest nie jak czy mój moja się na co kiedy gdzie dla mogę proszę do to w z",
    "sv": "är och jag inte hur min mitt en ett på för med kan när var det som till",
    "tr": "bir ve bu ne için mi benim değil ile zaman nerede var yok çok",
}
_SPOKEN = {
    word: tuple(code for code, listed in _WORDS.items() if word in listed.split())
    for word in " ".join(_WORDS.values()).split()
}


def language(text: str) -> str:
    """ISO 639-1 code of the likely language; "" where too little tells, English on a tie."""
    text = text[:MOST_FOR_LANGUAGE]
    if not text.isascii():
        letters = sum(map(str.isalpha, text))
        for code, script in _SCRIPTS.items():
            if letters and 4 * len(script.findall(text)) >= letters:
                return code
    found = Counter(
        code for word in _SPELLED.findall(text.lower()) for code in _SPOKEN.get(word, ())
    ).most_common(2)
    if not found:
        return ""
    if len(found) == 2 and found[0][1] == found[1][1]:
        return "en" if "en" in dict(found) else ""
    return found[0][0]


_STATED = re.compile(r"\s*(?:<<[^<>]{0,80}>>)?\s*[$€£]?(-?\d[\d,]*(?:\.\d+)?)")
_WRITTEN_WITH = "0123456789.,$€£()% \t+-*/x×÷−"  # noqa: RUF001
_TERM = re.compile(r"\d+(?:\.\d+)?|[-+*/()]")
_READ_AS = str.maketrans("x×÷−", "**/-", ",$€£")  # noqa: RUF001
# A written result may be rounded to cents or to three digits.
ROUNDED = 0.011
# Equals signs looked at in one text, and the characters before each.
MOST_SUMS, LONGEST_SUM = 60, 120


def sums(text: str) -> Iterator[tuple[float, bool]]:
    """The stated result of each sum in a text, and whether it is right."""
    at = -1
    for _ in range(MOST_SUMS):
        at = text.find("=", at + 1)
        if at < 0:
            return
        before = text[max(0, at - LONGEST_SUM) : at]
        stated = _STATED.match(text, at + 1)
        value = result(before[len(before.rstrip(_WRITTEN_WITH)) :].lstrip(" \t.,)%*/+"))
        if stated and value is not None:
            at = stated.end() - 1  # past the same sum in <<brackets>>
            told = float(stated[1].replace(",", ""))
            yield told, abs(value - told) <= ROUNDED * max(1.0, abs(value))


def result(written: str) -> float | None:
    """The value of a sum of + - * / and brackets; None where it is not one."""
    plain = re.sub(r"(\d(?:\.\d+)?)%", r"\1/100", written.translate(_READ_AS)).strip()
    terms = _TERM.findall(plain)
    if "".join(terms) != "".join(plain.split()) or not any(map(str.isdigit, plain)):
        return None
    if not any(term in "+-*/" for term in terms):
        return None
    try:
        value = _added(terms)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return None if terms else value


def _added(terms: list[str]) -> float:
    value = _multiplied(terms)
    while terms and terms[0] in "+-":
        sign = 1 if terms.pop(0) == "+" else -1
        value += sign * _multiplied(terms)
    return value


def _multiplied(terms: list[str]) -> float:
    value = _single(terms)
    while terms and terms[0] in "*/":
        value = value * _single(terms) if terms.pop(0) == "*" else value / _single(terms)
    return value


def _single(terms: list[str]) -> float:
    term = terms.pop(0)
    if term == "-":
        return -_single(terms)
    if term == "(":
        value = _added(terms)
        if terms.pop(0) != ")":
            raise ValueError("a bracket is not closed")
        return value
    return float(term)
