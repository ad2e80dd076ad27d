"""Whether an answer says that a person is on the way: "I connect you to a colleague". Pure."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from routing.wishes import lexicon

PHRASES = Path(__file__).with_name("promised_person.toml")

_SENTENCE = re.compile(r"[.!?…。！？؟।\n;]+")  # noqa: RUF001
_ASKED = re.compile(r"[?？؟]")  # noqa: RUF001
_APOSTROPHE = re.compile(r"['’ʼ`]")  # noqa: RUF001


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """Of one language."""

    team: re.Pattern[str]
    passes: re.Pattern[str]
    comes: re.Pattern[str]
    spoils: re.Pattern[str]
    person: re.Pattern[str]
    beside: re.Pattern[str]

    def promises(self, sentence: str) -> bool:
        """The assistant says that it passes somebody on, or that one of the team comes."""
        if self.spoils.search(sentence):
            return False
        return bool(
            (self.person.search(sentence) and self.beside.search(sentence))
            or (
                self.team.search(sentence)
                and (self.passes.search(sentence) or self.comes.search(sentence))
            )
        )


def found_in(answer: str) -> bool:
    """Not what asks or offers, which `recognition.offers` finds."""
    text = _APOSTROPHE.sub(" ", lexicon.plain(answer))
    languages = [language for language in _phrases() if lexicon.is_written_in(language, text)]
    ends = [*(found for found in _SENTENCE.finditer(text)), None]
    begins = 0
    for end in ends:
        sentence = text[begins : end.start() if end else len(text)]
        begins = end.end() if end else len(text)
        if end and _ASKED.search(end[0]):
            continue
        if any(_phrases()[language].promises(sentence) for language in languages):
            return True
    return False


@cache
def _phrases() -> dict[str, Phrases]:
    lists = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return {
        language: Phrases(
            *(
                lexicon.alternatives(each[name], is_spaced=each.get("spaced") != "no")
                for name in ("team", "passes", "comes", "not", "person", "beside")
            )
        )
        for language, each in lists.items()
    }
