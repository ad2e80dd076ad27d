"""From labels to what an operator may put in force, measured beside what is.

The newest week is held back: a candidate is fitted to what was known before it and measured on what
was said in it, by people or judges alone; on both answers, where enough was said of both. What is
proposed is then fitted to all labels. Rankings count (APGR), then whether the probabilities are
right.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chatsite.quality.labels import Source
from chatsite.quality.learning import training_examples
from chatsite.quality.learning.training_examples import Example
from chatsite.quality.learning.training_results import (
    BAD,
    LEAST_LABELS,
    Learned,
    Measured,
    Promised,
)
from routing import stored_site_profile, thresholds
from routing.analysis import learned_score
from routing.analysis.features import measure
from routing.analysis.trained_model import Model
from routing.checks import verifier
from routing.checks.trained_classifiers import Verifier
from routing.learning import calibration, evaluation, learned_models, model_training
from routing.learning.labels import Label, TooFewLabels
from routing.models import HIGHEST_THRESHOLD, AnswerCheck, LearnedModel, Policy, RouteDecision

logger = logging.getLogger(__name__)

HELD_BACK = timedelta(days=7)
# A week that has fewer says nothing; then it is the newest fifth.
FEWEST_HELD_BACK = 40
RESAMPLES = 500
# Recent messages by which the threshold is set anew, and how far back they go.
RECENT, RECENT_DAYS = 1000, timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What scores a label: its score, and the probability that the cheap answer is worse."""

    score: Callable[[Label], float]
    probability: Callable[[Label], float]


@dataclass(frozen=True, slots=True)
class _Candidate:
    how: str
    fitted_to: Callable[[Sequence[Label]], Any]  # raises TooFewLabels
    known: Callable[[Example], bool]  # labels that it may be fitted to
    # Proposed only if measured on replies whose both answers are known.
    needs_comparing: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """The best candidate and its model, and how it and what is in force did on what was held back.

    `compared`: on how many replies whose both answers are known; 0 where that were too few, and the
    figures are about cheap answers alone. `scored`: what was held back, by the scores of the
    candidate that had not seen it, and whether the cheap answer was not good enough.
    """

    how: str
    model: Any
    held_back: list[Example]
    proposed: Measured
    in_force: Measured
    compared: int
    scored: list[tuple[float, bool]]

    def as_learned(
        self, kind: LearnedModel.Kind, threshold: float, share: float, recent: int
    ) -> Learned:
        """As it is proposed, with the threshold that keeps the share of the recent."""
        return Learned(
            kind,
            self.how,
            self.model.text(),
            self.model.labels,
            len(self.held_back),
            self.held_back[0].asked_at,
            self.proposed,
            self.in_force,
            threshold,
            share,
            recent,
            self.compared,
            self._promised(threshold),
        )

    def _promised(self, threshold: float) -> Promised:
        stand = [is_bad for score, is_bad in self.scored if score < threshold]
        return Promised(sum(stand), len(stand))


def analyzer(policy: Policy, now: datetime) -> Learned:
    """The best that the labels make of the analyzer. Takes 30 s. Raises TooFewLabels."""
    found = training_examples.read()
    current = learned_models.analyzer(policy.learned_analyzer_id)
    since = policy.learned_analyzer.fitted_at if policy.learned_analyzer else None
    best = best_analyzer(found, current, since, now)
    asked = _recent_turns(now) or [each.label.measured for each in found]
    now_scored, scored = (
        [learned_score.weighed(turn, each).as_score().value for turn in asked]
        for each in (current, best.model)
    )
    share = _share(now_scored, policy.threshold)
    threshold = _threshold(scored, share, HIGHEST_THRESHOLD, digits=1)
    return best.as_learned(LearnedModel.Kind.ANALYZER, threshold, share, len(asked))


def best_analyzer(
    found: Sequence[Example],
    current: Model | None,
    since: datetime | None,
    now: datetime,
) -> _Found:
    """The best of what may be made of these, beside what is in force `since`. Raises TooFewLabels.

    Thumbs tell what the cheap tier fails at, and not where the strong tier would do better. They do
    not undo what judges taught: then it is the probabilities alone that they may change.
    """
    candidates = [
        _Candidate(
            "fitted anew",
            model_training.model,
            lambda example: True,
            current is not None and current.strong is not None,
        )
    ]
    if current is not None and since is not None:
        candidates.append(
            _Candidate(
                "what is in force, with probabilities as they are now",
                lambda labels: model_training.recalibrated(current, labels),
                lambda example: example.asked_at > since,
            )
        )

    def opinion(model: Model | None) -> _Opinion:
        return _Opinion(
            lambda label: learned_score.weighed(label.measured, model).as_score().value,
            lambda label: learned_score.weighed(label.measured, model).probability,
        )

    return _best(found, candidates, opinion, current, now)


def checker(policy: Policy, now: datetime) -> Learned:
    """The best that the labels make of the verifier. Raises TooFewLabels.

    Its own doubts teach it nothing.
    """
    found = [
        example
        for example in training_examples.read(leaving_out=[Source.VERDICT], by_meaning=False)
        if example.label.checks is not None
    ]
    current = learned_models.checker(policy.learned_verifier_id)
    candidates = [_Candidate("fitted anew", model_training.checker, lambda example: True)]

    def opinion(model: Verifier | None) -> _Opinion:
        def doubt(label: Label) -> float:
            return verifier.weigh(label.checks or {}, model).doubt

        return _Opinion(doubt, doubt)

    best = _best(found, candidates, opinion, current, now)
    checked = (
        AnswerCheck.objects.of_cheap()
        .filter(checked_at__gt=now - RECENT_DAYS)
        .order_by("-checked_at")
    )
    named = (found[0].label.checks or {}).keys()
    recent = [
        features
        for features in checked.values_list("features", flat=True)[:RECENT]
        if features.keys() == named
    ]
    now_doubted, doubted = (
        [verifier.weigh(features, each).doubt for features in recent]
        for each in (current, best.model)
    )
    share = _share(now_doubted, policy.doubt_threshold)
    threshold = _threshold(doubted, share, 1, digits=2)
    return best.as_learned(LearnedModel.Kind.VERIFIER, threshold, share, len(recent))


def held_back(found: Sequence[Example], now: datetime) -> tuple[list[Example], list[Example]]:
    """What was asked before the newest week, and what was firmly said of the answers in it."""
    since = now - HELD_BACK
    firm = [example for example in found if example.is_firm]
    if sum(example.asked_at > since for example in firm) < FEWEST_HELD_BACK:
        since = firm[-(len(firm) // 5) - 1].asked_at
    before = [example for example in found if example.asked_at <= since]
    return before, [example for example in firm if example.asked_at > since]


def _best(
    found: Sequence[Example],
    candidates: Sequence[_Candidate],
    opinion: Callable[[Any], _Opinion],
    current: Any,
    now: datetime,
) -> _Found:
    """The candidate that did best on what was held back, fitted to all it may be fitted to.

    Raises TooFewLabels.
    """
    firm = sum(example.is_firm for example in found)
    if firm < LEAST_LABELS:
        raise TooFewLabels(firm, LEAST_LABELS)
    before, after = held_back(found, now)
    both = [example for example in after if example.label.strong is not None]
    compared = len(both) if len(both) >= FEWEST_HELD_BACK else 0
    ready = [each for each in candidates if compared or not each.needs_comparing]
    opinions = {"in force": opinion(current), **_opinions(ready, before, opinion)}
    measured = _measured([example.label for example in (both if compared else after)], opinions)
    tried = [candidate for candidate in candidates if candidate.how in measured]
    if not tried:
        raise TooFewLabels(firm, LEAST_LABELS)
    theirs = measured["in force"]

    def worth(candidate: _Candidate) -> tuple[bool, float, float]:
        ours = measured[candidate.how]
        return ours.is_better_than(theirs), round(ours.apgr.value, 3), -ours.miscalibration

    best = max(tried, key=worth)
    model = best.fitted_to([example.label for example in found if best.known(example)])
    score = opinions[best.how].score
    scored = [(score(each.label), each.label.cheap < BAD) for each in after]
    return _Found(best.how, model, after, measured[best.how], theirs, compared, scored)


def _opinions(
    candidates: Sequence[_Candidate],
    before: Sequence[Example],
    opinion: Callable[[Any], _Opinion],
) -> dict[str, _Opinion]:
    """Of those candidates that there are enough labels for."""
    found = {}
    for candidate in candidates:
        known = [example.label for example in before if candidate.known(example)]
        try:
            found[candidate.how] = opinion(candidate.fitted_to(known))
        except TooFewLabels as error:
            logger.info("Not %s: %s", candidate.how, error)
    return found


def _measured(labels: Sequence[Label], opinions: Mapping[str, _Opinion]) -> dict[str, Measured]:
    gains = [label.gain for label in labels]
    worse = [label.is_worse for label in labels]
    scores = {name: [each.score(label) for label in labels] for name, each in opinions.items()}
    ranked = evaluation.measured(gains, scores, RESAMPLES)
    chances = {
        name: [each.probability(label) for label in labels] for name, each in opinions.items()
    }
    return {
        name: Measured(
            ranked[name].apgr,
            calibration.miscalibration(worse, found),
            calibration.unavoidable(found)[1],
            evaluation.sureness(gains, scores[name], scores["in force"], RESAMPLES),
        )
        for name, found in chances.items()
    }


def _recent_turns(now: datetime) -> list[Any]:
    """What was measured of the newest messages, whichever tier answered them."""
    decided = RouteDecision.objects.filter(
        decided_at__gt=now - RECENT_DAYS, reference__startswith="reply:"
    ).order_by("-decided_at")
    references = decided.values_list("reference", flat=True)[:RECENT]
    turns = training_examples.turns_of([int(each.removeprefix("reply:")) for each in references])
    site = stored_site_profile.current()
    return [measure(turn, site=site) for _, turn in turns.values()]


def _share(scores: Sequence[float], threshold: float) -> float:
    return sum(score >= threshold for score in scores) / max(1, len(scores))


def _threshold(scores: Sequence[float], share: float, highest: float, *, digits: int) -> float:
    """The lowest threshold, of so many digits, that sends at most this share strong."""
    if not scores:
        return highest
    steps = math.floor(thresholds.for_share(scores, share) * 10**digits)
    while _share(scores, steps / 10**digits) > share:
        steps += 1
    return float(min(highest, steps / 10**digits))
