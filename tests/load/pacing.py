"""A month's budget that the policy's threshold would exceed: left to its ladder, and pacing itself.

    python -m tests.load.pacing --months 12

The months are those of `tests.load.forecast`, message by message, with eight weeks before each. The
limit is what the month would cost at the policy's threshold times a number between `--limits`.
Each budget has the ladder that a new one has; some also raise the threshold each hour, as
`billing.pacing.threshold_increase` says, and climb their ladder where that does not make them last.

A message's score is the chance that the cheap answer would not do, from 1 to 10: that makes the
last column, in which a refused message counts as one.
"""

import argparse
import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import mean

import django

from billing import ladder
from billing.ladder import Ladder, Step
from billing.pacing import spending_rate, threshold_increase
from billing.pacing.spending_rate import PACED_BY, History
from billing.pacing.threshold_increase import Outcome
from routing.choice import Tier
from tests.load.forecast import CENT, HOUR, ZONE, answers
from tests.tables import show

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

# Models can be imported from here on.
from chatsite.tuning import budget_outlook  # noqa: E402
from chatsite.tuning.replay import Priced, Replay, Total  # noqa: E402

THRESHOLD, NOTHING_STRONG = 7.0, 11.0
# As a new budget has it. No message here has an approved answer: that step is as the one before.
LADDER = Ladder(
    economise_from=80, economise_by=3, cheap_only_from=95, approved_from=98, later_from=100
)
# What the strong tier's answer costs, with as many tokens.
DEARER = 30
CHEAP_COST = 0.05 * CENT
BEFORE = timedelta(weeks=8)


@dataclass(frozen=True, slots=True)
class Message:
    score: float
    cheap: int  # nano-dollars

    @property
    def strong(self) -> int:
        return DEARER * self.cheap


@dataclass
class Group:
    replies: int = 0
    then: int = 0
    cheap: int = 0

    def add(self, spent: int, message: Message, sign: int = 1) -> None:
        self.replies += sign
        self.then += sign * spent
        self.cheap += sign * message.cheap


@dataclass
class Site:
    """What is recorded of a month, and what a budget does with it."""

    limit: int
    most: float  # points by which pacing may raise the threshold; 0: it does not pace itself
    hours: dict[datetime, int] = field(default_factory=dict)
    recent: dict[datetime, list[tuple[Message, Tier, int]]] = field(default_factory=dict)
    groups: dict[tuple[float, Tier], Group] = field(default_factory=lambda: defaultdict(Group))
    spent: int = 0
    points: float = 0.0
    lasts: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    poor: float = 0.0
    refused_at: datetime | None = None

    def threshold(self) -> float | None:
        """In force now; None: no model is asked."""
        used = ladder.percent(self.spent, self.limit)
        step = ladder.step(LADDER, used)
        if step == Step.LATER:
            return None
        if self.lasts and step <= Step.CHEAP_ONLY:
            return THRESHOLD + self.points
        if step >= Step.CHEAP_ONLY:
            return NOTHING_STRONG
        return THRESHOLD + max(self.points, ladder.rise(LADDER, used))

    def answer(self, message: Message, at: datetime) -> None:
        threshold = self.threshold()
        self.counts["messages"] += 1
        wants_strong = message.score >= THRESHOLD
        self.counts["wanted"] += wants_strong
        poor = (message.score - 1) / 9
        if threshold is None or self.spent + message.cheap > self.limit:
            self.counts["refused"] += 1
            self.poor += 1
            self.refused_at = self.refused_at or at
            return
        is_strong = message.score >= threshold and self.spent + message.strong <= self.limit
        spent = message.strong if is_strong else message.cheap
        self.poor += 0 if is_strong else poor
        self.counts["strong"] += is_strong
        self.counts["economised"] += wants_strong and not is_strong
        self.counts["hardest"] += message.score >= 9
        self.counts["hardest strong"] += message.score >= 9 and is_strong
        self.spent += spent
        self.record(message, Tier.STRONG if is_strong else Tier.CHEAP, spent, at)

    def record(self, message: Message, tier: Tier, spent: int, at: datetime) -> None:
        self.hours[at] = self.hours.get(at, 0) + spent
        self.recent.setdefault(at, []).append((message, tier, spent))
        self.groups[message.score, tier].add(spent, message)

    def forget(self, before: datetime) -> None:
        for at in [at for at in self.recent if at < before]:
            for message, tier, spent in self.recent.pop(at):
                self.groups[message.score, tier].add(spent, message, -1)

    def look(self, now: datetime, ends_at: datetime) -> None:
        """As `billing.pacing.adjust` does, each hour."""
        self.forget(now - PACED_BY)
        known = History(min(self.hours), now, self.hours)
        traffic = budget_outlook.rises(
            self._replay(),
            THRESHOLD,
            known.spent(now - PACED_BY, now),
            PACED_BY / spending_rate.DAY,
        )
        forecast = spending_rate.forecast(
            known,
            spending_rate.profile(known, ZONE),
            spent=self.spent,
            limit=self.limit,
            now=now,
            ends_at=ends_at,
            share=traffic.recorded,
        )
        found = threshold_increase.find(forecast, traffic, self.most, self.points)
        self.counts["moves"] += found.points != self.points
        self.counts["at bound"] += found.outcome == Outcome.BOUND
        self.points, self.lasts = found.points, found.lasts

    def _replay(self) -> Replay:
        found = tuple(
            Priced(each.replies, score, tier, False, each.then, each.cheap, DEARER * each.cheap)
            for (score, tier), each in self.groups.items()
        )
        strong = sum(each.replies for each in found if each.tier is Tier.STRONG)
        total = Total(sum(each.replies for each in found), strong, sum(each.then for each in found))
        return Replay(found, total, sum(each.strong for each in found))


def traffic(seed: int, starts: datetime, ends: datetime) -> Iterator[tuple[datetime, Message]]:
    chance = random.Random(seed)
    for at, count in answers(chance, starts - BEFORE, ends):
        for _ in range(count):
            score = round(1 + 9 * chance.betavariate(1.6, 2.4), 1)
            yield at, Message(score, round(CHEAP_COST * chance.lognormvariate(0, 0.4)))


def played(seed: int, starts: datetime, ends: datetime, limit: int, most: float) -> Site:
    """The month as it went with this budget; the weeks before, at the policy's threshold."""
    site, hour = Site(limit, most), starts
    for at, message in traffic(seed, starts, ends):
        if at < starts:
            is_strong = message.score >= THRESHOLD
            spent = message.strong if is_strong else message.cheap
            site.record(message, Tier.STRONG if is_strong else Tier.CHEAP, spent, at)
            continue
        while most and hour <= at:
            site.look(hour, ends)
            hour += HOUR
        site.answer(message, at)
    return site


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.load.pacing", description=__doc__)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--limits", type=float, nargs=2, default=(0.7, 0.95))
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    budgets = {"none": None, "ladder alone": 0.0, "paces itself, up to 1": 1.0, "up to 2": 2.0}
    found: dict[str, list[tuple[Site, datetime]]] = {name: [] for name in budgets}
    for number in range(options.months):
        month = datetime(2026, number % 12 + 1, 1, tzinfo=ZONE)
        starts = month.astimezone(UTC)
        ends = (month + timedelta(days=32)).replace(day=1).astimezone(UTC)
        seed = options.seed + number
        plain = played(seed, starts, ends, 10**15, 0.0)
        limit = round(plain.spent * random.Random(seed).uniform(*options.limits))
        for name, most in budgets.items():
            site = plain if most is None else played(seed, starts, ends, limit, most)
            site.limit = limit
            found[name].append((site, ends))
    show(f"{options.months} months", [_row(name, sites) for name, sites in found.items()])


def _row(name: str, sites: list[tuple[Site, datetime]]) -> dict[str, object]:
    total: Counter[str] = sum((site.counts for site, _ in sites), Counter())
    messages = total["messages"]
    days = [(ends - site.refused_at) / spending_rate.DAY for site, ends in sites if site.refused_at]
    return {
        "budget": name,
        "spent of the limit": f"{mean(site.spent / site.limit for site, _ in sites):.0%}",
        "over it": sum(site.spent > site.limit for site, _ in sites),
        "refused": f"{total['refused']:,} ({total['refused'] / messages:.1%})",
        "months with refusals": len(days),
        "days refusing": f"{mean(days):.1f}" if days else "",
        "economised": f"{total['economised']:,} ({total['economised'] / total['wanted']:.0%})",
        "of score 9 up, strong": f"{total['hardest strong'] / max(1, total['hardest']):.0%}",
        "moves a month": f"{total['moves'] / len(sites):.0f}",
        "hours at the bound": f"{total['at bound'] / len(sites):.0f}",
        "poor of 1,000": f"{1000 * sum(site.poor for site, _ in sites) / messages:.0f}",
    }


if __name__ == "__main__":
    main()
