"""Kinds of work that no customer waits for: each has a budget of its own beside the site's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.budgets.periods import Period
from billing.ledger import Call
from billing.models import Budget
from chatsite.offline import batch_jobs
from chatsite.offline.batch_jobs import Wanted

# Calls whose money is held in one transaction, during which no answer can reserve: some 0.1 s.
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """What calls of one purpose share."""

    purpose: str  # of LedgerEntry.Purpose
    tier: str  # how budgets name the work
    budget: str  # its name, made with the first calls
    limit: int  # nano-dollars a day; operators change it in the admin

    def call(self, reference: str, model: str, conversation: str = "") -> Call:
        """One that is asked at once, and not in a batch; its budget is there."""
        self._make_budget()
        return Call(reference, self.purpose, model, self.tier, conversation)

    def queue(self, wanted: Sequence[Wanted], now: datetime) -> int:
        """Queue as many calls of one model as the budgets take, in order; returns how many.

        What is queued or charged already is left out. Raises NoPrice.
        """
        self._make_budget()
        queued = 0
        for start in range(0, len(wanted), AT_ONCE):
            batch = batch_jobs.queue(self.purpose, self.tier, wanted[start : start + AT_ONCE], now)
            queued += batch.items.count() if batch else 0
        return queued

    def _make_budget(self) -> None:
        Budget.objects.get_or_create(
            name=self.budget,
            defaults={
                "scope": Budget.Scope.TIER,
                "key": self.tier,
                "period": Period.DAY,
                "limit": self.limit,
            },
        )
