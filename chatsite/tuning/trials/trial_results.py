"""What a trial has shown so far, by conversation."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import fmean

from django.db import connection

from billing import money, number_format
from billing.prices.pricing import Rate
from chatsite.tuning.sql import CALLS, CHARGED
from chatsite.tuning.threshold import draft_policy, replay
from chatsite.tuning.threshold.doubted_answers_share import DoubtedShare
from chatsite.tuning.threshold.recent_traffic import NONE, Alike, Charged, Group, tokens_of
from chatsite.tuning.threshold.replay import Models
from chatsite.tuning.trials import confidence_intervals, trial_conversations
from chatsite.tuning.trials.confidence_intervals import Interval
from chatsite.tuning.trials.trial_conversations import Conversation
from routing.models import RouteDecision, Trial
from routing.tier_choice import Tier

# Cheap answers of the trial that were checked, and those that the tried policy would doubt.
CHECKS = """
SELECT COUNT(*), COUNT(CASE WHEN v.doubt >= %s THEN 1 END)
FROM routing_answercheck v JOIN routing_routedecision d ON d.reference = v.reference
WHERE d.trial_id = %s AND d.decided_at >= %s
"""
# Calls of replies that the shadow would have sent to the other tier.
MOVED = f"""
SELECT e.conversation, d.tier, e.tier = d.tier, SUM(e.amount), {CHARGED}
{CALLS} AND d.trial_id = %s
    AND d.decided_at >= %s AND d.shadow_tier <> d.tier
GROUP BY e.conversation, d.tier, e.tier = d.tier
"""  # parts of ours

# Replies that a page looks at, the newest: 150,000 take SQLite 4 s.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """One measure on either side, and the difference in words."""

    name: str
    ours: str
    theirs: str
    difference: str
    verdict: str
    shows: bool


@dataclass(frozen=True, slots=True)
class Results:
    ours: int  # conversations
    theirs: int
    replies: int
    moved: int  # replies that the shadow would have sent to the other tier
    rows: tuple[Row, ...] = field(default=())
    since: datetime | None = None  # of the trial's replies, only those from then on; None: all

    @property
    def too_few(self) -> bool:
        return min(self.ours, self.theirs) < confidence_intervals.FEW


def of(trial: Trial) -> Results:
    """Of the newest replies. Four queries. Raises NoPrice for a shadow whose models have none."""
    decided = RouteDecision.objects.filter(trial=trial).order_by("-decided_at")
    cut = list(decided.values_list("decided_at", flat=True)[MOST - 1 : MOST])
    since = cut[0] if cut else trial.started_at
    found = trial_conversations.of(trial, since)
    return replace(_results(trial, since, found), since=since if cut else None)


def _results(trial: Trial, since: datetime, found: Mapping[str, Conversation]) -> Results:
    if trial.kind == Trial.Kind.SHADOW:
        return _shadow(trial, since, found)
    ours = [each for each in found.values() if each.policy != trial.policy_id]
    theirs = [each for each in found.values() if each.policy == trial.policy_id]
    return Results(
        len(ours), len(theirs), sum(each.replies for each in found.values()), 0, _ab(ours, theirs)
    )


def _ab(ours: list[Conversation], theirs: list[Conversation]) -> tuple[Row, ...]:
    def shares(name: str, hit: str, among: str = "") -> Row:
        """Conversations in which it happened, of those in which it could."""
        sides = []
        for side in (ours, theirs):
            could = [each for each in side if not among or getattr(each, among) or each.bad]
            sides.append((sum(bool(getattr(each, hit)) for each in could), len(could)))
        (one, of_one), (other, of_other) = sides
        interval = confidence_intervals.between_shares((one, of_one), (other, of_other))
        return _row(name, f"{one} of {of_one}", f"{other} of {of_other}", _points, interval)

    cost = confidence_intervals.between_means(
        [each.cost for each in ours], [each.cost for each in theirs]
    )
    return (
        _row("Cost per conversation", _dollars(ours), _dollars(theirs), _in_dollars, cost),
        shares("Rated not helpful, as a share of rated answers", "bad", among="good"),
        shares("With a person or asking for one", "handed"),
        shares("An answer was asked for again", "retried"),
        shares("An answer failed or was cut short", "failed"),
        shares("At least one answer by the strong model", "strong"),
    )


def _row(
    name: str, ours: str, theirs: str, shown: Callable[[Interval], str], interval: Interval
) -> Row:
    return Row(name, ours, theirs, shown(interval), _verdict(interval), interval.shows)


def _shadow(trial: Trial, since: datetime, found: Mapping[str, Conversation]) -> Results:
    seen = list(found.values())
    doubted = _doubted(trial, since)
    replies = [each.replies for each in seen]
    agreed = confidence_intervals.ratio([each.agreed for each in seen], replies)
    ours = confidence_intervals.ratio([each.strong for each in seen], replies)
    expected = [each.shadow_strong + doubted.mean * each.shadow_cheap for each in seen]
    theirs = confidence_intervals.ratio(expected, replies)
    total = sum(replies)
    strong = confidence_intervals.mean(
        [(their - each.strong) / each.replies for each, their in zip(seen, expected, strict=True)]
    )
    dearer = _dearer(trial, since, found, doubted)
    cost = confidence_intervals.mean([dearer.get(name, 0) for name in found])
    would = [each.cost + dearer.get(name, 0) for name, each in found.items()]
    share = number_format.share
    rows = (
        Row("Same decision", "", share(agreed.value), _range(agreed), _enough(agreed), False),
        _row(
            "Answers by the strong model", share(ours.value), share(theirs.value), _points, strong
        ),
        _row(
            "Cost per conversation",
            _dollars(seen),
            money.shown(round(fmean(would))) if would else "",
            _in_dollars,
            cost,
        ),
    )
    return Results(len(seen), len(seen), total, total - sum(each.agreed for each in seen), rows)


def _doubted(trial: Trial, since: datetime) -> DoubtedShare:
    """Of the cheap answers that the tried policy would have had written."""
    if trial.policy.doubt_threshold >= 1:
        return DoubtedShare()
    start = connection.ops.adapt_datetimefield_value(since)
    with connection.cursor() as cursor:
        cursor.execute(CHECKS, [trial.policy.doubt_threshold, trial.pk, start])
        made, doubted = cursor.fetchone()
    return DoubtedShare(mean=doubted / made) if made else DoubtedShare()


def _dearer(
    trial: Trial, since: datetime, found: Mapping[str, Conversation], doubted: DoubtedShare
) -> dict[str, int]:
    """By how much each conversation would have cost more under the shadow."""
    then, draft = Models.by(trial.control), Models.by(trial.policy)
    rates: Mapping[str, Rate] = draft_policy.rates(trial.policy)
    charged: dict[tuple[str, str], Charged] = defaultdict(Charged)
    start = connection.ops.adapt_datetimefield_value(since)
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [start, trial.pk, start])
        for conversation, tier, own, amount, estimated, *counts in cursor.fetchall():
            charged[conversation, tier] += Charged(
                amount=int(amount),
                other=0 if own else int(amount),
                unpriced=int(estimated) if own else 0,
                tokens=tokens_of(*counts) if own else NONE,
            )
    dearer: dict[str, int] = defaultdict(int)
    for (conversation, tier), amounts in charged.items():
        group = Group(Alike(trial.control_id, Tier(tier), 0.0, False), 1, amounts)
        priced = replay.priced(group, then, draft, rates, doubted)
        other = priced.cheap if tier == Tier.STRONG else priced.strong
        dearer[conversation] += other - priced.then
    return {name: amount for name, amount in dearer.items() if name in found}


def _dollars(side: list[Conversation]) -> str:
    return money.shown(round(fmean(each.cost for each in side))) if side else ""


def _in_dollars(interval: Interval) -> str:
    if interval.n < 2:
        return ""
    value, low, high = (
        money.shown(round(nano), signed=True)
        for nano in (interval.value, interval.low, interval.high)
    )
    return f"{value} ({low} to {high})"


def _points(interval: Interval) -> str:
    if not interval.n:
        return ""
    value, low, high = (100 * part for part in (interval.value, interval.low, interval.high))
    return f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"


def _range(interval: Interval) -> str:
    return (
        f"{number_format.share(interval.low)} to {number_format.share(interval.high)}"
        if interval.n
        else ""
    )


def _enough(interval: Interval) -> str:
    return f"too few to tell: {interval.n} conversations" if interval.too_few else ""


def _verdict(interval: Interval) -> str:
    if interval.too_few:
        return (
            f"too few to tell: {interval.n} conversations, at least {confidence_intervals.FEW} "
            "are needed"
        )
    if not interval.shows:
        return "no difference shown"
    return "less" if interval.value < 0 else "more"
