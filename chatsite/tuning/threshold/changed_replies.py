"""The replies that another threshold would send to the other tier, and what became of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.text import Truncator

from billing import money
from billing.models import LedgerEntry
from billing.prices.pricing import Rate
from chatsite.tuning.sql import WITH_PERSON
from chatsite.tuning.threshold import replay
from chatsite.tuning.threshold.doubted_answers_share import DoubtedShare
from chatsite.tuning.threshold.recent_traffic import Alike, Charged, Group, same_scores
from chatsite.tuning.threshold.replay import Models
from routing.models import HIGHEST_THRESHOLD, Policy, RouteDecision
from routing.tier_choice import LOWEST, Tier

# Rows of one page, and characters of a question in each.
PAGE, SHOWN = 20, 110

# As `traffic.Alike` and `replay.Priced` put it. Decisions that are weighed again are left out:
# what they would score is not in a column.
MOVED = """
FROM routing_routedecision d
JOIN routing_policy p ON p.id = d.policy_id
JOIN chat_message m ON m.id = CAST(SUBSTR(d.reference, 7) AS BIGINT)
WHERE d.decided_at >= %s AND d.reference LIKE 'reply:%%' AND d.analyzer IN ({same})
    AND (d.tier = 'strong') = (d.score >= d.threshold) AND d.pinned = ''
    AND NOT (d.threshold >= {highest} AND p.threshold < {highest})
    AND (d.tier = 'strong') <> (d.score - (d.threshold - p.threshold) >= %s
        OR d.least > {lowest} AND d.least >= %s)
"""
# By conversation first: distinct counts of 50,000 messages take 175 ms, not 108 (PostgreSQL).
FATES = """
SELECT COUNT(*),
    COUNT(CASE WHEN {person} THEN 1 END),
    COALESCE(SUM(retried), 0), COALESCE(SUM(failed), 0),
    COALESCE(SUM(good), 0), COALESCE(SUM(bad), 0)
FROM (
    SELECT m.conversation_id,
        COUNT(CASE WHEN m.retries > 0 THEN 1 END) AS retried,
        COUNT(CASE WHEN m.state IN ('failed', 'cut') THEN 1 END) AS failed,
        COUNT(CASE WHEN m.rating = 1 THEN 1 END) AS good,
        COUNT(CASE WHEN m.rating = -1 THEN 1 END) AS bad
    {moved}
    GROUP BY m.conversation_id
) moved
JOIN chat_conversation c ON c.id = moved.conversation_id
"""
# A page of decisions, each with what its reply's page and calls are found by.
NEWEST = """
SELECT found.*, COALESCE((
    SELECT asked.text FROM chat_message asked
    WHERE asked.conversation_id = found.conversation_id AND asked.role = 'customer'
        AND asked.position < found.position
    ORDER BY asked.position DESC LIMIT 1
), '') AS question
FROM (
    SELECT d.*, m.conversation_id, m.position, m.rating, m.attempt
    {moved}
    ORDER BY d.decided_at DESC, d.id DESC LIMIT %s OFFSET %s
) found
ORDER BY found.decided_at DESC, found.id DESC
"""


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of the conversations and replies that would have gone otherwise."""

    conversations: int
    handed: int  # of them, to a person, or a person was asked for
    retried: int  # replies, from here on
    failed: int
    good: int  # rated
    bad: int

    @property
    def rated(self) -> int:
        return self.good + self.bad


@dataclass(frozen=True, slots=True)
class Moved:
    """One reply, as it was and as it would be. Amounts are nano-dollars."""

    decision: RouteDecision
    conversation: int  # its primary key
    rating: int | None
    question: str
    then: int
    now: int

    @property
    def other(self) -> Tier:
        return _other(Tier(self.decision.tier))

    @property
    def cost_then(self) -> str:
        return money.shown(self.then)

    @property
    def cost_now(self) -> str:
        return money.shown(self.now)


def fates(since: datetime, draft: Policy) -> Fates:
    sql, arguments = _moved(since, draft)
    with connection.cursor() as cursor:
        cursor.execute(FATES.format(moved=sql, person=WITH_PERSON), arguments)
        return Fates(*(int(count) for count in cursor.fetchone()))


def newest(
    since: datetime,
    draft: Policy,
    versions: Mapping[int, Policy],
    rates: Mapping[str, Rate],
    doubted: DoubtedShare,
    page: int = 1,
) -> tuple[list[Moved], bool]:
    """A page of them, the newest first, and whether there are more. Two queries.

    `versions`: of the policy, by their primary keys.
    """
    sql, arguments = _moved(since, draft)
    newest_first = [*arguments, PAGE + 1, PAGE * (page - 1)]
    # With the statement's own columns, which no type knows.
    rows: list[Any] = list(RouteDecision.objects.raw(NEWEST.format(moved=sql), newest_first))
    entries = _entries(rows[:PAGE])
    found = []
    for decision in rows[:PAGE]:
        decision.policy = versions[decision.policy_id]
        priced = replay.priced(
            _alone(decision, entries[decision.reference]),
            Models.by(decision.policy),
            Models.by(draft),
            rates,
            doubted,
        )
        found.append(
            Moved(
                decision=decision,
                conversation=decision.conversation_id,
                rating=decision.rating,
                question=Truncator(" ".join(decision.question.split())).chars(SHOWN),
                then=priced.then,
                now=priced.strong if decision.tier == Tier.CHEAP else priced.cheap,
            )
        )
    return found, len(rows) > PAGE


def _moved(since: datetime, draft: Policy) -> tuple[str, list[Any]]:
    same, scorers = same_scores(draft)
    start = connection.ops.adapt_datetimefield_value(since)
    sql = MOVED.format(same=same, highest=HIGHEST_THRESHOLD, lowest=LOWEST)
    return sql, [start, *scorers, draft.threshold, draft.threshold]


def _entries(decisions: Iterable[Any]) -> Mapping[str, list[LedgerEntry]]:
    """What the ledger has of the calls of each reply, by its reference."""
    reply_of = {
        f"{decision.reference}:{attempt}": decision.reference
        for decision in decisions
        for attempt in range(1, decision.attempt + 1)
    }
    found: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in LedgerEntry.objects.filter(reference__in=reply_of):
        found[reply_of[entry.reference]].append(entry)
    return found


def _alone(decision: RouteDecision, entries: Iterable[LedgerEntry]) -> Group:
    """A group of one reply."""
    alike = Alike(
        policy=decision.policy_id,
        tier=Tier(decision.tier),
        score=decision.score - decision.threshold + decision.policy.threshold,
        fixed=False,
        least=decision.least,
    )
    charged = sum((Charged.of(entry, decision.tier) for entry in entries), Charged())
    return Group(alike, 1, charged)


def _other(tier: Tier) -> Tier:
    return Tier.CHEAP if tier is Tier.STRONG else Tier.STRONG
