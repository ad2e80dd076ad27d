"""A month's budget that the policy's threshold would exceed: left to its ladder, and pacing itself.

    python -m tests.accuracy.pacing --months 12

The months are those of `tests.accuracy.forecast`, message by message, with eight weeks before each.
The limit is what the month would cost at the policy's threshold times a number between `--limits`.
Each budget has the ladder that a new one has; some also raise the threshold each hour, as
`billing.pacing.threshold_increase` says, and climb their ladder where that does not make them last.

A message's score is the chance that the cheap answer would not do, from 1 to 10: that makes the
last column, in which a refused message counts as one. A check doubts a share of the cheap answers,
which the strong model then writes again, unless a budget moved them to the cheap one. A share
of the messages is about a certain danger, and stays with the strong model.

The last table holds what the threshold's curve says of a month at other thresholds against the same
month played at them.
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

from billing.budgets import cost_saving_steps
from billing.budgets.cost_saving_steps import Ladder, Step
from billing.pacing import spending_profile, threshold_increase
from billing.pacing.spending_profile import PACED_BY, History
from billing.pacing.threshold_increase import Outcome
from billing.prices.pricing import PER, Rate, Tokens
from routing.analysis.hazards import CERTAIN
from routing.tier_choice import HIGHEST, LOWEST, Tier, is_grave
from tests.accuracy.forecast import CENT, HOUR, ZONE, answers
from tests.tables import show

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

# Models can be imported from here on.
from chatsite.tuning.threshold import budget_outlook, replay  # noqa: E402
from chatsite.tuning.threshold.recent_traffic import Alike, Charged, Checks, Group  # noqa: E402
from chatsite.tuning.threshold.replay import Models, Replay  # noqa: E402

NOTHING_STRONG = 11.0
DOUBTED = 0.2
DANGEROUS = 0.03
# Thresholds that the curve is tried at.
OTHERS = (4.0, 5.5, 6.0, 8.0, 9.0, 11.0)
# As a new budget has it. No message here has an approved answer: that step is as the one before.
LADDER = Ladder(
    economise_from=80, economise_by=3, cheap_only_from=95, approved_from=98, later_from=100
)
# What the strong tier's answer costs, with as many tokens.
DEARER = 30
CHEAP_COST = 0.05 * CENT
MODELS = Models("cheap", "strong", 0.6)
RATES = {
    "cheap": Rate(0, 0, 0, PER),
    "strong": Rate(0, 0, 0, DEARER * PER),
}
BEFORE = timedelta(weeks=8)


@dataclass(frozen=True, slots=True)
class Message:
    score: float
    cheap: int  # nano-dollars
    doubted: bool  # its cheap answer
    least: float  # the score by the stakes alone

    @property
    def strong(self) -> int:
        return DEARER * self.cheap


@dataclass
class Answer:
    """As it is recorded."""

    message: Message
    tier: Tier
    spent: int
    escalated: bool = False

    @property
    def key(self) -> tuple[float, Tier, float]:
        return self.message.score, self.tier, self.message.least


@dataclass
class Recorded:
    """Answers of one score and tier."""

    replies: int = 0
    then: int = 0
    cheap: int = 0
    checked: int = 0
    doubted: int = 0
    escalated: int = 0

    def add(self, answer: Answer, sign: int = 1) -> None:
        is_cheap = answer.tier is Tier.CHEAP
        self.replies += sign
        self.then += sign * answer.spent
        self.cheap += sign * answer.message.cheap
        self.checked += sign * is_cheap
        self.doubted += sign * (is_cheap and answer.message.doubted)
        self.escalated += sign * answer.escalated

    def group(self, score: float, tier: Tier, least: float) -> Group:
        # A cheap answer's cost is all its tokens', at a rate of one nano-dollar each.
        escalations = self.then - self.cheap if tier is Tier.CHEAP else 0
        return Group(
            Alike(1, tier, score, False, least),
            self.replies,
            Charged(self.then, escalations, 0, self.escalated, Tokens(output=self.cheap)),
            Checks(self.checked, self.doubted),
        )


@dataclass
class Site:
    """What is recorded of a month, and what a budget does with it."""

    limit: int
    most: float  # points by which pacing may raise the threshold; 0: it does not pace itself
    policy: float = 7.0  # its threshold
    hours: dict[datetime, int] = field(default_factory=dict)
    recent: dict[datetime, list[Answer]] = field(default_factory=dict)
    groups: dict[tuple[float, Tier, float], Recorded] = field(
        default_factory=lambda: defaultdict(Recorded)
    )
    spent: int = 0
    points: float = 0.0
    lasts: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    poor: float = 0.0
    refused_at: datetime | None = None

    @property
    def is_cheap_only(self) -> bool:
        """By its ladder: then nothing is escalated either."""
        used = cost_saving_steps.percent(self.spent, self.limit)
        return cost_saving_steps.step(LADDER, used) >= Step.CHEAP_ONLY and not self.lasts

    def threshold(self) -> float | None:
        """In force now; None: no model is asked."""
        used = cost_saving_steps.percent(self.spent, self.limit)
        step = cost_saving_steps.step(LADDER, used)
        if step == Step.LATER:
            return None
        if self.lasts and step <= Step.CHEAP_ONLY:
            return self.policy + self.points
        if step >= Step.CHEAP_ONLY:
            return NOTHING_STRONG
        return self.policy + max(self.points, cost_saving_steps.rise(LADDER, used))

    def answer(self, message: Message, at: datetime) -> None:
        threshold = self.threshold()
        self.counts["messages"] += 1
        wants_strong = message.score >= self.policy
        self.counts["wanted"] += wants_strong
        poor = (message.score - 1) / 9
        if threshold is None or self.spent + message.cheap > self.limit:
            self.counts["refused"] += 1
            self.poor += 1
            self.refused_at = self.refused_at or at
            return
        is_strong = message.score >= threshold or is_grave(message.least, self.policy)
        is_strong = is_strong and self.spent + message.strong <= self.limit
        escalated = (
            message.doubted
            and not is_strong
            and not wants_strong
            and not self.is_cheap_only
            and self.spent + message.cheap + message.strong <= self.limit
        )
        spent = message.strong if is_strong else message.cheap
        spent += message.strong if escalated else 0
        self.poor += 0 if is_strong or escalated else poor
        self.counts["strong"] += is_strong
        self.counts["escalated"] += escalated
        self.counts["economised"] += wants_strong and not is_strong
        self.counts["hardest"] += message.score >= 9
        self.counts["hardest strong"] += message.score >= 9 and is_strong
        self.spent += spent
        self.record(Answer(message, Tier.STRONG if is_strong else Tier.CHEAP, spent, escalated), at)

    def record(self, answer: Answer, at: datetime) -> None:
        self.hours[at] = self.hours.get(at, 0) + answer.spent
        self.recent.setdefault(at, []).append(answer)
        self.groups[answer.key].add(answer)

    def forget(self, before: datetime) -> None:
        for at in [at for at in self.recent if at < before]:
            for answer in self.recent.pop(at):
                self.groups[answer.key].add(answer, -1)

    def look(self, now: datetime, ends_at: datetime) -> None:
        """As `billing.pacing.apply_pacing` does, each hour."""
        self.forget(now - PACED_BY)
        known = History(min(self.hours), now, self.hours)
        traffic = budget_outlook.rises(
            self.replay(),
            self.policy,
            known.spent(now - PACED_BY, now),
            PACED_BY / spending_profile.DAY,
        )
        forecast = spending_profile.forecast(
            known,
            spending_profile.profile(known, ZONE),
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

    def replay(self) -> Replay:
        groups = [each.group(*key) for key, each in self.groups.items()]
        return replay.of([each for each in groups if each.replies], {1: MODELS}, MODELS, RATES)


def doubted(score: float) -> float:
    """A fifth of the cheap answers at the threshold of 7; of hard questions, more."""
    return DOUBTED * (0.5 + score / 7.6)


def traffic(seed: int, starts: datetime, ends: datetime) -> Iterator[tuple[datetime, Message]]:
    chance = random.Random(seed)
    for at, count in answers(chance, starts - BEFORE, ends):
        for _ in range(count):
            score = round(1 + 9 * chance.betavariate(1.6, 2.4), 1)
            cost = round(CHEAP_COST * chance.lognormvariate(0, 0.4))
            least = CERTAIN if chance.random() < DANGEROUS else LOWEST
            score = round(min(HIGHEST, max(least, score)), 1)
            yield at, Message(score, cost, chance.random() < doubted(score), least)


def played(seed: int, starts: datetime, ends: datetime, limit: int, most: float) -> Site:
    """The month as it went with this budget; the weeks before, at the policy's threshold."""
    site, hour, before = Site(limit, most), starts, Site(10**18, 0)
    before.hours, before.recent, before.groups = site.hours, site.recent, site.groups
    for at, message in traffic(seed, starts, ends):
        if at < starts:
            before.answer(message, at)
            continue
        while most and hour <= at:
            site.look(hour, ends)
            hour += HOUR
        site.answer(message, at)
    return site


def at_threshold(threshold: float, seed: int, starts: datetime, ends: datetime) -> int:
    """What the month costs at another policy, without a budget."""
    site = Site(10**18, 0.0, threshold)
    for at, message in traffic(seed, starts, ends):
        if at >= starts:
            site.answer(message, at)
    return site.spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.accuracy.pacing", description=__doc__)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--limits", type=float, nargs=2, default=(0.7, 0.95))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--points", type=float, nargs="+", default=[1.0, 2.0])
    options = parser.parse_args()
    paced = {f"paces itself, up to {points:g}": points for points in options.points}
    budgets = {"none": None, "ladder alone": 0.0, **paced}
    found: dict[str, list[tuple[Site, datetime]]] = {name: [] for name in budgets}
    foretold: dict[float, list[float]] = {threshold: [] for threshold in OTHERS}
    for number in range(options.months):
        month = datetime(2026, number % 12 + 1, 1, tzinfo=ZONE)
        starts = month.astimezone(UTC)
        ends = (month + timedelta(days=32)).replace(day=1).astimezone(UTC)
        seed = options.seed + number
        plain = played(seed, starts, ends, 10**15, 0.0)
        plain.forget(starts)
        for threshold, errors in foretold.items():
            spent = at_threshold(threshold, seed, starts, ends)
            errors.append(abs(plain.replay().at(threshold).now.cost - spent) / spent)
        limit = round(plain.spent * random.Random(seed).uniform(*options.limits))
        for name, most in budgets.items():
            site = plain if most is None else played(seed, starts, ends, limit, most)
            site.limit = limit
            found[name].append((site, ends))
    show(f"{options.months} months", [_row(name, sites) for name, sites in found.items()])
    show(
        "What the curve says of a month's cost at other thresholds, off by",
        [
            {"": name, **{f"at {at:g}": f"{of(each):.1%}" for at, each in foretold.items()}}
            for name, of in (("on average", mean), ("at most", max))
        ],
    )


def _row(name: str, sites: list[tuple[Site, datetime]]) -> dict[str, object]:
    total: Counter[str] = sum((site.counts for site, _ in sites), Counter())
    messages = total["messages"]
    days = [
        (ends - site.refused_at) / spending_profile.DAY for site, ends in sites if site.refused_at
    ]
    return {
        "budget": name,
        "spent of the limit": f"{mean(site.spent / site.limit for site, _ in sites):.0%}",
        "least and most": " to ".join(
            f"{of(site.spent / site.limit for site, _ in sites):.1%}" for of in (min, max)
        ),
        "over it": sum(site.spent > site.limit for site, _ in sites),
        "refused": f"{total['refused']:,} ({total['refused'] / messages:.1%})",
        "months with refusals": len(days),
        "days refusing": f"{mean(days):.1f}" if days else "",
        "economised": f"{total['economised']:,} ({total['economised'] / total['wanted']:.0%})",
        "escalated": f"{total['escalated']:,}",
        "of score 9 up, strong": f"{total['hardest strong'] / max(1, total['hardest']):.0%}",
        "moves a month": f"{total['moves'] / len(sites):.0f}",
        "hours at the bound": f"{total['at bound'] / len(sites):.0f}",
        "poor of 1,000": f"{1000 * sum(site.poor for site, _ in sites) / messages:.0f}",
    }


if __name__ == "__main__":
    main()
