"""What an answer must be, and where it is not. Pure.

Facts are compared as a reader would: capitals, Markdown, kinds of spaces and dashes do not count,
and €14.95, 14,95 € and € 14.95 are one amount. A figure is never found inside another: 5 days is
not in 15 days, nor €14 in €14.95.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from routing.checks.language_detection import language

CUSTOMER, ASSISTANT = "customer", "assistant"
# Separates the wordings of one fact.
OR = "|"

_SPEAKER = re.compile(rf"^({CUSTOMER}|{ASSISTANT})\s*:\s*", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKDOWN = re.compile(r"[*_`~#>|]+")
_DASH = re.compile(r"[‐‑‒–—−]")  # noqa: RUF001 - the dashes that are meant
_QUOTE = str.maketrans("“”„«»‘’", '"""""\'\'')  # noqa: RUF001 - the quotes that are meant
_COMMA = re.compile(r"(?<=\d),(?=\d{2}(?!\d))")
_SIGN_LAST = re.compile(r"(\d[\d.,]*) ?([€$£¥])")
_SIGN_FIRST = re.compile(r"([€$£¥]) (?=\d)")
# A letter of a script that has spaces between words, or a digit.
_IN_WORDS = r"[^\W_\u2e80-\uffff]"
_PERCENT = re.compile(r"(?<=\d) (?=%)")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a customer would have been given, and how it came about."""

    text: str
    tier: str = ""  # blank: no model was asked
    score: float | None = None
    sources: tuple[str, ...] = ()  # slugs of the articles that the answer used
    offers_person: bool = False
    doubt: float | None = None
    failure: str = ""  # why there is no answer, as a sentence


@dataclass(frozen=True, slots=True)
class Wanted:
    """Blank fields are not checked."""

    must_say: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()
    tier: str = ""
    sources: tuple[str, ...] = ()
    person: bool | None = None
    language: str = ""


def failures(wanted: Wanted, given: Answered) -> list[str]:
    """What is wrong with the answer, a sentence each; none where it passes."""
    if given.failure:
        return [given.failure]
    said = _plain(given.text)
    found = [
        f"Does not say “{_in_words(fact)}”." for fact in wanted.must_say if not _says(said, fact)
    ]
    found += [f"Says “{fact}”." for fact in wanted.must_not_say if _says(said, fact)]
    if wanted.tier and given.tier != wanted.tier:
        by = f"the {given.tier} model" if given.tier else "no model"
        found.append(f"Answered by {by} instead of the {wanted.tier} model.")
    found += [
        f"Does not use the article “{slug}”."
        for slug in wanted.sources
        if slug not in given.sources
    ]
    if wanted.person is not None and wanted.person != given.offers_person:
        found.append("Offers a person." if given.offers_person else "Does not offer a person.")
    spoken = language(given.text)
    if wanted.language and spoken and spoken != wanted.language:
        found.append(f"Is in another language ({spoken} instead of {wanted.language}).")
    return found


def turns(text: str) -> list[tuple[str, str]]:
    """Who said what, from lines that begin with `Customer:` or `Assistant:`.

    Other lines go on with the one before; without any, the customer begins.
    """
    found: list[tuple[str, list[str]]] = []
    for line in text.strip().splitlines():
        speaker = _SPEAKER.match(line)
        if speaker:
            found.append((speaker[1].casefold(), [line[speaker.end() :]]))
        elif found:
            found[-1][1].append(line)
        elif line.strip():
            found.append((CUSTOMER, [line]))
    said = ((by, "\n".join(lines).strip()) for by, lines in found)
    return [(by, words) for by, words in said if words]


def in_lines(said: Sequence[tuple[str, str]]) -> str:
    """The same as `turns` reads it."""
    return "\n".join(f"{by.capitalize()}: {words}" for by, words in said)


def _in_words(fact: str) -> str:
    """For people: 30 days or 30 Tage."""
    return " or ".join(way.strip() for way in fact.split(OR) if way.strip())


def _says(said: str, fact: str) -> bool:
    """Whether one of the fact's ways of being said stands in a plain text."""
    return any(_holds(said, _plain(way)) for way in fact.split(OR) if way.strip())


def _holds(said: str, phrase: str) -> bool:
    before = rf"(?<!{_IN_WORDS})(?<!\d[.,])" if re.match(_IN_WORDS, phrase) else ""
    after = rf"(?!{_IN_WORDS})(?![.,]\d)" if re.match(_IN_WORDS, phrase[-1:]) else ""
    return bool(phrase) and bool(re.search(f"{before}{re.escape(phrase)}{after}", said))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_QUOTE)
    text = _MARKDOWN.sub("", _LINK.sub(r"\1", _DASH.sub("-", text)))
    text = _COMMA.sub(".", " ".join(text.split()))
    return _PERCENT.sub("", _SIGN_FIRST.sub(r"\1", _SIGN_LAST.sub(r"\2\1", text)))
