"""The router's mistakes of the last 30 days, worked out at night, when their labels come.

Their replies, charges and what another threshold had done take seconds to read on a busy site.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from billing import money, number_format
from chatsite.quality import nightly_results
from chatsite.quality.models import NightlyResult
from chatsite.quality.nightly_results import Found, Kept
from chatsite.routing_mistakes import causes, judged_replies, suggestions
from chatsite.routing_mistakes.causes import Cause, WrongCalls
from chatsite.routing_mistakes.suggestions import Suggestion
from chatsite.tuning.threshold import draft_policy, newest_replies
from chatsite.tuning.threshold.draft_policy import Seen
from chatsite.tuning.trials.confidence_intervals import Interval
from routing import policies
from routing.models import Policy, TaskType
from routing.tier_choice import Tier

NAME = "mistakes"
DAYS = 30
# Shares of the answers that did not do, which a lower threshold would have caught.
CATCHES = (50, 80, 95)


@dataclass(frozen=True, slots=True)
class Row:
    """A cause as a line of the table; `conversation` and `reply`: where an example is."""

    kind: str
    name: str
    conversation: int
    reply: int
    wrong: int
    judged: int
    share: str
    amount: str
    saving: str
    score: str
    in_short: str  # the first suggestion
    suggestions: Sequence[Suggestion]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of mistake."""

    title: str
    definition: str
    wrong: int
    judged: int
    share: str
    amount: str
    rows: Sequence[Row]


def read(now: datetime, kept: Kept | None = None) -> NightlyResult:
    """The last night's findings. Raises NoPrice."""
    return nightly_results.read(NAME, work_out, now, kept)


def renew(now: datetime) -> None:
    """Work them out anew and keep them. Raises NoPrice."""
    nightly_results.keep(NAME, work_out(now), now)


def work_out(now: datetime) -> Found:
    """Raises NoPrice."""
    versions = Policy.objects.in_bulk()
    policy = policies.current()
    draft = draft_policy.of(policy, policy, policy.threshold)
    window = newest_replies.of(DAYS)
    seen = draft_policy.replayed(draft, window, versions)
    rates = {
        Tier.CHEAP: seen.rates[policy.cheap_model],
        Tier.STRONG: seen.rates[policy.strong_model],
    }
    judged = judged_replies.since(now - timedelta(days=DAYS), rates)
    types = {each.name: each for each in TaskType.objects.all()}
    cheap, dear = causes.too_cheap(judged), causes.too_dear(judged)

    def rows(wrong_calls: WrongCalls) -> list[Row]:
        return [_row(*each) for each in suggestions.of(wrong_calls.causes, seen, window, types)]

    return {
        "parts": [asdict(part) for part in _parts(cheap, dear, rows)],
        "caught": [[percent, asdict(each)] for percent, each in _caught(cheap, seen)],
        "policy": policy.version,
        "threshold": policy.threshold,
    }


def _parts(
    cheap: WrongCalls, dear: WrongCalls, rows: Callable[[WrongCalls], list[Row]]
) -> list[Part]:
    return [
        Part(
            "Cheap answers that were not good enough",
            "Cheap answers that were rated unhelpful, asked again, handed to a person or "
            "judged below 0.5. Answers without any such feedback are not counted.",
            len(cheap.wrong),
            cheap.judged,
            _share(cheap.share),
            money.shown(cheap.amount),
            rows(cheap),
        ),
        Part(
            "Strong answers that the cheap model would have matched",
            "A judge read both models' answers to the same question, and the cheap one was "
            "as good. Only strong answers that were judged in pairs are counted.",
            len(dear.wrong),
            dear.judged,
            _share(dear.share),
            money.shown(dear.saving),
            rows(dear),
        ),
    ]


def _caught(cheap: WrongCalls, seen: Seen) -> list[tuple[int, Suggestion]]:
    """Thresholds that would have caught so many percent of the answers that did not do."""
    scores = sorted(each.score for each in cheap.wrong if not each.is_pinned)
    if len(scores) < causes.FEWEST:
        return []
    places = [(percent, int((1 - percent / 100) * len(scores))) for percent in CATCHES]
    return [(percent, suggestions.threshold(scores[at], seen, DAYS)) for percent, at in places]


def _row(cause: Cause, suggested: Sequence[Suggestion]) -> Row:
    return Row(
        kind=cause.kind,
        name=cause.name,
        conversation=cause.example.conversation,
        reply=cause.example.reply,
        wrong=len(cause.wrong),
        judged=cause.judged,
        share=_share(cause.share),
        amount=money.shown(cause.amount),
        saving=money.shown(cause.saving, signed=True),
        score="" if cause.score is None else f"{cause.score:g}",
        in_short=suggested[0].what if suggested else suggestions.in_short(cause),
        suggestions=suggested,
    )


def _share(found: Interval | None) -> str:
    if found is None:
        return "not known yet"
    value, low, high = map(number_format.share, (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"
