"""What a proposal's figures say, in words and in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone

from billing import number_format as shares
from chatsite.quality.models import Proposal
from routing import score_display
from routing.models import LearnedModel, Policy

NOT_MEASURED = (
    "What the strong model would add was not measured, because too few of its answers were "
    "graded (JUDGED_PER_NIGHT). If the strong model fails on the same messages, sending more of "
    "them to it gains nothing. Run an A/B test before you trust this."
)

# Score that a coin gets, by the definition of the measure.
COIN = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """One measure, of what was learned, of what is in force, and of a coin."""

    name: str
    learned: str
    in_force: str
    coin: str


def table(proposal: Proposal) -> Sequence[Row]:
    ours, theirs = _both(proposal)
    ranked = "Ranking (APGR)" if is_measured(proposal) else "Failures found first"
    return (
        Row(ranked, _between(ours), _between(theirs), score_display.probability(COIN)),
        Row("95 % interval", _interval(ours), _interval(theirs), ""),
        Row(
            "Calibration error",
            score_display.probability(ours["miscalibration"]),
            score_display.probability(theirs["miscalibration"]),
            "",
        ),
    )


def sentences(proposal: Proposal, in_force: Policy) -> list[str]:
    """What an operator should know before deciding, most important first."""
    return [
        *_how_good(proposal),
        _what_changes(proposal),
        *_promise(proposal),
        *_warnings(proposal, in_force),
    ]


def is_measured(proposal: Proposal) -> bool:
    """Whether its figures know both answers: what the strong tier would have added."""
    # Older ones do not say on what they rest.
    return bool(proposal.learned.evaluation.get("compared", 0))


def measured_on(proposal: Proposal) -> str:
    """On what the figures rest."""
    evaluation = proposal.learned.evaluation
    since = timezone.localtime(datetime.fromisoformat(evaluation["since"]))
    both = " with both answers judged" if is_measured(proposal) else ""
    number = evaluation.get("compared") or evaluation["held_back"]
    return (
        f"Measured on {number} replies{both} since "
        f"{formats.date_format(since, 'j F')}, which it had not seen; then fitted to all "
        f"{proposal.learned.labels} labelled replies."
    )


def _how_good(proposal: Proposal) -> list[str]:
    ours, theirs = _both(proposal)
    coin = score_display.probability(COIN)
    ranked = f"{_between(ours)} against {_between(theirs)}, where chance gives {coin}"
    better = ours["apgr"]["value"] > theirs["apgr"]["value"]
    if proposal.state == Proposal.State.NO_BETTER:
        return [f"Not clearly better than the model in use: {ranked}. It cannot be accepted."]
    which = (
        "which messages need the strong model"
        if is_measured(proposal)
        else "which messages the cheap model fails at"
    )
    said = [
        f"It predicts {which} better than the model in use: {ranked}."
        if better
        else f"It ranks messages as well as the model in use ({ranked}), and its probabilities "
        "are closer to what happened."
    ]
    if better and not is_measured(proposal):
        said.insert(0, NOT_MEASURED)
    if better and ours["apgr"]["low"] <= theirs["apgr"]["value"]:
        said.append("It was tested on so few replies that the difference may be chance.")
    if ours["apgr"]["value"] <= COIN:
        said.append("Neither ranks better than chance.")
    return said


def _what_changes(proposal: Proposal) -> str:
    evaluation = proposal.learned.evaluation
    is_analyzer = proposal.learned.kind == LearnedModel.Kind.ANALYZER
    before = proposal.against
    now = before.threshold if is_analyzer else before.doubt_threshold
    where = "go to the strong model" if is_analyzer else "are written again by the strong model"
    return (
        f"It has its own scale, so the threshold changes from {now:g} to "
        f"{proposal.threshold:g}. Of the last {evaluation['recent']:,} messages "
        f"{shares.share(evaluation['share'])} {where} now; this stays the same."
    )


def _promise(proposal: Proposal) -> list[str]:
    promised = proposal.learned.evaluation.get("promised")  # older ones have none
    if not promised or not promised["answers"]:
        return []
    share = shares.share(promised["bad"] / promised["answers"])
    return [
        f"Of {promised['answers']} cheap answers that it would have kept, {share} were not "
        "good enough. If the site does worse than that after you accept it, beyond chance, an "
        "alert offers the way back."
    ]


def _warnings(proposal: Proposal, in_force: Policy) -> list[str]:
    local = {Policy.Analyzer.LEARNED, Policy.Analyzer.COMBINED}
    if proposal.learned.kind == LearnedModel.Kind.ANALYZER and in_force.analyzer not in local:
        return [
            f"It has no effect as long as the policy scores by “{in_force.analyzer}”, "
            "except for the threshold."
        ]
    return []


def _both(proposal: Proposal) -> tuple[Any, Any]:
    evaluation = proposal.learned.evaluation
    return evaluation["proposed"], evaluation["in_force"]


def _between(measured: Any) -> str:
    return score_display.probability(measured["apgr"]["value"])


def _interval(measured: Any) -> str:
    low, high = measured["apgr"]["low"], measured["apgr"]["high"]
    return f"{score_display.probability(low)} to {score_display.probability(high)}"
