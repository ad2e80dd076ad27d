"""A preview in words and rows, as a page shows and a screen reader says them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing import money
from chatsite.tuning.threshold.draft_policy import LEAST_MOVED_LABELS, Preview
from chatsite.tuning.threshold.replay import Effect
from routing.models import Policy

Analyzer = Policy.Analyzer


@dataclass(frozen=True, slots=True)
class Row:
    """One figure then and now."""

    name: str
    then: str
    now: str
    difference: str


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold of the curve; the table behind the picture has the whole ones."""

    threshold: str
    cost: str
    share: str
    saved: str


def said(effect: Effect, days: int) -> str:
    """What a screen reader is told when the threshold has moved."""
    begin = f"At {effect.threshold:g},"
    if not effect.then.replies:
        return f"{begin} nothing can be shown: no message was answered in the last {days} days."
    if not effect.moved:
        return f"{begin} none of {effect.then.replies:,} messages would have moved."
    towards = " and ".join(
        f"{count:,} to the {tier} tier"
        for count, tier in ((effect.to_strong, "strong"), (effect.to_cheap, "cheap"))
        if count
    )
    return (
        f"{begin} {effect.moved:,} of {effect.then.replies:,} messages would have moved: "
        f"{towards}. Cost {money.shown(effect.then.cost)} then, {money.shown(effect.now.cost)} now."
    )


def rows(effect: Effect) -> list[Row]:
    then, now = effect.then, effect.now
    return [
        Row(
            "Cost",
            money.shown(then.cost),
            money.shown(now.cost),
            money.shown(now.cost - then.cost, signed=True),
        ),
        Row(
            "Cost of a message",
            money.shown(then.each),
            money.shown(now.each),
            _change(then.each, now.each),
        ),
        Row(
            "Sent to the strong model",
            f"{then.strong:,} ({percent(then.share)})",
            f"{now.strong:,} ({percent(now.share)})",
            f"{now.strong - then.strong:+,}",
        ),
        Row(
            "Escalated to it after a check",
            f"{then.escalated:,.0f}",
            f"{now.escalated:,.0f}",
            f"{round(now.escalated) - round(then.escalated):+,}",
        ),
        Row(
            "Written by the strong model",
            f"{then.strong + then.escalated:,.0f} ({percent(then.written_share)})",
            f"{now.strong + now.escalated:,.0f} ({percent(now.written_share)})",
            f"{round(now.strong + now.escalated) - round(then.strong + then.escalated):+,}",
        ),
        Row(
            "Saved against the strong tier alone",
            percent(effect.saved_then),
            percent(effect.saved),
            f"{100 * (effect.saved - effect.saved_then):+.1f} points",
        ),
    ]


def kept(preview: Preview) -> str:
    """What is known of the quality, and on what it rests."""
    measured = preview.kept
    if measured is None:
        labels = preview.quality.labels
        if not labels:
            return "not measured: no answer of these days is labelled"
        return (
            f"not measured: {preview.moved_labels} of the answers that would move are labelled, "
            f"{LEAST_MOVED_LABELS} are the least"
        )
    mean, least = measured
    return (
        f"{percent(mean)} of the strong tier's, surely {percent(least)} or more, "
        f"by {preview.quality.labels:,} labelled answers"
    )


def notes(preview: Preview, draft: Policy) -> list[str]:
    """What a reader has to know to believe the figures."""
    found = [
        "Messages that stay with their model cost what the ledger says. For the others, the same "
        "tokens are priced at today's price of the other model."
    ]
    if preview.effect.to_cheap and preview.effect.now.escalated:
        found.append(
            "Of messages that would move to the cheap model, as many are expected to be escalated "
            "as of those with such scores that it answered."
        )
    if preview.weighed_again:
        found.append(
            f"{preview.weighed_again:,} messages had been scored by a model; they are weighed "
            "again by the rules, and not in the list of those that move."
        )
    if draft.learned_analyzer_id or draft.analyzer in {Analyzer.MODEL, Analyzer.COMBINED}:
        found.append("Messages keep the score they were given; no model is asked again.")
    return found


def points(drawn: Sequence[Effect]) -> list[Point]:
    return [
        Point(
            f"{each.threshold:g}",
            money.shown(each.now.cost),
            percent(each.now.share),
            percent(each.saved),
        )
        for each in drawn
        if each.threshold == int(each.threshold)
    ]


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _change(then: int, now: int) -> str:
    return f"{100 * (now - then) / then:+.1f} %" if then else ""
