"""The first day's heads, fitted to labelled messages of many kinds of shops. By scikit-learn.

`strong_needed` says whether a cheap model's answer would be dangerous, costly or wrong. What a head
is worth is measured on domains that it has not seen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from routing.analysis import difficulty, first_day_score
from routing.analysis.first_day_score import FURTHEST, Head, Said, Wording
from routing.analysis.site_profile import Site
from routing.analysis.wording import tidy, without_wishes
from routing.learning import labelled_data
from routing.learning.labelled_data import Message, Messages
from routing.learning.training_rows import Matrix
from routing.tier_choice import Turn

MESSAGES = Path(__file__).parent.parent / "data" / "customer_messages.jsonl"
# Share of real customers' messages that need the strong model; of ours it is more, to learn from.
USUAL_SHARE = 0.28
STEPS = 20
FOLDS = 10
# By cross-validation over domains: inverse penalty, and how large named features stand beside
# pieces of words (of length one together) or an embedding.
WORDS_C, WORDS_SIZE = 2.0, 0.3
MEANING_C, MEANING_SIZE, VECTOR_SIZE = 0.5, 0.2, 5.0
# Messages that a piece of a word has to occur in.
SEEN = 2
# A long story around a plain question counts so often: by cross-validation over domains, 9 % of
# them go to the strong tier, 18 % where each counts once (by words 17 and 31 %).
LONG_STORY = 4.0
# And a danger told in a few words so often: then 9 % of long stories (6 % by meaning), and no fewer
# dangers.
SHORT_DANGER = 2.0


def messages(path: Path = MESSAGES) -> list[Message]:
    """The shipped labelled messages. Raises BadGrades."""
    found = labelled_data.read(path)
    assert isinstance(found, Messages)
    return found.rows


def embedded_text(turn: Turn) -> str:
    """What is embedded of a turn: the last one before it, oldest first, and its own words."""
    parts = (*turn.earlier[-1:], turn.answer, turn.text)
    cleaned = (without_wishes(tidy(each)) or each for each in parts)
    return "\n".join(part for part in cleaned if part)


def words(known: Sequence[Message], site: Site) -> Head:
    """The head that reads words."""
    return _head(known, [()] * len(known), site, _fit_words)


def meaning(known: Sequence[Message], vectors: Sequence[Sequence[float]], site: Site) -> Head:
    """The head that reads embeddings, one for each message."""
    return _head(known, vectors, site, _fit_meaning)


def _head(
    known: Sequence[Message],
    vectors: Sequence[Sequence[float]],
    site: Site,
    fit: Callable[[Sequence["_Read"]], Head],
) -> Head:
    """Fitted to all; its quantiles are of log-odds by fits to other domains."""
    read = [_read(each, vector, site) for each, vector in zip(known, vectors, strict=True)]
    unseen = np.zeros(len(read))
    groups = [each.message.domain for each in read]
    for others, held_out in GroupKFold(FOLDS).split(read, groups=groups):
        part = fit([read[at] for at in others])
        for at in held_out:
            unseen[at] = _log_odds(part, read[at])
    truth = np.array([each.message.strong_needed for each in read])
    weights = np.where(truth, USUAL_SHARE / truth.mean(), (1 - USUAL_SHARE) / (1 - truth.mean()))
    whole = fit(read)
    return Head(whole.bias, whole.named, _quantiles(unseen, weights), whole.wording, whole.vector)


@dataclass(frozen=True, slots=True)
class _Read:
    message: Message
    said: Said
    features: Mapping[str, float]
    vector: Sequence[float]


def _read(known: Message, vector: Sequence[float], site: Site) -> _Read:
    said, _ = difficulty.read(known.turn, site)
    return _Read(known, said, first_day_score.features(said), vector)


def _log_odds(head: Head, read: _Read) -> float:
    return sum(head.terms(read.features, read.said, read.vector).values())


def _fit_words(read: Sequence[_Read]) -> Head:
    vectorizer = CountVectorizer(analyzer=_pieces, min_df=SEEN)
    counts = vectorizer.fit_transform([each.said for each in read])
    rarity = np.log((1 + len(read)) / (1 + (counts > 0).sum(axis=0).A1)) + 1
    lengths = np.sqrt(counts @ rarity**2)
    lengths[lengths == 0] = 1.0
    rows = sparse.diags(1 / lengths) @ counts @ sparse.diags(rarity)
    named, names, scaler = _named(read)
    bias, weights = _solved(sparse.hstack([named * WORDS_SIZE, rows]).tocsr(), read, WORDS_C)
    columns = zip(vectorizer.get_feature_names_out(), rarity, weights[len(names) :], strict=True)
    return Head(
        bias,
        _weighted(names, scaler, weights[: len(names)] * WORDS_SIZE),
        (),
        Wording({str(piece): (float(rare), float(weight)) for piece, rare, weight in columns}),
    )


def _fit_meaning(read: Sequence[_Read]) -> Head:
    rows = np.array([each.vector for each in read])
    named, names, scaler = _named(read)
    both = np.hstack([named * MEANING_SIZE, rows * VECTOR_SIZE])
    bias, weights = _solved(both, read, MEANING_C)
    return Head(
        bias,
        _weighted(names, scaler, weights[: len(names)] * MEANING_SIZE),
        (),
        Wording({}),
        tuple(round(float(each) * VECTOR_SIZE, 5) for each in weights[len(names) :]),
    )


def _pieces(said: Said) -> list[str]:
    return [piece for word in first_day_score.words(said) for piece in first_day_score.pieces(word)]


def _named(read: Sequence[_Read]) -> tuple[Matrix, list[str], StandardScaler]:
    names = list(read[0].features)
    rows = np.array([[each.features[name] for name in names] for each in read])
    scaler = StandardScaler().fit(rows)
    return np.clip(scaler.transform(rows), -FURTHEST, FURTHEST), names, scaler


def _weighted(
    names: Sequence[str], scaler: StandardScaler, weights: Matrix
) -> dict[str, tuple[float, float, float]]:
    columns = zip(names, scaler.mean_, scaler.scale_, weights, strict=True)
    return {
        name: (round(float(mean), 5), round(float(scale), 5), round(float(weight), 5))
        for name, mean, scale, weight in columns
    }


def _solved(rows: Matrix, read: Sequence[_Read], inverse_penalty: float) -> tuple[float, Matrix]:
    truth = [each.message.strong_needed for each in read]
    fitted = LogisticRegression(C=inverse_penalty, max_iter=5000, solver="liblinear")
    fitted.fit(rows, truth, sample_weight=[_weight(each.message) for each in read])
    return float(fitted.intercept_[0]), fitted.coef_[0]


def _weight(message: Message) -> float:
    match message.length, message.strong_needed:
        case "long", False:
            return LONG_STORY
        case "short", True:
            return SHORT_DANGER
        case _:
            return 1.0


def _quantiles(values: Matrix, weights: Matrix) -> tuple[float, ...]:
    order = np.argsort(values)
    shares = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    found = np.interp(np.linspace(0, 1, STEPS + 1), shares, values[order])
    return tuple(round(float(each), 4) for each in found)
