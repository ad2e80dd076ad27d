"""Which articles an answer was made of. Pure.

Each sentence belongs to the article that says most of it, by words, figures and concepts; so an
answer in another language than the article's has its source too.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from chatsite.knowledge.search.index import Index

# The share (0..1) of what a sentence says that the article has to say too, and the terms from which
# on a sentence says anything.
HELD, LEAST = 0.4, 2


def used(index: Index, sentences: Sequence[str], given: Sequence[int], language: str) -> list[int]:
    """Of the articles given, by their place in the index: those that sentences are from.

    The one that most of them are from first. Of an answer in a language that no article is in,
    only what they share counts: figures, names and concepts.
    """
    foreign = language not in index.languages
    if not given:
        return []
    counted: Counter[int] = Counter()
    for sentence in sentences:
        terms = index.terms(sentence, corrected=False)[0]
        if foreign:
            terms = {term: weight for term, weight in terms.items() if len(index.holders(term))}
        if len(terms) < LEAST:
            continue
        best, _ = index.best_of_articles(index.by_words(terms))
        article = max(given, key=lambda at: float(best[at]))
        passages = set(np.flatnonzero(index.article == article).tolist())
        if index.share_held(terms, passages) >= HELD:
            counted[article] += 1
    return [article for article, _ in counted.most_common()]
