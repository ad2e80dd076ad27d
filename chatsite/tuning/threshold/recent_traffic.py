"""Recent replies as they were routed and charged, in groups that a policy treats alike.

Plain SQL: 100,000 decisions come as some hundred groups, and the features of a decision are read
only where another analyzer has to weigh them again.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from billing.call_outcomes import CallOutcome
from billing.models import LedgerEntry
from billing.prices.pricing import Tokens
from chatsite.tuning.sql import CALLS, CHARGED
from routing.analysis.difficulty import Signals, weigh
from routing.models import HIGHEST_THRESHOLD, Policy
from routing.tier_choice import LOWEST, Tier

Analyzer = Policy.Analyzer

# Whose scores a policy of this analyzer would have given as well. Another local analyzer's are
# weighed again; what a model would have said is not known, and the score that there is stands.
SAME = {
    Analyzer.RULES: ("rules", "learned, first day"),
    Analyzer.LEARNED: ("rules", "learned, first day", "learned"),
}

# What routing knows of a reply, weighed again where `features` come along. Grouped by the score
# first: SQLite sorts, and what differs most decides soonest; it saves a tenth.
KEY = """
    d.policy_id, d.tier, d.threshold, d.score, d.pinned, d.least,
    CASE WHEN d.analyzer IN ({same}) THEN NULL ELSE CAST(d.features AS TEXT) END AS features
"""
# How many, what they were charged, and how many of their cheap answers were checked and doubted.
TRAFFIC = """
SELECT {key}, 'replies' AS what, COUNT(*), 0, 0, 0, 0, 0, 0
FROM routing_routedecision d
WHERE d.decided_at >= %s
GROUP BY 4, 1, 2, 3, 5, 6, 7
UNION ALL
SELECT {key}, CASE WHEN e.tier = d.tier THEN 'own tier' ELSE 'other tier' END,
    SUM(e.amount),
    SUM(CASE WHEN e.outcome = 'escalated' THEN 1 ELSE 0 END),
    {charged}
{calls} AND d.decided_at >= %s
GROUP BY 4, 8, 1, 2, 3, 5, 6, 7
UNION ALL
SELECT {key}, 'checks', COUNT(*), SUM(CASE WHEN v.doubt >= %s THEN 1 ELSE 0 END), 0, 0, 0, 0, 0
FROM routing_answercheck v
JOIN routing_routedecision d ON d.reference = v.reference
WHERE v.checked_at >= %s AND d.decided_at >= %s
GROUP BY 4, 1, 2, 3, 5, 6, 7
"""

# A reply that is tried again may be decided on after its first calls.
BEFORE = timedelta(hours=1)

NONE = Tokens()


class Alike(NamedTuple):
    """What decides where a reply goes under another policy."""

    policy: int  # which decided, by its primary key
    tier: Tier
    score: float  # less what stood between the threshold that counted and the policy's own
    fixed: bool  # its tier was not the score's doing, and stays
    least: float = LOWEST  # the score by the stakes alone


@dataclass(frozen=True, slots=True)
class Charged:
    """Nano-dollars of calls, and the tokens behind them."""

    amount: int = 0  # of all calls
    other: int = 0  # of the other tier's: a doubted answer written again, a failed model's stand-in
    unpriced: int = 0  # of calls whose tokens the provider did not say
    escalated: int = 0  # cheap answers that the strong model was then asked for as well
    tokens: Tokens = NONE  # of the decided tier's calls

    @classmethod
    def of(cls, entry: LedgerEntry, tier: str) -> "Charged":
        """What one call of a reply adds, where this tier was decided on."""
        if entry.tier != tier:
            return cls(amount=entry.amount, other=entry.amount)
        escalated = int(entry.outcome == CallOutcome.ESCALATED)
        if entry.usage is None:
            return cls(amount=entry.amount, unpriced=entry.amount, escalated=escalated)
        return cls(amount=entry.amount, tokens=entry.usage.tokens, escalated=escalated)

    def __add__(self, more: "Charged") -> "Charged":
        mine, theirs = self.tokens, more.tokens
        return Charged(
            self.amount + more.amount,
            self.other + more.other,
            self.unpriced + more.unpriced,
            self.escalated + more.escalated,
            Tokens(
                mine.fresh + theirs.fresh,
                mine.cached + theirs.cached,
                mine.written + theirs.written,
                mine.output + theirs.output,
            ),
        )


@dataclass(frozen=True, slots=True)
class Checks:
    """Of cheap answers: how many were checked, and how many of these the policy would doubt."""

    made: int = 0
    doubted: int = 0

    def __add__(self, more: "Checks") -> "Checks":
        return Checks(self.made + more.made, self.doubted + more.doubted)


NO_CHECKS = Checks()


@dataclass(frozen=True, slots=True)
class Group:
    alike: Alike
    replies: int
    charged: Charged
    checks: Checks = NO_CHECKS


@dataclass(frozen=True, slots=True)
class Traffic:
    """`groups` in no order. `weighed_again` replies had been scored by another analyzer."""

    groups: tuple[Group, ...]
    weighed_again: int


def since(moment: datetime, draft: Policy, own: Mapping[int, float]) -> Traffic:
    """The replies decided from then on, scored as the draft's analyzer would. One query.

    `own`: the threshold of each version, by its primary key.
    """
    same, scorers = same_scores(draft)
    return _read(moment, draft, same, scorers, lambda row: _alike(row, own))


def counted(moment: datetime, policy: Policy) -> tuple[Group, ...]:
    """The same with the scores that they had, whatever raised their threshold. One query."""
    return _read(moment, policy, "d.analyzer", [], _as_counted).groups


def _read(
    moment: datetime,
    policy: Policy,
    same: str,
    scorers: list[str],
    alike_of: Callable[[Sequence[Any]], Alike],
) -> Traffic:
    key = KEY.format(same=same)
    start = connection.ops.adapt_datetimefield_value(moment)
    called = connection.ops.adapt_datetimefield_value(moment - BEFORE)
    replies: dict[Alike, int] = defaultdict(int)
    charged: dict[Alike, Charged] = defaultdict(Charged)
    checks: dict[Alike, Checks] = defaultdict(Checks)
    weighed_again = 0
    with connection.cursor() as cursor:
        checked = [*scorers, policy.doubt_threshold, called, start]
        arguments = [*scorers, start, *scorers, called, start, *checked]
        cursor.execute(TRAFFIC.format(key=key, charged=CHARGED, calls=CALLS), arguments)
        for *row, what, first, second, estimated, fresh, cached, written, output in cursor:
            alike = alike_of(row)
            match what:
                case "replies":
                    replies[alike] += int(first)
                    weighed_again += int(first) if row[-1] else 0
                case "own tier":
                    charged[alike] += Charged(
                        amount=int(first),
                        unpriced=int(estimated),
                        escalated=int(second),
                        tokens=tokens_of(fresh, cached, written, output),
                    )
                case "other tier":
                    charged[alike] += Charged(amount=int(first), other=int(first))
                case "checks":
                    checks[alike] += Checks(int(first), int(second))
    groups = tuple(
        Group(alike, count, charged[alike], checks[alike]) for alike, count in replies.items()
    )
    return Traffic(groups, weighed_again)


def same_scores(draft: Policy) -> tuple[str, list[str]]:
    """What stands in the brackets of `d.analyzer IN (...)`, and its arguments."""
    # A site's own model is not in the features, so what it would say is not known either.
    scorers = None if draft.learned_analyzer_id else SAME.get(Analyzer(draft.analyzer))
    return (", ".join(["%s"] * len(scorers)), [*scorers]) if scorers else ("d.analyzer", [])


def _alike(row: Sequence[Any], own: Mapping[int, float]) -> Alike:
    policy, tier, threshold, score, pinned, least, features = row
    value = weigh(Signals(**json.loads(features))).value if features else score
    by_score = (tier == Tier.STRONG) == (score >= threshold)
    # Nothing was to go strong then: a budget's doing.
    barred = threshold >= HIGHEST_THRESHOLD > own[policy]
    fixed = bool(pinned) or barred or not by_score
    # To a tenth, as both are: with what floats leave over, equal ones would not be alike.
    return Alike(policy, Tier(tier), round(value - threshold + own[policy], 2), fixed, least)


def _as_counted(row: Sequence[Any]) -> Alike:
    policy, tier, threshold, score, pinned, least, _ = row
    by_score = (tier == Tier.STRONG) == (score >= threshold)
    return Alike(policy, Tier(tier), score, bool(pinned) or not by_score, least)


def tokens_of(*counts: Any) -> Tokens:
    """Sums of nothing are null; PostgreSQL's are decimals."""
    return Tokens(*(int(count or 0) for count in counts))
