"""The threshold that reaches a named target on the site's own recent traffic."""

from dataclasses import dataclass

from billing import number_format
from chatsite.tuning.threshold import quality_curve, replay
from chatsite.tuning.threshold.newest_replies import Window
from chatsite.tuning.threshold.quality_curve import Quality
from chatsite.tuning.threshold.replay import Replay


@dataclass(frozen=True, slots=True)
class Found:
    """A threshold, or None where no threshold reaches the target; why, in a sentence."""

    threshold: float | None
    why: str


def saving(replayed: Replay, days: int, percent: float) -> Found:
    """What saves so much against the strong tier alone."""
    if not replayed.then.replies:
        return _nothing(days)
    drawn = replayed.curve()
    reached = replay.for_saving(drawn, percent / 100)
    if reached is None:
        most = max(each.saved for each in drawn)
        return Found(
            None, f"No threshold saves {percent:g} %: the most is {number_format.share(most)}."
        )
    return Found(
        reached.threshold,
        f"{reached.threshold:g} is the lowest threshold that saves {percent:g} %: "
        f"it saves {number_format.share(reached.saved)} against the strong tier alone.",
    )


def share(replayed: Replay, days: int, percent: float) -> Found:
    """What sends at most so much of the messages to the strong tier."""
    if not replayed.then.replies:
        return _nothing(days)
    drawn = replayed.curve()
    reached = replay.for_share(drawn, percent / 100)
    if reached is None:
        least = number_format.share(drawn[-1].now.share)
        return Found(
            None,
            f"No threshold sends {percent:g} % or less to the strong tier: {least} went there "
            f"for another reason than their score.",
        )
    return Found(
        reached.threshold,
        f"{reached.threshold:g} is the lowest threshold that sends at most {percent:g} % to the "
        f"strong tier: {number_format.share(reached.now.share)}, which saves "
        f"{number_format.share(reached.saved)} against the strong tier alone.",
    )


def _nothing(days: int) -> Found:
    return Found(None, f"Nothing was answered in the last {days} days.")


def kept_quality(labels: Quality, window: Window, percent: float) -> Found:
    """What surely keeps so much of the strong tier's quality."""
    seen = "newest messages" if window.is_cut else f"last {window.days} days"
    least = quality_curve.least_labels(percent / 100)
    if labels.labels < least:
        return Found(
            None,
            f"Quality not measured: to be sure of {percent:g} % takes {least} labelled answers or "
            f"more, and the {seen} have {labels.labels}.",
        )
    threshold = labels.threshold_for(percent / 100)
    if threshold is None:
        return Found(
            None,
            f"No threshold surely keeps {percent:g} % by the {labels.labels} labelled answers of "
            f"the {seen}.",
        )
    return Found(
        min(threshold, 11.0),
        f"{threshold:g} is the highest threshold that surely (95 %) keeps {percent:g} % of the "
        f"strong tier's quality, by {labels.labels} labelled answers.",
    )
