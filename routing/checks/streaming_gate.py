"""How much of a growing answer may be shown unchecked: no foreign link, no prompt. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache

from routing.checks import addresses_and_codes
from routing.checks.multilingual_concepts import fold, said

# So many words in a row of the instructions may be the beginning of more.
SUSPECT = 4
# Characters before the new ones in which a sentence may have begun, and a phrase of the prompt's.
BEFORE, PHRASE = 300, 100
# What may still grow into an address; letters of scripts without spaces cannot.
_GROWING = "".join(map(chr, range(ord("!"), ord("~") + 1)))
_WORDS = re.compile(r"\S+")
_SENTENCE = re.compile(r"[.!?。！？\n]\s*")  # noqa: RUF001


class DraftGate:
    """Of one answer: `known` are all the texts that it was written from."""

    def __init__(
        self,
        known: Sequence[str],
        instructions: str,
        languages: Sequence[str],
        allowed: Sequence[str] = (),
    ) -> None:
        self._known, self._allowed = known, allowed
        self._instructions, self._languages = instructions, {*languages, "en"} - {""}
        self._closed = False
        # How far the text has come, and where the word begins that it ends with.
        self._seen = self._word = 0

    def open_to(self, text: str, shown: int) -> int:
        """How many characters of a text that grows may be shown, at least the `shown` ones.

        It never goes back.
        """
        if self._closed:
            return shown
        before, self._seen = self._seen, len(text)
        if settled := text[before:].rstrip(_GROWING):
            self._word = before + len(settled)
        end = self._word
        if end <= shown:
            return shown
        start = max(0, shown - BEFORE)
        part = text[start:end]
        if (found := self._forbidden(part, shown - start)) is not None:
            self._closed = True
            end = start + found
        else:
            end = min(end, start + self._suspect(part))
        return max(shown, end)

    def _forbidden(self, part: str, shown: int) -> int | None:
        """Where a foreign link, or the sentence that gives the prompt away, begins."""
        # No address holds a space: one that reaches into the new words begins behind the last.
        new = part[max(part.rfind(space, 0, shown) for space in " \n") + 1 :]
        links = addresses_and_codes.foreign_links(new, self._known, self._allowed)
        recent = fold(part[max(0, shown - PHRASE) :])
        if not links and not any(said("leak", recent, language) for language in self._languages):
            return None
        places = [part.find(link) for link in links]
        folded = fold(part)
        if len(folded) == len(part):
            for language in self._languages:
                for phrase in said("leak", folded, language):
                    at = folded.find(phrase)
                    breaks = [match.end() for match in _SENTENCE.finditer(part, 0, at)]
                    places.append(breaks[-1] if breaks else 0)
        elif any(said("leak", folded, language) for language in self._languages):
            places.append(0)
        return min(places, default=None)

    def _suspect(self, part: str) -> int:
        """Where the last words begin that stand in the instructions in the same order."""
        runs = _runs(self._instructions)
        if tuple(part.lower().rsplit(None, SUSPECT)[-SUSPECT:]) not in runs:
            return len(part)
        words = list(_WORDS.finditer(part))
        lower = [word.group().lower() for word in words]
        begins = len(part)
        for at in range(len(words) - SUSPECT, -1, -1):
            if tuple(lower[at : at + SUSPECT]) not in runs:
                break
            begins = words[at].start()
        return begins


@lru_cache(maxsize=8)
def _runs(instructions: str) -> frozenset[tuple[str, ...]]:
    words = instructions.lower().split()
    return frozenset(
        tuple(words[at : at + SUSPECT]) for at in range(max(0, len(words) - SUSPECT + 1))
    )
