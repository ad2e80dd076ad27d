"""Words of a wish that were typed in a hurry, as they were meant. Pure."""

import re
from functools import cache, lru_cache

from routing.wishes.lexicon import PEOPLE, Lexicon, Tag

_WORD = re.compile(r"[^\W\d_]+")
# Letters of a word of which one may be wrong; in a shorter one two may only have changed places.
LONG, SHORT = 6, 4
# The longest word that is looked at; no list has one so long.
LONGEST = 40
# What is one letter from a word of the lists and another word itself.
_OTHERS = (
    "advice advise advised adviser agency agenda argent argente chance change charge cheese "
    "collega college colleges comentar computers connected contact contacts contain context "
    "contract contracts contrat contrato contratto employed employees employer especial "
    "espera except expect expected expects expert experte export falado falam gente gentle "
    "hablaba hablado hablan hablar hablas hablo humana humane humani humano humans machines "
    "managed managers manger mangera menschen miser mister mluvim opera operate operated "
    "operating operation operators ordinateur parlata parlate parlato parler parles parlez "
    "parlo persona personal personally personas persone personen personne personnes pessoas "
    "rapport report reported represent representing robots rozmawiam someones speaker speaks "
    "speciaal special specials speech spoken sprach sprache sprak sprechstunde spreker steam "
    "support supported supporting supports talks teams tears transfers transfert urgent walk "
)
OTHERS = frozenset(_OTHERS.split())


def corrected(text: str, lexicon: Lexicon) -> str:
    """The text with near misses of the lexicon's own words put right."""
    return _WORD.sub(
        lambda found: _meant(found[0], lexicon) if len(found[0]) <= LONGEST else found[0], text
    )


@lru_cache(maxsize=50_000)
def _meant(word: str, lexicon: Lexicon) -> str:
    known, misses = _misses(lexicon)
    if len(word) < SHORT or word in known or word in OTHERS:
        return word
    single = re.sub(r"(.)\1+", r"\1", word)
    if single in known:
        return single
    if len(word) >= LONG - 1:
        for variant in _variants(word):
            if (right := misses.get(variant)) and _is_slip(word, right):
                return right
    elif (right := misses.get("".join(sorted(word)))) and word[0] == right[0]:
        return right
    return word


def _variants(word: str) -> list[str]:
    """In a fixed order, so that every process corrects alike."""
    return [word, "".join(sorted(word)), *(word[:i] + word[i + 1 :] for i in range(1, len(word)))]


def _is_slip(word: str, right: str) -> bool:
    """One letter too many, missing, wrong or swapped with its neighbour, the first being right."""
    if word[0] != right[0]:
        return False
    if sorted(word) == sorted(right):
        return sum(a != b for a, b in zip(word, right, strict=True)) <= 2
    if len(right) < LONG or abs(len(word) - len(right)) > 1:
        return False
    if len(word) == len(right):
        return sum(a != b for a, b in zip(word, right, strict=True)) == 1
    longer, shorter = sorted((word, right), key=len, reverse=True)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(1, len(longer)))


@cache
def _misses(lexicon: Lexicon) -> tuple[frozenset[str], dict[str, str]]:
    """The lexicon's words, and from what is left of one without a letter to the word."""
    tags = (*PEOPLE, Tag.CONTACT, Tag.BOT)
    known = {word for phrase in lexicon.phrases for word in _WORD.findall(phrase)}
    meant = {
        word
        for phrase, tag in lexicon.phrases.items()
        if tag in tags
        for word in _WORD.findall(phrase)
        if len(word) >= SHORT
    }
    misses: dict[str, str] = {}
    for word in sorted(meant):
        for variant in _variants(word):
            misses.setdefault(variant, word)
    return frozenset(known), misses
