"""The words of a text, alike however they are written: case, accents and composition folded.

Scripts without spaces between words are cut into pairs of characters.
"""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

# Combining marks that spelling varies in: Latin, Greek and Cyrillic accents, Hebrew and Arabic
# vowels. Those of Indian scripts and kana stay: they are letters.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640]")
# What decomposition leaves whole, and Arabic letters that people exchange.
_ALIKE = str.maketrans(
    dict(zip("øłđı’أإآىةؤئ", "oldi'ااايهوي", strict=True)) | {"æ": "ae", "œ": "oe"}  # noqa: RUF001
)
# Kana and ideographs, Thai, Lao, Burmese and Khmer: words without spaces between them.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々"
_WORD = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")

_STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
# Of no Latin letters: a Latin word has none of their endings.
OTHER_SCRIPTS = frozenset({"ar", "el", "ru"})
# Letters; a longer run has no ending that anybody would leave out.
LONGEST_STEMMED = 50


def fold(text: str) -> str:
    """Lower case, without accents, composed: "Café", "CAFE" and a decomposed "café" are one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_ALIKE)
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed)).translate(_ALIKE)


def tokens(folded: str) -> list[str]:
    """The words of a folded text in order; a run of an unspaced script is one."""
    return _WORD.findall(folded)


def is_unspaced(token: str) -> bool:
    return bool(_UNSPACED.match(token))


def pieces(token: str) -> list[str]:
    """What an unspaced run is indexed by: its pairs of characters."""
    if len(token) < 3:
        return [token]
    return [token[at : at + 2] for at in range(len(token) - 1)]


@lru_cache(maxsize=32)
def _stemmer(language: str) -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer(_STEMMERS[language])


def stem(token: str, language: str) -> str:
    """The word without its endings, where the language has a stemmer and it is a word."""
    if language not in _STEMMERS or not 3 <= len(token) <= LONGEST_STEMMED:
        return token
    if language in OTHER_SCRIPTS and token.isascii():
        return token
    return _stemmed(token, language)


# Of words alone, as long as words are: what is sent to fill a memory has no end.
@lru_cache(maxsize=100_000)
def _stemmed(token: str, language: str) -> str:
    return fold(_stemmer(language).stemWord(token))
