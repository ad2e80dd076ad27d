"""Which of several subjects a text speaks of, found in one pass over it. Pure.

A pattern for each subject would try all its words at every letter of the text. Here the words of
all subjects that begin alike stand together, so that a text with grave words costs a quarter.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain

from routing.analysis.wording import folded

# A subject's words: their beginnings as `a|b|c`, and what is found anywhere, as in Chinese.
Words = tuple[str, str]


class Vocabulary:
    """Finds, in folded text, subjects by regular expressions without capturing groups.

    Where two subjects have the very same word, only the first is found by it.
    """

    def __init__(self, subjects: Mapping[str, Words]) -> None:
        self._subjects = tuple(subjects)
        # What stands before a word is found fast; looked ahead at, no word is taken from another.
        self._words = _Scan(
            {name: words for name, (words, _) in subjects.items()}, r"\W\b(?=(?:%s))"
        )
        self._others = _Scan({name: others for name, (_, others) in subjects.items()}, "%s")

    def found(self, text: str) -> tuple[str, ...]:
        """The subjects in their order, each once."""
        missing = set(self._subjects)
        for name in chain(self._words.names(f" {text}"), self._others.names(text)):
            missing.discard(name)
            if not missing:
                break
        return tuple(name for name in self._subjects if name not in missing)


class _Scan:
    """One pattern, and the subject of each of its groups."""

    def __init__(self, subjects: Mapping[str, str], frame: str) -> None:
        by_letter: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for name, words in subjects.items():
            for word in filter(None, _spelled(folded(words))):
                is_plain = word[0] not in _SPECIAL and word[1:2] not in _QUANTIFIERS
                letter = word[0] if is_plain else ""
                by_letter[letter][name].append(word.removeprefix(letter))
        self._names = [name for named in by_letter.values() for name in named]
        branches = (
            f"{letter}(?:{'|'.join(map('({})'.format, map('|'.join, named.values())))})"
            for letter, named in by_letter.items()
        )
        self._pattern = re.compile(frame % ("|".join(branches) or "(?!)"))

    def names(self, text: str) -> Iterator[str]:
        for match in self._pattern.finditer(text):
            assert match.lastindex
            yield self._names[match.lastindex - 1]


_QUANTIFIERS, _SPECIAL = frozenset("?*+{"), frozenset(r"\[(.^$")


def _spelled(words: str) -> Iterator[str]:
    """Each alternative; one that begins with alternatives of its own, once with each."""
    for word in _alternatives(words):
        end = _closed(word) if word.startswith("(?:") else 0
        if end and word[end : end + 1] not in _QUANTIFIERS:
            for beginning in _alternatives(word[3 : end - 1]):
                yield from _spelled(beginning + word[end:])
        else:
            yield word


def _alternatives(words: str) -> list[str]:
    """Split at each `|` that stands in no bracket."""
    found, depth = [""], 0
    for sign in words:
        depth += (sign in "([") - (sign in ")]")
        if sign == "|" and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


def _closed(word: str) -> int:
    """Where the bracket that it begins with is closed."""
    depth = 0
    for position, sign in enumerate(word, 1):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return position
    raise ValueError(f"a bracket is not closed in {word}")
