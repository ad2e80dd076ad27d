"""Kinds of offline work: each has a budget of its own beside the site's, and asks some model."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.errors import NoPrice
from billing.models import Budget
from chatsite.offline import jobs
from chatsite.offline.errors import NotSold
from chatsite.offline.jobs import Wanted
from chatsite.offline.models import Batch

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """What calls of one purpose share."""

    purpose: str  # of LedgerEntry.Purpose
    tier: str  # how budgets name the work
    budget: str  # its name, made with the first calls
    limit: int  # nano-dollars a day; operators change it in the admin

    def queue(
        self, models: Sequence[str], wanted: Callable[[str], Sequence[Wanted]], now: datetime
    ) -> Batch | None:
        """Queue what is `wanted` of the first of the models that is sold in batches.

        As many calls as the budgets take, in order; None where that is none. Raises NotSold.
        """
        Budget.objects.get_or_create(
            name=self.budget,
            defaults={
                "scope": Budget.Scope.TIER,
                "key": self.tier,
                "period": Budget.Period.DAY,
                "limit": self.limit,
            },
        )
        named = [model for model in models if model]
        for model in named:
            try:
                return jobs.queue(self.purpose, self.tier, wanted(model), now)
            except NoPrice as error:
                logger.info("%s is not asked for %s: %s", model, self.purpose, error)
        raise NotSold(named)
