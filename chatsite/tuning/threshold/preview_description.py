"""A preview in words and rows, as a page shows and a screen reader says them. Pure."""

from dataclasses import dataclass

from billing import money, number_format
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


def said(effect: Effect, days: int) -> str:
    """What a screen reader says when the threshold has moved."""
    begin = f"At {effect.threshold:g},"
    if not effect.then.replies:
        return f"{begin} there is nothing to show. No message was answered in the last {days} days."
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
            "Cost per message",
            money.shown(then.each),
            money.shown(now.each),
            _change(then.each, now.each),
        ),
        Row(
            "Sent to the strong model",
            f"{then.strong:,} ({number_format.share(then.share)})",
            f"{now.strong:,} ({number_format.share(now.share)})",
            f"{now.strong - then.strong:+,}",
        ),
        Row(
            "Escalated to the strong model after the check",
            f"{then.escalated:,.0f}",
            f"{now.escalated:,.0f}",
            f"{round(now.escalated) - round(then.escalated):+,}",
        ),
        Row(
            "Written by the strong model",
            f"{then.strong + then.escalated:,.0f} ({number_format.share(then.written_share)})",
            f"{now.strong + now.escalated:,.0f} ({number_format.share(now.written_share)})",
            f"{round(now.strong + now.escalated) - round(then.strong + then.escalated):+,}",
        ),
        Row(
            "Saved compared with the strong model alone",
            number_format.share(effect.saved_then),
            number_format.share(effect.saved),
            f"{100 * (effect.saved - effect.saved_then):+.1f} points",
        ),
    ]


def kept(preview: Preview) -> str:
    """What is known of the quality, and on what it rests."""
    measured = preview.kept
    if measured is None:
        labels = preview.quality.labels
        if not labels:
            return "not measured: no answer from these days is labelled"
        return (
            f"not measured: {preview.moved_labels} of the answers that would move are labelled, "
            f"at least {LEAST_MOVED_LABELS} are needed"
        )
    mean, least = measured
    return (
        f"{number_format.share(mean)} of the strong tier's, surely {number_format.share(least)} or "
        f"more, by {preview.quality.labels:,} labelled answers"
    )


def notes(preview: Preview, draft: Policy) -> list[str]:
    """What a reader has to know to believe the figures."""
    found = [
        "Messages that stay with their model cost what the ledger says. For the others, the same "
        "number of tokens is priced at the other model's price of today."
    ]
    if preview.effect.to_cheap and preview.effect.now.escalated:
        found.append(
            "For messages that would move to the cheap model, the share of escalations is taken "
            "from messages with similar scores that it answered."
        )
    if preview.weighed_again:
        found.append(
            f"{preview.weighed_again:,} messages had been scored by a model. Here the rules score "
            "them again, and the list of messages that would move leaves them out."
        )
    if draft.learned_analyzer_id or draft.analyzer in {Analyzer.MODEL, Analyzer.COMBINED}:
        found.append("Messages keep their scores. No model is asked again.")
    return found


def _change(then: int, now: int) -> str:
    return f"{100 * (now - then) / then:+.1f} %" if then else ""
