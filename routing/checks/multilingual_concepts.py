"""Words of many languages as concepts: what a text talks about, whatever it is written in. Pure.

The lists are in `lexicons/`: one line per concept, one column per language, beginnings of words.
`phrases.txt` has patterns on folded text: denying, promising, claiming a deed, giving the prompt
away.
`places_and_dates.json` is taken from the Unicode CLDR.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

LEXICONS = Path(__file__).parent / "lexicons"
LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pl",
    "pt",
    "sv",
    "tr",
    "zh",
    "ja",
    "ar",
    "ru",
    "da",
)
# English words that tell nothing of what a text is about.
_COMMON_TEXT = (
    "about after also around been before cannot could does down each from have help here into "
    "just like make more most much need only other over please should some such than that their "
    "them then there these they this those time very want well were what when where which while "
    "will with would your yours thank thanks sorry know tell"
)
COMMON = frozenset(_COMMON_TEXT.split())
UNSPACED = frozenset({"zh", "ja"})
# Letters of a word that are looked at: "a-a-a-" for a whole message would take half a minute.
LONGEST_WORD = 50
# Their nouns are written together: Ruecksendeetikett.
_COMPOUND = frozenset({"de", "nl", "sv", "da"})
_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ى": "ي", "ة": "ه", "ٱ": "ا"}  # noqa: RUF001
    | dict.fromkeys("’‘ʼ", "'")  # noqa: RUF001  what people type
)
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ARTICLE = re.compile(r"^(?:و|ف)?(?:ب|ل|ك)?(?:ال|لل)?")
Stems = Mapping[str, frozenset[str]]


@lru_cache(maxsize=2048)
def fold(text: str) -> str:
    """Lower case without accents and vowel signs, digits 0 to 9: as the lexicons are written."""
    lower = text.replace("İ", "i").casefold().translate(_LETTERS)
    if lower.isascii():
        return lower
    kept = "".join(char for char in unicodedata.normalize("NFKD", lower) if not _is_accent(char))
    composed = unicodedata.normalize("NFC", kept).translate(_LETTERS)
    return "".join(
        str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char
        for char in composed
    )


def _is_accent(char: str) -> bool:
    return "\u0300" <= char <= "\u036f" or "\u064b" <= char <= "\u065f" or char == "\u0640"


def table(name: str) -> Iterator[tuple[str, str, str]]:
    """The first column, the language and the folded word of each cell of a lexicon."""
    for line in (LEXICONS / name).read_text().splitlines():
        first, *cells = line.split("|")
        for language, cell in zip(LANGUAGES, cells, strict=False):
            for word in cell.split(","):
                if word.strip():
                    yield first, language, fold(word.strip())


@cache
def _stems() -> Mapping[str, tuple[Stems, re.Pattern[str] | None]]:
    """Of each language its stems, and a pattern of those of several words."""
    found: dict[str, dict[str, frozenset[str]]] = {language: {} for language in LANGUAGES}
    for concept, language, stem in table("concepts.txt"):
        found[language][stem] = found[language].get(stem, frozenset()) | {concept}
    return {language: (stems, _phrases_of(stems, language)) for language, stems in found.items()}


def _phrases_of(stems: Stems, language: str) -> re.Pattern[str] | None:
    phrases = [stem for stem in stems if not stem.isalpha() and language not in UNSPACED]
    listed = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.compile(rf"(?:^|(?<=\W))(?:{listed})") if phrases else None


@lru_cache(maxsize=65536)
def of_word(word: str, language: str) -> frozenset[str]:
    """The concepts of one folded word in one of the languages; none in any other language."""
    if language not in _stems():
        return frozenset()
    word = word[:LONGEST_WORD]
    stems = _stems()[language][0]
    found = set(stems.get(word, ()))
    if language == "ar":
        found |= stems.get(_ARTICLE.sub("", word), frozenset())
        starts, least = range(len(word)), 4
    else:
        starts, least = range(max(1, len(word) - 4) if language in _COMPOUND else 1), 5
    for start in starts:
        for end in range(start + (least if start else 4), len(word) + 1):
            found |= stems.get(word[start:end], frozenset())
    if len(word) == 4:
        found |= stems.get(word[:3], frozenset())  # a short plural: pens, fees
    return frozenset(found)


def words(folded: str) -> list[str]:
    return _WORD.findall(folded)


@lru_cache(maxsize=4096)
def concepts(folded: str, language: str) -> frozenset[str]:
    """What a folded text talks about; every language is tried where it is none of ours."""
    found: set[str] = set()
    if language in UNSPACED:
        stems = _stems()[language][0]
        for start in range(len(folded)):
            for end in range(start + 1, min(start + 8, len(folded)) + 1):
                found |= stems.get(folded[start:end], frozenset())
        return frozenset(found)
    for each in (language,) if language in _stems() else LANGUAGES:
        stems, phrases = _stems()[each]
        for phrase in phrases.findall(folded) if phrases else ():
            found |= stems[phrase]
        for word in words(folded):
            for part in {word, *re.split("['-]", word)}:
                found |= of_word(part, each)
    return frozenset(found)


@cache
def places_and_dates() -> Any:
    return json.loads((LEXICONS / "places_and_dates.json").read_text())


EU = frozenset(places_and_dates()["eu"])


@cache
def _countries() -> tuple[Mapping[str, str], re.Pattern[str], re.Pattern[str]]:
    """The code of each name; what finds them in any text, and in one of Latin letters alone."""
    listed = places_and_dates()["countries"]
    names = {name: code for code, some in listed.items() for name in some}
    ordered = sorted(names, key=len, reverse=True)
    short = _any_of(name for name in ordered if name.isascii() and len(name) <= 4)
    latin = _any_of(name for name in ordered if name.isascii() and len(name) > 4)
    other = _any_of(name for name in ordered if not name.isascii())
    ascii_ = rf"\b{latin}|\b{short}\b"
    return names, re.compile(rf"{other}|{ascii_}"), re.compile(ascii_)


def _any_of(names: Iterable[str]) -> str:
    """Gathered by their first letter: 800 alternatives at each place take 20 times as long."""
    by_letter: dict[str, list[str]] = {}
    for name in names:
        by_letter.setdefault(name[0], []).append(re.escape(name[1:]))
    branches = (f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())
    return f"(?:{'|'.join(branches)})"


def countries(text: str, folded: str) -> frozenset[str]:
    """ISO codes of the countries that a text names, or whose big cities it names; EU."""
    names, of_any, of_latin = _countries()
    pattern = of_latin if folded.isascii() else of_any
    found = {names[match] for match in pattern.findall(folded.replace("american express", " "))}
    if re.search(r"\bU\.?S\.?(?:A\.?)?\b", text):
        found.add("US")
    return frozenset(found)


@cache
def _patterns() -> Mapping[tuple[str, str], re.Pattern[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for line in (LEXICONS / "phrases.txt").read_text().splitlines():
        kind, language, pattern = line.split(" ", 2)
        found.setdefault((kind, language), []).append(pattern)
    return {key: re.compile("|".join(each), re.MULTILINE) for key, each in found.items()}


@lru_cache(maxsize=8192)
def said(kind: str, folded: str, language: str) -> tuple[str, ...]:
    """What a folded text says of a kind of phrase, in its language."""
    pattern = _patterns().get((kind, language))
    return tuple(match.group() for match in pattern.finditer(folded)) if pattern else ()
