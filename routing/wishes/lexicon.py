"""The words of a wish for a person, language by language, found in a text. Pure."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

from routing.analysis.wording import folded, tidy

WORDS = Path(__file__).with_name("words")

# Letters that Unicode does not take apart, and marks that Arabic leaves out at will.
_SAME = str.maketrans(
    "ıłøđأإآىةؤئ",
    "ilodااايهوي",  # noqa: RUF001
    "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652",
)
# Arabic writes "and", "with", "to" and "the" in one word with what follows.
_ATTACHED = r"(?:[وفبلك]{1,2})?(?:ال|لل)?"
_SCRIPTS = {
    "ru": "[\u0400-\u04ff]",
    "uk": "[\u0400-\u04ff]",
    "el": "[\u0370-\u03ff]",
    "ar": "[\u0600-\u06ff]",
    "zh": "[\u4e00-\u9fff]",
    "ja": "[\u3040-\u30ff\u4e00-\u9fff]",
    "ko": "[\uac00-\ud7af]",
    "hi": "[\u0900-\u097fa-z]",
}


class Tag(StrEnum):
    """What a phrase means in a wish. Where two meanings share a phrase, the earlier one counts."""

    DECOY = "decoy"  # looks like a person to talk to, and is not: "travel agent"
    ASKS = "asks"  # asks what it is talking to: "are you a"
    RHETORICAL = "rhetorical"  # a negation that asks for the thing: "why can't I"
    UNLESS = "unless"  # talk of talking, not a wish for it: "do I have to", "I talked to"
    WISH = "wish"  # a whole wish: "who can I speak to"
    NO_MACHINE = "no_machine"  # "not a robot"
    ENOUGH = "enough"  # had enough of the machine
    HOW = "how"  # asks when or by which number people are reached
    BOT = "bot"
    HUMAN = "human"  # nothing but a person: "real person"
    STAFF = "staff"  # a role
    ANYONE = "anyone"  # a person if one is to be talked to: "someone"
    CONTACT = "contact"  # talk to, be put through to
    REACH = "reach"  # call, write to
    HELP = "help"
    WANT = "want"
    NOT = "not"
    MAY = "may"
    TOLD = "told"  # what somebody has said or done: a report
    FOR = "for"  # whom a thing is for, who is not called
    BUT = "but"  # begins another thought


PEOPLE = (Tag.HUMAN, Tag.STAFF, Tag.ANYONE)
# Those that Arabic writes in one word with what stands before.
_NOUNS = {*PEOPLE, Tag.CONTACT, Tag.REACH, Tag.BOT}


@dataclass(frozen=True, slots=True)
class Word:
    """A tagged phrase; `at` counts words, or in scripts without spaces pairs of characters."""

    tag: Tag
    at: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """One language's phrases. `tagged` finds them; the group that ends it says what it means."""

    language: str
    is_spaced: bool
    tagged: re.Pattern[str]
    tags: tuple[Tag, ...]
    phrases: dict[str, Tag]
    yes: re.Pattern[str]
    no: re.Pattern[str]
    polite: re.Pattern[str]
    # What the assistant says: "if you like", and what it tells rather than offers: "the number".
    proposes: re.Pattern[str]
    facts: re.Pattern[str]

    @classmethod
    def of(cls, language: str, lists: dict[str, str]) -> Self:
        is_spaced = lists.get("spaced") != "no"
        phrases: dict[str, Tag] = {}
        for tag in Tag:
            for phrase in _listed(lists[tag]):
                phrases.setdefault(phrase, tag)
        ordered = sorted(phrases, key=lambda phrase: -len(phrase))
        prefixed = {p for p, tag in phrases.items() if language == "ar" and tag in _NOUNS}
        pattern, places = _alternatives(ordered, prefixed, is_spaced)
        return cls(
            language,
            is_spaced,
            pattern,
            tuple(phrases[phrase] for phrase in places),
            phrases,
            *(
                _alternatives(sorted(_listed(lists[name]), key=len, reverse=True), (), is_spaced)[0]
                for name in ("yes", "no", "polite", "proposes", "facts")
            ),
        )

    def words(self, text: str) -> Iterator[Word]:
        """The tagged phrases of a plain text, in order, none twice."""
        for found in self.tagged.finditer(text):
            assert found.lastindex is not None
            yield Word(
                self.tags[found.lastindex - 1],
                self.length(text[: found.start()]),
                self.length(text[: found.end()]),
            )

    def length(self, text: str) -> int:
        return len(text.split()) if self.is_spaced else len(text) // 2


def plain(text: str) -> str:
    """As the lists are compared: lower case, without accents, letters that look alike as one."""
    return folded(tidy(text)).translate(_SAME)


def lexicons(text: str) -> Iterator[Lexicon]:
    """Those of the languages that a plain text may be of, by its script."""
    return (lexicon(language) for language in _lists() if is_written_in(language, text))


def is_written_in(language: str, text: str) -> bool:
    """Whether a plain text may be, by its script."""
    return bool(re.search(_SCRIPTS.get(language, "[a-z]"), text))


def alternatives(phrases: str, *, is_spaced: bool) -> re.Pattern[str]:
    """What finds any of a list's phrases in a plain text."""
    longest_first = sorted(_listed(phrases), key=len, reverse=True)
    return _alternatives(longest_first, (), is_spaced)[0]


def english() -> Lexicon:
    """Spoken everywhere, if only to say yes."""
    return lexicon("en")


def languages() -> frozenset[str]:
    """Those that have lists."""
    return frozenset(_lists())


@cache
def lexicon(language: str) -> Lexicon:
    return Lexicon.of(language, _lists()[language])


@cache
def _lists() -> dict[str, dict[str, str]]:
    files = sorted(WORDS.glob("*.toml"))
    return {
        language: lists
        for path in files
        for language, lists in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def _listed(phrases: str) -> list[str]:
    return [plain(" ".join(each.split())) for each in phrases.split("|") if each.strip()]


def _alternatives(
    phrases: Iterable[str], prefixed: Iterable[str], is_spaced: bool
) -> tuple[re.Pattern[str], list[str]]:
    """A pattern that finds any of the phrases, and the phrase that each of its groups stands for.

    Gathered by their first letter: 400 alternatives at each place cost twenty times as much.
    """
    by_letter: defaultdict[str, list[str]] = defaultdict(list)
    for phrase in phrases:
        by_letter["" if phrase in prefixed else phrase[0]].append(phrase)
    places: list[str] = []
    branches = []
    for letter, listed in by_letter.items():
        places += listed
        rests = "|".join(_pattern(phrase[len(letter) :], is_spaced) + "()" for phrase in listed)
        branches.append(f"{re.escape(letter) if letter else _ATTACHED}(?:{rests})")
    begins = r"(?<!\w)" if is_spaced else ""
    return re.compile(f"{begins}(?:{'|'.join(branches)})"), places


def _pattern(rest: str, is_spaced: bool) -> str:
    """What follows a phrase's first letter; `*` stands for any ending."""
    words = (
        re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
        for word in rest.split(" ")
    )
    if not is_spaced:
        return r"\s*".join(words)
    return r"\s+".join(words) + (r"(?!\w)" if not rest or rest[-1].isalnum() else "")
