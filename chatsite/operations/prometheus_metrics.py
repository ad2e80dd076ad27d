"""Gauges of the whole site for Prometheus.

Every web process says the same of the site, and of itself how many sockets it holds.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db.models import Count, Max, Min, Q, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from billing import clock
from billing.budgets import balances
from billing.models import Budget, BudgetPeriod, Hold, LedgerEntry
from billing.money import plotted
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import rate_limits
from chatsite.operations import readiness
from chatsite.provider.models import ProviderModel

# Of what is counted by time.
RECENT = timedelta(minutes=10)
# Of which the first words are looked up.
MOST_ANSWERS = 5000
QUANTILES = (0.5, 0.95)


class Site(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = clock.now()
        yield from self._queue()
        yield from self._calls(now - RECENT)
        current = balances.current(now)
        spent = GaugeMetricFamily(
            "chatsite_budget_dollars",
            "Each site budget in its current period: spent, reserved, limit.",
            labels=["budget", "what"],
        )
        site = BudgetPeriod.objects.filter(current, budget__scope=Budget.Scope.SITE)
        for period in site.select_related("budget"):
            for what in ("spent", "reserved", "limit"):
                spent.add_metric([period.budget.name, what], plotted(getattr(period, what)))
        yield spent
        held = Hold.objects.aggregate(amount=Sum("amount"), number=Count("id"))
        yield _one(
            "reservations", "Calls in progress, for which money is reserved.", held["number"]
        )
        yield _one(
            "reserved_dollars",
            "Money reserved for calls in progress.",
            plotted(held["amount"] or 0),
        )
        paused = GaugeMetricFamily(
            "chatsite_model_paused",
            "1 if the model is paused because it kept failing.",
            labels=["model"],
        )
        for model in ProviderModel.objects.filter(paused_until__gt=now):
            paused.add_metric([model.name], 1)
        yield paused
        ready = readiness.look()
        yield _one("ready", "1 if the database, Redis and a worker respond.", ready.is_ready)
        sockets = sum(rate_limits.sockets_per_address.taken.values())
        yield _one("sockets", "Open websockets of this web process.", sockets)

    def _queue(self) -> Iterator[GaugeMetricFamily]:
        due = Message.objects.filter(state=Message.State.PENDING)
        oldest = due.aggregate(at=Min("due_at"), number=Count("id"))
        age = (clock.now() - oldest["at"]).total_seconds() if oldest["at"] else 0.0
        yield _one("replies_pending", "Replies that wait for a worker.", oldest["number"])
        yield _one(
            "reply_queue_seconds", "Age of the oldest reply that waits for a worker.", max(age, 0.0)
        )
        waiting = Conversation.objects.waiting().count()
        yield _one(
            "conversations_waiting", "Conversations whose customer waits for a person.", waiting
        )

    def _calls(self, since: object) -> Iterator[GaugeMetricFamily]:
        calls = LedgerEntry.objects.filter(called_at__gt=since).order_by()
        ends = GaugeMetricFamily(
            "chatsite_calls_recent",
            "Calls of the last 10 minutes, by outcome.",
            labels=["purpose", "end"],
        )
        for purpose, outcome, number in calls.values_list("purpose", "outcome").annotate(
            number=Count("id")
        ):
            ends.add_metric([purpose, outcome], number)
        yield ends
        answers = calls.filter(Q(purpose=LedgerEntry.Purpose.ANSWER))
        newest = answers.aggregate(at=Max("settled_at"))["at"]
        stamp = newest.timestamp() if newest else 0.0
        yield _one(
            "newest_answer_timestamp_seconds",
            "When the newest call for an answer was settled.",
            stamp,
        )
        yield self._first_words(answers.values_list("reference", flat=True)[:MOST_ANSWERS])

    def _first_words(self, references: Iterable[str]) -> GaugeMetricFamily:
        replies = {int(reference.split(":")[1]) for reference in references}
        told = Message.objects.filter(id__in=replies, first_words_ms__isnull=False)
        waited = sorted(ms or 0 for ms in told.values_list("first_words_ms", flat=True))
        seconds = GaugeMetricFamily(
            "chatsite_first_words_seconds_recent",
            "From a message to the first words of its answer, over the last 10 minutes.",
            labels=["quantile"],
        )
        for quantile in QUANTILES if waited else ():
            at = waited[min(int(len(waited) * quantile), len(waited) - 1)]
            seconds.add_metric([str(quantile)], at / 1000)
        return seconds


def _one(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"chatsite_{name}", what, value=float(value))


_registry = CollectorRegistry()
_registry.register(Site())


def text() -> bytes:
    """In Prometheus's format."""
    return generate_latest(_registry)
