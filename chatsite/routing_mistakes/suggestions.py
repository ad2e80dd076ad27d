"""What would have avoided a cause's wrong calls, and what that does to the last 30 days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from billing import money
from chatsite.routing_mistakes.causes import Cause, Kind
from chatsite.tuning.threshold.draft_policy import Seen
from chatsite.tuning.threshold.newest_replies import Window
from routing.models import HIGHEST_THRESHOLD, LOWEST_THRESHOLD, RouteDecision, TaskType
from routing.tier_choice import Tier

WRITE = "Write or correct the article that these questions need."
OTHER = {Tier.CHEAP: Tier.STRONG, Tier.STRONG: Tier.CHEAP}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`effect`: a sentence about the last 30 days; `url`: where one click makes it a draft."""

    what: str
    effect: str
    url: str
    does: str  # what the link says


def of(
    causes: Sequence[Cause], seen: Seen, window: Window, types: Mapping[str, TaskType]
) -> list[tuple[Cause, list[Suggestion]]]:
    """The causes, each with its suggestions; a query for each task type among them."""
    return [(cause, _for(cause, seen, window, types)) for cause in causes]


def _for(
    cause: Cause, seen: Seen, window: Window, types: Mapping[str, TaskType]
) -> list[Suggestion]:
    found = []
    task_type = types.get(cause.name) if cause.kind is Kind.TASK_TYPE else None
    if task_type:
        found.append(_tier(cause, task_type, window))
    elif cause.score is not None:
        found.append(threshold(cause.score, seen, window.days))
    if cause.wrong[0].tier is Tier.CHEAP:
        found.append(
            Suggestion(
                WRITE,
                "The cheap model may then be good enough.",
                reverse("monitor:gaps"),
                "See the gaps",
            )
        )
    return found


def in_short(cause: Cause) -> str:
    """The first of them in words, without its effect."""
    if cause.kind is Kind.TASK_TYPE:
        return _to_tier(cause.name, OTHER[cause.wrong[0].tier])
    return WRITE if cause.score is None else _to_threshold(_within(cause.score))


def threshold(score: float, seen: Seen, days: int) -> Suggestion:
    """Moving it, as its own page would show it."""
    value = _within(score)
    effect = seen.replay.at(value)
    number, more = (
        (effect.to_strong, "more") if effect.difference > 0 else (effect.to_cheap, "less")
    )
    model = "strong" if effect.difference > 0 else "cheap"
    return Suggestion(
        _to_threshold(value),
        f"In the last {days} days {number:,} more answers would have come from the {model} model, "
        f"for {money.shown(abs(effect.difference))} {more}.",
        f"{reverse('tuning:threshold')}?{urlencode({'threshold': f'{value:g}', 'days': days})}",
        "Open as a draft",
    )


def _tier(cause: Cause, task_type: TaskType, window: Window) -> Suggestion:
    """By what the labelled answers of the type would have cost more or less, for all of them."""
    tier = OTHER[cause.wrong[0].tier]
    decided = RouteDecision.objects.filter(
        decided_at__gte=window.since, task_type=task_type.name, tier=OTHER[tier]
    )
    number = decided.count()
    each = -cause.saving / len(cause.wrong)
    more = "more" if each > 0 else "less"
    return Suggestion(
        _to_tier(task_type.name, tier),
        f"In the last {window.days} days {number:,} answers would have come from the {tier} model, "
        f"for about {money.shown(round(abs(each) * number))} {more}.",
        reverse("admin:routing_tasktype_change", args=[task_type.pk]),
        "Open the task type",
    )


def _within(score: float) -> float:
    return min(max(round(score, 1), LOWEST_THRESHOLD), HIGHEST_THRESHOLD)


def _to_threshold(value: float) -> str:
    return f"Set the threshold to {value:g}."


def _to_tier(task_type: str, tier: Tier) -> str:
    return f"Send the task type “{task_type}” to the {tier} model."
