"""What is dangerous to get wrong, by class: fire, medicines, fraud, law … In any language. Pure.

A hazard is told by phrases. A *decisive* one ("smell gas") is enough by itself: such a message goes
to the strong tier whatever else is known. A *hint* ("battery") only raises the score.

A phrase is words as customers type them: `allerg*` stands for every ending, `…` for up to four
words in between. In scripts without spaces between words, and where endings grow together with
words (Arabic, Hindi, Korean), it is found anywhere in the text.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from routing.analysis.wording import folded

DATA = Path(__file__).parent.parent / "data" / "hazards.json"
# Words that "…" may stand for.
GAP = 4
# Letters by which beginnings of words are looked up.
STEM = 3
# Share of threes of letters, of all that a sentence and an example have, that makes them alike.
ALIKE = 0.5
# The least score of a message with a decisive phrase.
CERTAIN = 8.0

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SENTENCE = re.compile(r"[.!?。！？؟\n]+")  # noqa: RUF001
_JOINED_UP = re.compile(
    "[\u0600-\u06ff\u0900-\u0dff\u0e00-\u0eff\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


@dataclass(frozen=True, slots=True)
class Hazard:
    """A class of danger. `examples` are whole messages: one much like them is dangerous too."""

    name: str
    about: str = ""
    decisive: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Hazards in a text: those that a decisive phrase tells, and those that are hinted at.

    `phrases` are all that were found, in the hazards' own spelling; an example counts as one.
    """

    certain: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """What tells a hazard in a text: a phrase, or an example that the text is like."""

    hazard: str
    phrase: str
    is_decisive: bool


@dataclass(frozen=True, slots=True)
class _Sign:
    """A phrase's words after the first, and what it tells."""

    rest: tuple[str, ...]
    hazard: str
    is_decisive: bool
    phrase: str


class Hazards:
    """Finds hazards in a text; made once, used by many."""

    def __init__(
        self, listed: Iterable[Hazard], own: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """`own`: a site's examples by hazard."""
        self.listed = tuple(listed)
        self.own = {name: tuple(examples) for name, examples in (own or {}).items() if examples}
        self._names = tuple(hazard.name for hazard in self.listed)
        self._by_word: defaultdict[str, list[_Sign]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[tuple[str, _Sign]]] = defaultdict(list)
        self._anywhere: dict[str, _Sign] = {}
        for hazard in self.listed:
            for phrase in hazard.decisive:
                self._add(hazard.name, phrase, is_decisive=True)
            for phrase in hazard.hints:
                self._add(hazard.name, phrase, is_decisive=False)
        longest_first = sorted(self._anywhere, key=len, reverse=True)
        self._joined_up = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        # Shipped examples are what the shipped model was fitted with; a site's own are looked for.
        self._examples = [
            (_threes(folded(example)), _Sign((), name, True, example))
            for name, examples in self.own.items()
            for example in examples
        ]

    def signs(self, text: str) -> list[Sign]:
        """Each once, for people; what decides and hints, decides."""
        found: dict[tuple[str, str], Sign] = {}
        for each in self._signs(folded(text)):
            key = each.hazard, each.phrase
            if each.is_decisive or key not in found:
                found[key] = Sign(each.hazard, each.phrase, each.is_decisive)
        return list(found.values())

    def found(self, text: str) -> Found:
        """The hazards of a text; some 20 microseconds for a short message."""
        text = folded(text)
        signs = self._signs(text)
        if not signs:
            return Found()
        certain = {sign.hazard for sign in signs if sign.is_decisive}
        possible = {sign.hazard for sign in signs} - certain
        return Found(
            tuple(name for name in self._names if name in certain),
            tuple(name for name in self._names if name in possible),
            tuple(dict.fromkeys(sign.phrase for sign in signs)),
        )

    def _add(self, hazard: str, phrase: str, *, is_decisive: bool) -> None:
        if _JOINED_UP.search(phrase):
            plain = folded(phrase).rstrip("*")
            # What decides in one class may only hint in another.
            if is_decisive or plain not in self._anywhere:
                self._anywhere[plain] = _Sign((), hazard, is_decisive, phrase)
            return
        first, *rest = _words(phrase) or [""]
        if first:
            sign = _Sign(tuple(rest), hazard, is_decisive, phrase)
            if first.endswith("*") and len(first) > STEM:
                beginning = first.rstrip("*")
                self._by_stem[beginning[:STEM]].append((beginning, sign))
            else:
                # Two letters and a star would be found in every language.
                self._by_word[first.rstrip("*")].append(sign)

    def _signs(self, text: str) -> list[_Sign]:
        words = _WORD.findall(text)
        by_word, by_stem = self._by_word, self._by_stem
        found = []
        for at, word in enumerate(words, 1):
            if word in by_word:
                found += [
                    sign
                    for sign in by_word[word]
                    if not sign.rest or _follows(words, at, sign.rest)
                ]
            if word[:STEM] in by_stem:
                found += [
                    sign
                    for beginning, sign in by_stem[word[:STEM]]
                    if word.startswith(beginning)
                    and (not sign.rest or _follows(words, at, sign.rest))
                ]
        if not text.isascii() and _JOINED_UP.search(text):
            found += [self._anywhere[match[0]] for match in self._joined_up.finditer(text)]
        return found + self._alike(text) if self._examples else found

    def _alike(self, text: str) -> list[_Sign]:
        parts = [_threes(part) for part in (text, *_SENTENCE.split(text)) if part.strip()]
        return [
            sign
            for example, sign in self._examples
            if any(len(part & example) >= ALIKE * len(part | example) for part in parts)
        ]


def _threes(text: str) -> frozenset[str]:
    spaced = f" {' '.join(_WORD.findall(text))} "
    return frozenset(spaced[at : at + 3] for at in range(len(spaced) - 2))


def _words(phrase: str) -> list[str]:
    """A phrase's words, folded; `…` stays, and so does a star at a word's end."""
    found: list[str] = []
    for part in folded(phrase.replace("’", "'")).split():  # noqa: RUF001  as phones type it
        if part.strip(".…") == "":
            found.append("…")
        elif words := _WORD.findall(part):
            found += words
            found[-1] += "*" * part.endswith("*")
    return found


def _follows(words: Sequence[str], at: int, rest: Sequence[str]) -> bool:
    """Whether the rest of a phrase stands in the words from a place on."""
    gap = 0
    for wanted in rest:
        if wanted == "…":
            gap = GAP
            continue
        for place in range(at, min(len(words), at + gap + 1)):
            word = words[place]
            if word == wanted or (wanted[-1] == "*" and word.startswith(wanted[:-1])):
                at, gap = place + 1, 0
                break
        else:
            return False
    return True


def read(listed: Sequence[Mapping[str, Any]]) -> tuple[Hazard, ...]:
    """Hazards from the shipped file's shape: phrases by language."""
    return tuple(
        Hazard(
            each["name"],
            each["about"],
            *(
                tuple(dict.fromkeys(chain.from_iterable(each[part].values())))
                for part in ("decisive", "hints", "examples")
            ),
        )
        for each in listed
    )


@cache
def shipped_by_language() -> Sequence[Mapping[str, Any]]:
    """The shipped file: of each hazard its name, what it is about, and its phrases by language."""
    listed: list[dict[str, Any]] = json.loads(DATA.read_text("utf-8"))
    return listed


@cache
def shipped() -> Hazards:
    """The hazards that the product comes with."""
    return Hazards(read(shipped_by_language()))


@dataclass(frozen=True, slots=True)
class Change:
    """What a site makes of a hazard: adds, leaves out, or does not look for."""

    hazard: Hazard
    left_out: frozenset[str] = frozenset()
    active: bool = True


def changed(known: Sequence[Hazard], changes: Sequence[Change]) -> Hazards:
    """The known hazards with a site's changes, and its own."""
    by_name = {change.hazard.name: change for change in changes}
    merged = [
        _merged(hazard, change)
        for hazard in known
        if (change := by_name.get(hazard.name, Change(Hazard(hazard.name)))).active
    ]
    names = {hazard.name for hazard in known}
    merged += [each.hazard for each in changes if each.active and each.hazard.name not in names]
    own = {each.hazard.name: each.hazard.examples for each in changes if each.active}
    return Hazards(merged, own)


def _merged(known: Hazard, change: Change) -> Hazard:
    def kept(shipped: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
        left = (each for each in shipped if each not in change.left_out)
        return tuple(dict.fromkeys((*left, *own)))

    own = change.hazard
    return Hazard(
        known.name,
        own.about or known.about,
        kept(known.decisive, own.decisive),
        kept(known.hints, own.hints),
        kept(known.examples, own.examples),
    )
