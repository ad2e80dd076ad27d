"""Misspelled words put right, by the words that the articles and the lexicon know."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import numpy as np

from chatsite.knowledge.search import words

# Letters from which on a word may be one that was mistyped, and from which on by two letters.
SHORTEST, LONG = 4, 8
# Candidates that are compared letter by letter.
MOST = 60
# Words that are remembered with what they were meant to be: customers make the same mistakes.
REMEMBERED = 5000


class Spelling:
    """How the words of these collections are spelled."""

    def __init__(self, *collections: Iterable[str]) -> None:
        known = {
            word
            for each in collections
            for word in each
            if len(word) >= SHORTEST and word.isalpha() and not words.is_unspaced(word)
        }
        self._known = known
        self._words = sorted(known)
        self._letters = np.array([_letters(word) for word in self._words], dtype=np.uint64)
        self._lengths = np.array([len(word) for word in self._words], dtype=np.int16)
        self._nearest = lru_cache(maxsize=REMEMBERED)(self._search)

    def right(self, tokens: Sequence[str], known: Collection[str]) -> dict[str, str]:
        """Of tokens that nobody knows, those that one or two letters make a known word."""
        found = {}
        for token in dict.fromkeys(tokens):
            if (
                len(token) >= SHORTEST
                and token.isalpha()
                and token not in known
                and token not in self._known
                and not words.is_unspaced(token)
                and (nearest := self._nearest(token))
            ):
                found[token] = nearest
        return found

    def _search(self, token: str) -> str:
        """Blank where none is near."""
        if not self._words:
            return ""
        most = 2 if len(token) >= LONG else 1
        apart = np.bitwise_count(self._letters ^ np.uint64(_letters(token)))
        near = (apart <= 2 * most) & (np.abs(self._lengths - len(token)) <= most)
        at = np.flatnonzero(near)
        at = at[np.argsort(apart[at], kind="stable")][:MOST]
        best, distance = "", most + 1
        for candidate in (self._words[index] for index in at):
            # A first letter is rarely wrong: it may be exchanged with the second.
            if candidate[0] not in token[:2]:
                continue
            there = _distance(token, candidate, distance)
            if there < distance:
                best, distance = candidate, there
        return best


def _letters(word: str) -> int:
    """A set of its letters, as bits."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) % 64)
    return bits


def _distance(one: str, other: str, most: int) -> int:
    """Letters left out, put in, exchanged or swapped with their neighbour; at most `most`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, row, older = row, [at], before
        for to, wanted in enumerate(other, 1):
            cost = min(last[to] + 1, row[-1] + 1, last[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
        if min(row) >= most:
            return most
        before = last
    return min(row[-1], most)
