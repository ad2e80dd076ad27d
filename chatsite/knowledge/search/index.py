"""The articles in memory: by words, by concepts and by meaning. Pure.

One in each process, built anew when the articles change; what did not change is not read again.
Alike on every database, and without a query to it for each term.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatsite.knowledge.search import lexicon, passages, words
from chatsite.knowledge.search.passages import Passage
from chatsite.knowledge.search.spelling import Spelling
from chatsite.knowledge.search.vectors import Floats, Vectors

Ints = npt.NDArray[np.int32]

# Of BM25: how soon repetitions stop counting, and how much long passages are held back.
SATURATION, LENGTH = 1.2, 0.5
# Languages that write several words as one.
COMPOUNDING = frozenset({"de", "nl", "sv", "da", "no", "fi", "hu"})
# Letters of a part of such a word, and words that one unknown word may stand for.
PART, MOST_PARTS = 4, 12
PART_WEIGHT = 0.6
# What marks a concept among the terms: no word begins with it.
CONCEPT = "#"


@dataclass(frozen=True, slots=True)
class Document:
    """An article as it is stored."""

    id: int
    title: str
    slug: str
    body: str
    language: str = ""  # found out where blank


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What is indexed of an article: terms with their counts, passage after passage."""

    document: Document
    language: str
    passages: tuple[Passage, ...]
    terms: Ints
    counts: Ints
    sizes: tuple[int, ...]  # terms of each passage


class Index:
    """Passages stand in the order of their articles; arrays are by passage unless they say so."""

    def __init__(self, documents: Sequence[Document], before: "Index | None" = None) -> None:
        self._ids: dict[str, int] = before._ids if before else {}
        known = before._parsed if before else {}
        self._parsed: dict[Document, _Parsed] = {
            document: known.get(document) or self._parse(document) for document in documents
        }
        parsed = tuple(self._parsed.values())
        self.documents = [each.document for each in parsed]
        self.places = {document.id: at for at, document in enumerate(self.documents)}
        self.languages = tuple(sorted({each.language for each in parsed})) or ("en",)
        self.passages = [passage for each in parsed for passage in each.passages]
        sizes = [len(each.passages) for each in parsed]
        self.article: Ints = np.repeat(np.arange(len(parsed), dtype=np.int32), sizes)
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int) if sizes else None
        self._several = np.array(sizes) > 1
        self._post(parsed)
        held = (
            term
            for term, at in self._ids.items()
            if self._frequency[at] and not term.startswith(CONCEPT)
        )
        self._joined = "\n" + "\n".join(sorted(held)) + "\n"
        self.spelling = Spelling(self._written(), lexicon.spelled())
        self.vectors: Vectors | None = None

    def with_vectors(self, vectors: Vectors) -> "Index":
        """The same articles, by meaning too; this one stays as it is for who searches it now."""
        other = copy(self)
        other.vectors = vectors
        return other

    def without(self, hidden: Collection[int]) -> "Index":
        """As if the articles of these ids were not there."""
        other = Index([each for each in self.documents if each.id not in hidden], self)
        if self.vectors is None:
            return other
        stays = np.array([each.id not in hidden for each in self.documents], dtype=bool)
        return other.with_vectors(self.vectors.some(stays[self.article], other.article))

    def _written(self) -> Iterable[str]:
        """The words of the articles as they are written, and not their stems."""
        if len(self.passages) > 5000:  # the lexicon's are enough, and memory is not
            return ()
        return {
            token for passage in self.passages for token in words.tokens(words.fold(passage.whole))
        }

    def _parse(self, document: Document) -> _Parsed:
        language = document.language or lexicon.language(f"{document.title}\n{document.body}")
        cut = passages.split(document.title, document.body)
        terms: list[int] = []
        counts: list[int] = []
        sizes = []
        for passage in cut:
            found = Counter(_terms(passage.text, language))
            for heading in passage.path:
                found.update(_terms(heading, language))
            terms += [self._ids.setdefault(term, len(self._ids)) for term in found]
            counts += found.values()
            sizes.append(len(found))
        return _Parsed(
            document,
            language,
            tuple(cut),
            np.array(terms, dtype=np.int32),
            np.array(counts, dtype=np.int32),
            tuple(sizes),
        )

    def _post(self, parsed: Sequence[_Parsed]) -> None:
        """By term: which passages hold it, and what that tells of them."""
        none = np.zeros(0, dtype=np.int32)
        terms = np.concatenate([none, *(each.terms for each in parsed)])
        counts = np.concatenate([none, *(each.counts for each in parsed)]).astype(np.float32)
        sizes = [size for each in parsed for size in each.sizes]
        holders = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        is_concept = np.zeros(len(self._ids), dtype=bool)
        is_concept[[at for term, at in self._ids.items() if term.startswith(CONCEPT)]] = True
        weights = np.zeros(len(terms), dtype=np.float32)
        for kind in (is_concept[terms], ~is_concept[terms]):
            length = np.bincount(holders[kind], counts[kind], len(sizes))
            relative = length / max(float(length.mean()), 1e-9) if len(sizes) else length
            held_back = SATURATION * (1 - LENGTH + LENGTH * relative[holders[kind]])
            weights[kind] = counts[kind] * (SATURATION + 1) / (counts[kind] + held_back)
        frequency = np.bincount(terms, minlength=len(self._ids))
        self.rarity = np.log1p((len(sizes) - frequency + 0.5) / (frequency + 0.5))
        order = np.argsort(terms, kind="stable")
        self._holders = holders[order]
        self._weights = (weights * self.rarity[terms])[order].astype(np.float32)
        self._ends = np.cumsum(frequency)
        self._frequency = frequency

    def holders(self, term: str) -> Ints:
        """The passages that hold a term."""
        at = self._ids.get(term, -1)
        if at < 0 or at >= len(self._ends):
            return self._holders[:0]
        return self._holders[self._ends[at] - self._frequency[at] : self._ends[at]]

    def telling(self, term: str) -> float:
        """What a term tells: the rarer, the more; most where no passage holds it."""
        at = self._ids.get(term, -1)
        if 0 <= at < len(self.rarity):
            return float(self.rarity[at])
        return float(np.log1p((len(self.passages) + 0.5) / 0.5))

    def share_held(self, terms: Mapping[str, float], where: Collection[int] | None) -> float:
        """The share (0..1) of terms that some passages hold, or any, by what each tells."""
        tells = {term: weight * self.telling(term) for term, weight in terms.items()}
        if not tells:
            return 0.5
        passages = None if where is None else np.array(sorted(where), dtype=np.int32)
        held = sum(value for term, value in tells.items() if self._is_held(term, passages))
        return held / sum(tells.values())

    def _is_held(self, term: str, passages: Ints | None) -> bool:
        """Whether any of these passages holds it, or of all."""
        holders = self.holders(term)
        if passages is None or not len(holders):
            return len(holders) > 0
        # They stand in order: a common term is not read through.
        at = np.searchsorted(holders, passages).clip(max=len(holders) - 1)
        return bool((holders[at] == passages).any())

    def by_words(self, terms: Mapping[str, float]) -> Floats:
        """How well each passage fits these weighted terms."""
        scores = np.zeros(len(self.passages), dtype=np.float32)
        for term, weight in terms.items():
            at = self._ids.get(term, -1)
            if 0 <= at < len(self._ends):
                part = slice(self._ends[at] - self._frequency[at], self._ends[at])
                scores[self._holders[part]] += weight * self._weights[part]
        return scores

    def best_of_articles(self, scores: Floats) -> tuple[Floats, Floats]:
        """By article: the score of its best passage, and of its second best if it has one."""
        if self._starts is None:
            return scores, scores
        best = np.maximum.reduceat(scores, self._starts)
        rest = scores.copy()
        rest[scores >= best[self.article]] = -np.inf
        second = np.maximum.reduceat(rest, self._starts)
        return best, np.where(np.isfinite(second), second, best)

    def terms(
        self, text: str, *, corrected: bool = True
    ) -> tuple[dict[str, float], lexicon.Reading, str]:
        """What a text is searched by, how it reads, and with a customer's spelling put right."""
        reading = lexicon.read(text)
        tokens = words.tokens(words.fold(text))
        right = self.spelling.right(tokens, self._known(tokens, reading)) if corrected else {}
        if right:
            tokens = [right.get(token, token) for token in tokens]
            text = " ".join(tokens)
            reading = lexicon.read(text)
        stop = lexicon.stop_words_of(reading.languages)
        found: dict[str, float] = {CONCEPT + name: w for name, w in reading.concepts.items()}
        for token in dict.fromkeys(tokens):
            if token in stop:
                continue
            if words.is_unspaced(token):
                found |= dict.fromkeys(words.pieces(token), 1.0)
                continue
            stems = {words.stem(token, language) for language in self.languages}
            held = [stem for stem in stems if len(self.holders(stem))]
            found |= dict.fromkeys(held or [token], 1.0)
            if not held:
                found |= dict.fromkeys(self._parts(token), PART_WEIGHT)
        return found, reading, text

    def _known(self, tokens: Iterable[str], reading: lexicon.Reading) -> set[str]:
        """Words that are spelled right: the articles or the lexicon have them."""
        held = {
            token
            for token in tokens
            if any(len(self.holders(words.stem(token, each))) for each in self.languages)
        }
        return held | reading.known

    def _parts(self, token: str) -> list[str]:
        """The articles' words that an unknown word is part of, or is made of."""
        if len(token) < PART:
            return []
        found = self._inside(f"\n{token}")
        if COMPOUNDING & set(self.languages):
            found += self._inside(token)
            for at in range(PART, len(token)):
                found += [each for each in (token[:at], token[at:]) if len(each) >= PART]
        return [each for each in dict.fromkeys(found) if len(self.holders(each))][:MOST_PARTS]

    def _inside(self, sought: str) -> list[str]:
        found: list[str] = []
        at = self._joined.find(sought)
        while at >= 0 and len(found) < MOST_PARTS:
            end = self._joined.index("\n", at + 1)
            begin = self._joined.rindex("\n", 0, at + 1) + 1
            found.append(self._joined[begin:end])
            at = self._joined.find(sought, end)
        return found


def _terms(text: str, language: str) -> list[str]:
    """Of an article's text: stems, pairs of characters, and concepts."""
    found: list[str] = []
    for token in words.tokens(words.fold(text)):
        if words.is_unspaced(token):
            found += words.pieces(token)
        else:
            found.append(words.stem(token, language))
    return found + [CONCEPT + name for name in lexicon.read_in(text, language)]
