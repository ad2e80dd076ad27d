"""Where the router was wrong, in answers and dollars, and what would have avoided it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing import money, number_format
from billing.errors import NoPrice
from chatsite.regret import causes, judged_replies, suggestions
from chatsite.regret.causes import Cause, Regret
from chatsite.regret.suggestions import Suggestion
from chatsite.tuning.threshold import considered_replies, draft_policy
from chatsite.tuning.threshold.draft_policy import Seen
from chatsite.tuning.trials.confidence_intervals import Interval
from routing import policies
from routing.models import Policy, TaskType
from routing.tier_choice import Tier

SEES = ["chat.view_conversation", "billing.view_ledgerentry"]
DAYS = 30
# Shares of the answers that did not do, which a lower threshold would have caught.
CATCHES = (50, 80, 95)


@dataclass(frozen=True, slots=True)
class Row:
    """A cause as a line of the table."""

    cause: Cause
    share: str
    amount: str
    saving: str
    score: str
    suggestions: Sequence[Suggestion]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of mistake."""

    title: str
    definition: str
    regret: Regret
    amount: str
    rows: Sequence[Row]

    @property
    def share(self) -> str:
        return _share(self.regret.share)


@require_GET
@permission_required(SEES, raise_exception=True)
def mistakes(request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Routing mistakes",
        "days": DAYS,
        "may_draft": request.user.has_perm("routing.add_policy"),
    }
    try:
        context |= _found()
    except NoPrice as error:
        context["problem"] = error
    return render(request, "admin/regret/mistakes.html", context)


def _found() -> dict[str, object]:
    """Raises NoPrice."""
    versions = Policy.objects.in_bulk()
    policy = policies.current()
    draft = draft_policy.of(policy, policy, policy.threshold)
    window = considered_replies.of(DAYS)
    seen = draft_policy.replayed(draft, window, versions)
    rates = {
        Tier.CHEAP: seen.rates[policy.cheap_model],
        Tier.STRONG: seen.rates[policy.strong_model],
    }
    judged = judged_replies.since(timezone.now() - timedelta(days=DAYS), rates)
    types = {each.name: each for each in TaskType.objects.all()}
    cheap, dear = causes.too_cheap(judged), causes.too_dear(judged)

    def rows(regret: Regret) -> list[Row]:
        return [_row(*each) for each in suggestions.of(regret.causes, seen, window, types)]

    return {
        "parts": [
            Part(
                "Cheap answers that were not good enough",
                "Cheap answers that were rated unhelpful, asked again, handed to a person or "
                "judged below 0.5. Answers without any such feedback are not counted.",
                cheap,
                money.shown(cheap.amount),
                rows(cheap),
            ),
            Part(
                "Strong answers that the cheap model would have matched",
                "A judge read both models' answers to the same question, and the cheap one was "
                "as good. Only strong answers that were judged in pairs are counted.",
                dear,
                money.shown(dear.saving),
                rows(dear),
            ),
        ],
        "caught": _caught(cheap, seen),
        "in_force": policy,
    }


def _caught(cheap: Regret, seen: Seen) -> list[tuple[int, Suggestion]]:
    """Thresholds that would have caught so many percent of the answers that did not do."""
    scores = sorted(each.score for each in cheap.wrong if not each.is_pinned)
    if len(scores) < causes.FEWEST:
        return []
    places = [(percent, int((1 - percent / 100) * len(scores))) for percent in CATCHES]
    return [(percent, suggestions.threshold(scores[at], seen, DAYS)) for percent, at in places]


def _row(cause: Cause, suggested: Sequence[Suggestion]) -> Row:
    return Row(
        cause,
        _share(cause.share),
        money.shown(cause.amount),
        money.shown(cause.saving, signed=True),
        "" if cause.score is None else f"{cause.score:g}",
        suggested,
    )


def _share(found: Interval | None) -> str:
    if found is None:
        return "not known yet"
    value, low, high = map(number_format.share, (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"
