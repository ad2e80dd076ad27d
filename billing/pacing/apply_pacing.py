"""Budgets that pace themselves: what each look found, put in force and written down."""

import logging
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from billing.budgets import balances
from billing.models import Budget, PacingChange
from billing.pacing import forecast
from billing.pacing.threshold_increase import Found, Outcome

logger = logging.getLogger(__name__)


def look(now: datetime) -> list[PacingChange]:
    """At every budget that paces itself; returns what has changed."""
    paced = Budget.objects.filter(active=True, paces_itself=True)
    found = (adjust(budget, now) for budget in paced)
    return [adjustment for adjustment in found if adjustment]


def adjust(budget: Budget, now: datetime) -> PacingChange | None:
    """Raise or lower the threshold for it; None where all stays as it is.

    Nothing is done either where another look, or who edits the budget, came first.
    """
    outlook = forecast.of(budget, now)
    if outlook is None:
        return None
    before = budget.points_since(outlook.window.starts_at)
    found = outlook.found(before)
    with transaction.atomic():
        if not _put_in_force(budget, found, now):
            return None
        last = budget.adjustments.first()
        if last and (last.outcome, before) == (found.outcome, found.points):
            return None
        adjustment = PacingChange.objects.create(
            budget=budget,
            at=now,
            outcome=found.outcome,
            points_before=before,
            points=found.points,
            reason=outlook.reason(found)[:300],
            limit=outlook.forecast.limit,
            spent=outlook.forecast.spent,
            expected=found.expected,
            hit_at=outlook.forecast.hit_at,
        )
    logger.info("%s: %s", adjustment, adjustment.reason)
    return adjustment


def stop(budget: Budget, person: User) -> bool:
    """The threshold is the policy's at once; False where it did not pace itself."""
    with transaction.atomic():
        stored = Budget.objects.select_for_update().get(pk=budget.pk)
        if not stored.paces_itself:
            return False
        stored.paces_itself = False
        keep(stored, person, switched=True)
        stored.save(update_fields=["paces_itself", "paced_points", "paced_at", "paced_to_last"])
    return True


def keep(budget: Budget, person: User, *, switched: bool) -> None:
    """Before an edited budget is saved, give it the points in force, as far as it allows them.

    In the transaction that saves it: a look may have changed them since it was read. Whether it
    paces itself is as stored, unless the person has `switched` it.
    """
    stored = Budget.objects.select_for_update().get(pk=budget.pk)
    if not switched:
        budget.paces_itself = stored.paces_itself
    # Whether it lasts with the new limit, the next look finds.
    budget.paced_points, budget.paced_at, budget.paced_to_last = 0, None, False
    if budget.paces_itself:
        budget.paced_points = min(stored.paced_points, budget.pace_at_most)
        budget.paced_at = stored.paced_at
    elif stored.paces_itself:
        now = timezone.now()
        window = balances.current_of(stored, now)
        PacingChange.objects.create(
            budget=budget,
            at=now,
            outcome=Outcome.STOPPED,
            points_before=stored.points_since(window.starts_at),
            points=0,
            reason=f"Stopped by {person.get_username()}.",
            limit=window.limit,
            spent=window.spent,
            by=person,
        )


def _put_in_force(budget: Budget, found: Found, now: datetime) -> bool:
    """Only if the budget is still as it was when it was checked."""
    seen = Budget.objects.filter(
        pk=budget.pk,
        active=True,
        paces_itself=True,
        limit=budget.limit,
        pace_at_most=budget.pace_at_most,
        paced_at=budget.paced_at,
    )
    changed = seen.update(paced_points=found.points, paced_at=now, paced_to_last=found.lasts)
    return changed == 1
