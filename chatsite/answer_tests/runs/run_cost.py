"""What a run of a set would cost, at once and in a batch, before it is started."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from django.db.models import Count, Sum

from billing import clock, money
from billing.models import Price
from chatsite.answer_tests.models import Result
from routing import policies

# Older answers may be another model's, at another price.
LOOKED_BACK = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Nano-dollars of a set's answers in one version, if none of them is known yet."""

    at_once: int
    in_batch: int

    @property
    def shown(self) -> str:
        saving = money.shown(self.at_once - self.in_batch)
        return (
            f"About {money.shown(self.at_once)} at once, {money.shown(self.in_batch)} in a batch "
            f"({saving} less)."
        )


def batch_share() -> Fraction | None:
    """How much of its price at once a batch costs, at most; None where no model has batches."""
    now, policy = clock.now(), policies.current()
    shares: list[Fraction] = []
    for model in {policy.cheap_model, policy.strong_model}:
        live = Price.objects.in_force(model, "default", now).first()
        batch = Price.objects.in_force(model, "batch", now).first()
        if live is None or batch is None:
            continue
        pairs = ((batch.input, live.input), (batch.output, live.output))
        shares += [Fraction(less, whole) for less, whole in pairs if whole]
    return max(shares, default=None)


def estimates(sets: dict[int, int], share: Fraction) -> dict[int, Estimate]:
    """By set, of which `sets` has the number of tests, from those of its answers that cost money.

    One query. Sets that were not run lately have none.
    """
    paid: dict[int, int] = defaultdict(int)
    amount: dict[int, Fraction] = defaultdict(Fraction)
    rows = (
        Result.objects.filter(amount__gt=0, run__created_at__gte=clock.now() - LOOKED_BACK)
        .filter(case__set__in=sets)
        .values_list("case__set", "run__in_batch")
        .annotate(Count("id"), Sum("amount"))
    )
    for tests, in_batch, number, cost in rows:
        paid[tests] += number
        amount[tests] += cost / share if in_batch else Fraction(cost)
    found = {}
    for tests, number in paid.items():
        at_once = round(amount[tests] * sets[tests] / number)
        found[tests] = Estimate(at_once, round(at_once * share))
    return found
