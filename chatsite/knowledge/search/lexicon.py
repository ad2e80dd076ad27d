"""Customer-service words of many languages, mapped to concepts.

So a Polish question meets an English article, and "voucher" meets "gift card". The files in
`languages/` are data: general to shops and services, none is about a particular one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from chatsite.knowledge.search import words

FOLDER = Path(__file__).parent / "languages"
# Matched by stems, as their words have few forms or prefixes; other alphabets by how words begin.
STEMMED = frozenset({"en", "ar"})
# Characters from which on an entry also matches what it begins.
PREFIX_FROM = 4
# Characters of the longest entry in an unspaced script.
LONGEST = 8
# Of a message's best language, the share of recognised words that another one needs.
PLAUSIBLE = 0.6


@dataclass(frozen=True, slots=True)
class _Entries:
    """One language's words."""

    exact: Mapping[str, frozenset[str]]
    prefixes: Mapping[str, frozenset[str]]
    inside: Mapping[str, frozenset[str]]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # by their first word
    stop: frozenset[str]
    is_unspaced: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is about: concepts with their weight (0..1), and its likely languages."""

    concepts: Mapping[str, float]
    languages: tuple[str, ...]
    known: frozenset[str]  # its words that a concept or a stop word explains


@cache
def _load() -> dict[str, _Entries]:
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.txt"))}


def _read(path: Path) -> _Entries:
    language = path.stem
    exact: dict[str, set[str]] = defaultdict(set)
    prefixes: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, set[str]] = defaultdict(set)
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    stop: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        concept, _, listed = line.partition(":")
        if line.startswith("#") or not listed:
            continue
        for entry in listed.split(","):
            parts = words.tokens(words.fold(entry))
            if concept == "stop":
                stop.update(parts)
            elif len(parts) > 1:
                phrases[_key(parts[0], language)].append(
                    (tuple(_key(part, language) for part in parts), concept)
                )
            elif not parts:
                continue
            elif "*" in entry:
                inside[parts[0]].add(concept)
            elif language in STEMMED or words.is_unspaced(parts[0]):
                exact[_key(parts[0], language)].add(concept)
            elif len(parts[0]) < PREFIX_FROM:
                exact[parts[0]].add(concept)
            else:
                prefixes[parts[0]].add(concept)
    return _Entries(
        _frozen(exact),
        _frozen(prefixes),
        _frozen(inside),
        {first: tuple(found) for first, found in phrases.items()},
        frozenset(stop),
        any(map(words.is_unspaced, exact)),
    )


def _frozen(entries: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {word: frozenset(concepts) for word, concepts in entries.items()}


def _key(token: str, language: str) -> str:
    return words.stem(token, language) if language in STEMMED else token


def languages() -> tuple[str, ...]:
    return tuple(_load())


@cache
def stop_words(language: str) -> frozenset[str]:
    """Words that say nothing about the subject; none of a language without a file."""
    return _load()[language].stop if language in _load() else frozenset()


@cache
def spelled() -> frozenset[str]:
    """All single words of the files: how words are spelled right."""
    return frozenset(
        word
        for path in FOLDER.glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for word in words.tokens(words.fold(line.partition(":")[2].replace("*", " ")))
        if not words.is_unspaced(word)
    )


@lru_cache(maxsize=50_000)
def _of_word(token: str, language: str) -> frozenset[str]:
    entries = _load()[language]
    if words.is_unspaced(token):
        return _of_run(token, entries)
    found = set(entries.exact.get(_key(token, language), ()))
    for end in range(3, len(token) + 1):
        found |= entries.prefixes.get(token[:end], frozenset())
        if end == 3 and len(token) <= 5 and language not in STEMMED:
            found |= entries.exact.get(token[:3], frozenset())
    for part, concepts in entries.inside.items():
        if part in token:
            found |= concepts
    return frozenset(found)


def _of_run(token: str, entries: _Entries) -> frozenset[str]:
    """Of a script without spaces: the longest entries, from left to right."""
    if not entries.is_unspaced:
        return frozenset()
    found: set[str] = set()
    at = 0
    while at < len(token):
        for end in range(min(at + LONGEST, len(token)), at, -1):
            if concepts := entries.exact.get(token[at:end]):
                found |= concepts
                at = end - 1
                break
        at += 1
    return frozenset(found)


def _same(given: str, wanted: str, language: str) -> bool:
    if language in STEMMED or len(wanted) < PREFIX_FROM:
        return given == wanted
    return given.startswith(wanted)


def _in(tokens: Sequence[str], language: str) -> tuple[dict[str, int], set[str]]:
    """How often each concept is named, and by which words."""
    entries = _load()[language]
    concepts: dict[str, int] = defaultdict(int)
    known: set[str] = set()
    keys = [_key(token, language) for token in tokens]
    for at, key in enumerate(keys):
        for parts, concept in entries.phrases.get(key, ()):
            if len(parts) <= len(keys) - at and all(
                _same(keys[at + n], part, language) for n, part in enumerate(parts)
            ):
                concepts[concept] += 1
                known.update(tokens[at : at + len(parts)])
    for token in tokens:
        for concept in _of_word(token, language):
            concepts[concept] += 1
            known.add(token)
    return concepts, known


def language(text: str) -> str:
    """Of a whole text, by its stop words; English where none is recognised."""
    tokens = words.tokens(words.fold(text))[:2000]
    scores = {
        each: sum(
            any(word in token for word in entries.stop)
            if words.is_unspaced(token)
            else token in entries.stop
            for token in tokens
        )
        for each, entries in _load().items()
    }
    best = max(scores, key=lambda each: scores[each])
    return best if scores[best] else "en"


@lru_cache(maxsize=2000)
def read(text: str) -> Reading:
    """The concepts of a customer's text, in its likely languages."""
    return _read_in(text, languages())


def read_in(text: str, language: str) -> Mapping[str, float]:
    """The concepts of a text whose language is known."""
    return _read_in(text, (language,) if language in _load() else ("en",)).concepts


def _read_in(text: str, among: Sequence[str]) -> Reading:
    tokens = words.tokens(words.fold(text))
    found = {language: _in(tokens, language) for language in among}
    scores = {
        language: sum(
            1.0 if token in _load()[language].stop else 0.8 if token in known else 0.0
            for token in tokens
        )
        for language, (_, known) in found.items()
    }
    best = max(scores.values(), default=0.0)
    likely = sorted(
        (language for language, score in scores.items() if best and score >= PLAUSIBLE * best),
        key=lambda language: -scores[language],
    )
    concepts: dict[str, float] = {}
    known: set[str] = set()
    for language in likely:
        weight = (scores[language] / best) ** 2
        for concept in found[language][0]:
            concepts[concept] = max(concepts.get(concept, 0.0), weight)
        known |= found[language][1] | {t for t in tokens if t in _load()[language].stop}
    return Reading(concepts, tuple(likely), frozenset(known))
