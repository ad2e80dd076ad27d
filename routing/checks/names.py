"""Names of people and companies that an answer gives and nothing it was written from does. Pure.

Companies are those that customers meet everywhere: carriers, ways to pay, networks
(`lexicons/companies.txt`). People are told by what stands before their names, as every German noun
has a capital.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from routing.checks.multilingual_concepts import LEXICONS, fold, said
from routing.checks.passages import sentences

_CAPITAL = "[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİĶŁĽŃŇŌŐØŘŚŞŠȘŤȚŪŮŰŹŻŽ]"
_WORD = rf"{_CAPITAL}[\w'’-]+"  # noqa: RUF001
_JOINED = r"(?:(?:de|van|von|der|den|da|di|dos|del|ter|el|bin|al)\s){0,2}"
_NAME = rf"({_WORD}(?:\s{_JOINED}{_WORD}){{0,2}})"
_FULL_NAME = rf"({_WORD}\s{_JOINED}{_WORD})"
# German nouns follow these too ("sobald ein Mitarbeiter Zeit hat"): then a first and a last name.
_GERMAN = r"(?:Kolleg(?:e|in)|Mitarbeiter(?:in)?|Ansprechpartner(?:in)?|Sachbearbeiter(?:in)?)"
_TITLE = (
    r"(?:Mr\.?|Mrs\.?|Ms\.?|Herrn?|Frau|Monsieur|Madame|Mme\.?|M\.|Sra?\.|[Ss]eñora?|[Ss]ignora?"
    r"|Sig\.(?:ra)?|[Mm]evrouw|[Mm]eneer|[Dd]hr\.|[Mm]evr\.|[Ss]enhora?)"
)
_COLLEAGUE = (
    r"(?:colleague|manager|agent|specialist|adviser|advisor|coll[eè]gue|conseill(?:er|ère)"
    r"|responsable|compañer[oa]|collega|responsabile|medewerk(?:er|ster)|koleg[ai]|koleżank[ai]"
    r"|kierowni(?:k|czka|kiem)|colega|gerente|kollega|medarbetare|müdürümüz|meslektaşımız)"  # noqa: RUF001
)
_PEOPLE = (
    re.compile(rf"\b{_GERMAN},?\s{_FULL_NAME}"),
    re.compile(rf"\b{_TITLE}\s{_NAME}"),
    re.compile(rf"\b{_COLLEAGUE}(?:,|:)?\s{_NAME}", re.UNICODE),
    re.compile(rf"{_NAME}\s(?:Bey|Hanım)\b"),  # noqa: RUF001
    re.compile(
        "([王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗][\u4e00-\u9fff]{0,2}(?:经理|先生|女士|主管))"
    ),
    re.compile("担当(?:者)?の((?!部|者|窓|方)[\u4e00-\u9fff]{1,3})(?:さん|が|に|まで)"),
    re.compile("([김박최정강조윤장임][가-힣]{1,2}) ?(?:씨|과장|대리|팀장|매니저)"),
)
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DAYS = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")


def foreign_names(answer: str, known: Sequence[str], spoken: str) -> list[str]:
    """Names that no known text has; those of companies only where the answer does not deny them."""
    return [
        name
        for name in (*_people(answer), *_companies(answer, spoken))
        if not any(fold(name) in fold(text) for text in known)
    ]


def _people(answer: str) -> Iterator[str]:
    for pattern in _PEOPLE:
        for match in pattern.finditer(answer):
            if not _DAYS.match(match[1]):
                yield match[1]


def _companies(answer: str, spoken: str) -> Iterator[str]:
    for sentence in sentences(answer):
        found = _company().findall(sentence)
        if found and not said("negation", fold(sentence), spoken):
            yield from found


@cache
def _company() -> re.Pattern[str]:
    """As written: many are words too, in small letters."""
    names = sorted((LEXICONS / "companies.txt").read_text("utf-8").split("\n"), key=len)
    spaced, joined = (
        "|".join(re.escape(name) for name in reversed(names) if name and is_joined(name))
        for is_joined in (lambda name: not _UNSPACED.search(name), _UNSPACED.search)
    )
    return re.compile(rf"(?<![\w@.])(?:{spaced})(?![\w@])|{joined}")
