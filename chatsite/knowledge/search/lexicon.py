"""Customer-service words of many languages, mapped to concepts.

So a Polish question meets an English article, and "voucher" meets "gift card". The files in
`languages/` are data: general to shops and services, none is about a particular one.
"""

from collections import Counter, defaultdict
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
def stop_words_of(languages: tuple[str, ...]) -> frozenset[str]:
    """Of all of these languages."""
    return frozenset[str]().union(*map(stop_words, languages))


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


@dataclass(frozen=True, slots=True)
class _Token:
    """What a word is in each language that knows it."""

    concepts: Mapping[str, frozenset[str]]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # that it begins
    stop: frozenset[str]


# One for all: most words that are remembered are names and numbers.
_UNKNOWN = _Token({}, {}, frozenset())


def _token(token: str) -> _Token:
    return _looked_up(token) if len(token) > words.LONGEST_STEMMED else _remembered(token)


@lru_cache(maxsize=50_000)
def _remembered(token: str) -> _Token:
    return _looked_up(token)


def _looked_up(token: str) -> _Token:
    entries = _load()
    concepts: dict[str, frozenset[str]]
    if words.is_unspaced(token):
        concepts = {language: _of_run(token, each) for language, each in entries.items()}
    else:
        concepts = _of_word(token)
    phrases = {
        language: each.phrases.get(_key(token, language), ()) for language, each in entries.items()
    }
    found = _Token(
        {language: each for language, each in concepts.items() if each},
        {language: each for language, each in phrases.items() if each},
        frozenset(language for language, each in entries.items() if token in each.stop),
    )
    return _UNKNOWN if found == _UNKNOWN else found


def _of_word(token: str) -> dict[str, frozenset[str]]:
    """The concepts by language, of a script with spaces."""
    found: dict[str, set[str]] = defaultdict(set)
    for language, entries in _load().items():
        found[language] |= entries.exact.get(_key(token, language), frozenset())
        if 3 <= len(token) <= 5 and language not in STEMMED:
            found[language] |= entries.exact.get(token[:3], frozenset())
        for part, concepts in entries.inside.items():
            if part in token:
                found[language] |= concepts
    beginnings = _beginnings()
    for end in range(3, len(token) + 1):
        for language, concepts in beginnings.get(token[:end], ()):
            found[language] |= concepts
    return {language: frozenset(concepts) for language, concepts in found.items()}


@cache
def _beginnings() -> dict[str, list[tuple[str, frozenset[str]]]]:
    """What a word that begins so means, by language: looked up once for all of them."""
    found: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for language, entries in _load().items():
        for prefix, concepts in entries.prefixes.items():
            found[prefix].append((language, concepts))
    return dict(found)


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


def language(text: str) -> str:
    """Of a whole text, by its stop words; English where none is recognised."""
    tokens = words.tokens(words.fold(text))[:2000]
    scores = Counter[str]()
    for token in tokens:
        if words.is_unspaced(token):
            scores.update(
                each
                for each, entries in _load().items()
                if any(word in token for word in entries.stop)
            )
        else:
            scores.update(_token(token).stop)
    best = max(_load(), key=lambda each: scores[each])
    return best if scores[best] else "en"


@lru_cache(maxsize=256)
def read(text: str) -> Reading:
    """The concepts of a customer's text, in its likely languages."""
    return _read_in(text, languages())


def read_in(text: str, language: str) -> Mapping[str, float]:
    """The concepts of a text whose language is known."""
    return _read_in(text, (language,) if language in _load() else ("en",)).concepts


def _read_in(text: str, among: Sequence[str]) -> Reading:
    tokens = words.tokens(words.fold(text))
    concepts: dict[str, set[str]] = {language: set() for language in among}
    known: dict[str, set[str]] = {language: set() for language in among}
    for at, token in enumerate(tokens):
        seen = _token(token)
        for language, named in seen.concepts.items():
            if language in concepts:
                concepts[language] |= named
                known[language].add(token)
        for language, phrases in seen.phrases.items():
            for parts, concept in phrases if language in concepts else ():
                said = tokens[at : at + len(parts)]
                if _is_phrase(said, parts, language):
                    concepts[language].add(concept)
                    known[language].update(said)
    scores = dict.fromkeys(among, 0.0)
    for token in tokens:
        stop = _token(token).stop
        for language, explained in known.items():
            scores[language] += 1.0 if language in stop else 0.8 if token in explained else 0.0
    best = max(scores.values(), default=0.0)
    likely = sorted(
        (language for language, score in scores.items() if best and score >= PLAUSIBLE * best),
        key=lambda language: -scores[language],
    )
    weights: dict[str, float] = {}
    explained = set[str]()
    for language in likely:
        weight = (scores[language] / best) ** 2
        for concept in concepts[language]:
            weights[concept] = max(weights.get(concept, 0.0), weight)
        explained |= known[language] | {each for each in tokens if language in _token(each).stop}
    return Reading(weights, tuple(likely), frozenset(explained))


def _is_phrase(said: Sequence[str], parts: Sequence[str], language: str) -> bool:
    return len(said) == len(parts) and all(
        _same(_key(token, language), part, language)
        for token, part in zip(said, parts, strict=True)
    )
