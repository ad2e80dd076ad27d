"""The ledger: a call's worst case is reserved before it is made, its cost charged once after.

Plain SQL, for the reason given in `billing.budgets.balances`.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import assert_never

from django.db import connection, transaction
from django.db.models import Q

from billing import clock, ledger_sql, tallies
from billing.budgets import balances
from billing.call_outcomes import CallOutcome
from billing.errors import AlreadyCharged, NoPrice, NoRoom, NotReserved
from billing.models import Budget, BudgetPeriod, Hold, LedgerEntry
from billing.prices import model_families, pricing
from billing.prices.pricing import Estimate, Rate, Usage

logger = logging.getLogger(__name__)

# Holds that one `expire` charges: a dead worker's hundreds should not make everybody wait.
MOST_EXPIRED = 200

COLUMNS = len(fields(Rate))


@dataclass(frozen=True, slots=True)
class Call:
    """What is about to be asked of the provider."""

    reference: str  # unique per upstream attempt, owned by the caller: "reply:12:1"
    purpose: str  # of LedgerEntry.Purpose
    model: str
    tier: str
    conversation: str = ""
    visitor: str = ""
    address: str = ""  # names it in budgets alone: no entry keeps it
    service_tier: str = "default"
    compared_with: str = ""  # the model whose cost for the same tokens is kept beside the amount
    from_reserve: float = 0.0  # the share of budgets' reserves that it may use, 0 to 1


def reserve(
    call: Call, worst: Usage, *, expires_at: datetime, now: datetime, instead_of: Sequence[str] = ()
) -> int:
    """Hold the most that the call can cost on every budget it falls under; nano-dollars.

    All or nothing, also within a transaction that goes on. Reserving twice is reserving once.
    `instead_of`: calls of dead workers, whose holds pass to this one.
    Raises NoPrice, NoRoom, AlreadyCharged.
    """
    adapt = connection.ops.adapt_datetimefield_value
    with transaction.atomic(), connection.cursor() as cursor:
        balances.lock()
        asked = [call.reference, call.reference, call.model, call.service_tier, adapt(now)]
        cursor.execute(ledger_sql.PRICE, asked)
        found = cursor.fetchone()
        if found is None:
            raise NoPrice(call.model, call.service_tier)
        price, *rates, held, charged = found
        if charged:
            raise AlreadyCharged(call.reference)
        if held is not None:
            return int(held)
        rate = Rate(*rates)
        amount = pricing.most(worst, rate)
        keys = balances.Keys(call.conversation, call.visitor, call.tier, call.model, call.address)
        if instead_of:
            _pass_on(instead_of)
        try:
            taken = balances.take(keys, amount, now, call.from_reserve)
        except NoRoom as error:
            error.fits = pricing.output_within(error.left, worst, rate)
            error.fits_unheld = pricing.output_within(error.unheld, worst, rate)
            raise
        named = (call.reference, call.purpose, call.tier, call.conversation, call.visitor)
        priced = (call.model, call.service_tier, price, amount, amount, json.dumps(taken))
        times = (adapt(now), adapt(expires_at))
        cursor.execute(ledger_sql.HOLD, [*named, *priced, *times, call.compared_with])
    return amount


def settle(
    reference: str,
    usage: Usage | Estimate | None,
    *,
    model: str = "",
    service_tier: str = "",
    request_id: str = "",
    outcome: str,
    now: datetime,
) -> None:
    """Charge what the call cost, or what was reserved where its usage is unknown.

    `model` and `service_tier` as the response names them. It is billed at the price of the model
    asked, or of its snapshot that answered, at the time of the call; marked as assumed where
    another model answered, or the service tier has no price. Charges once:
    settling what is settled, released or expired changes nothing. Raises NotReserved.
    """
    response = _Response(
        _fitting(model, 100), _fitting(service_tier, 20), _fitting(request_id, 100), outcome
    )
    if not _charge(reference, usage, response, now):
        _must_be_charged(reference)


def release(reference: str) -> None:
    """Hold nothing and charge nothing: the request never left this machine. Raises NotReserved."""
    nothing = Usage(input_tokens=0, output_tokens=0)
    if not _charge(reference, nothing, _Response(outcome=CallOutcome.NOT_SENT), clock.now()):
        _must_be_charged(reference)


def expire(now: datetime) -> int:
    """Charge what is reserved for calls that nobody settled in time; returns how many."""
    overdue = Hold.objects.filter(expires_at__lte=now).order_by("expires_at")
    expired = 0
    for reference in list(overdue.values_list("reference", flat=True)[:MOST_EXPIRED]):
        if _charge(reference, None, _Response(outcome=CallOutcome.EXPIRED), now):
            logger.warning("%s expired and is charged as reserved", reference)
            expired += 1
    return expired


def extend(reference: str, expires_at: datetime) -> None:
    """Keep holding for a call that takes longer. What is charged already stays so."""
    Hold.objects.filter(reference=reference).update(expires_at=expires_at)


def correct(reference: str, amount: int, like: LedgerEntry, called_at: datetime) -> None:
    """Charge so many nano-dollars more, or less where negative, than the calls of a day were.

    `like` is one of these calls. Counts in the windows of the site, its tier and its model that the
    time belongs to, as far as they can give so much back. Correcting twice changes nothing.
    """
    scopes = Q(budget__scope=Budget.Scope.SITE)
    for scope, key in ((Budget.Scope.TIER, like.tier), (Budget.Scope.MODEL, like.model_requested)):
        scopes |= Q(budget__scope=scope, key=key)
    with transaction.atomic():
        balances.lock()
        if LedgerEntry.objects.filter(reference=reference).exists():
            return
        counting = BudgetPeriod.objects.filter(
            scopes, balances.current(called_at), spent__gte=-amount
        )
        Hold.objects.create(
            reference=reference,
            purpose=LedgerEntry.Purpose.RECONCILIATION,
            tier=like.tier,
            model=like.model_requested,
            service_tier=like.service_tier,
            price_id=like.price_id,
            amount=0,
            windows=list(counting.values_list("id", flat=True)),
            called_at=called_at,
            expires_at=called_at,
        )
        response = _Response(like.model_returned, like.service_tier, outcome=CallOutcome.RECONCILED)
        nothing = Usage(input_tokens=0, output_tokens=0)
        _charge(reference, nothing, response, clock.now(), amount)


@dataclass(frozen=True, slots=True)
class _Response:
    """What the provider said beside the usage; blank where it did not."""

    model: str = ""
    service_tier: str = ""
    request_id: str = ""
    outcome: str = ""


def _charge(
    reference: str,
    usage: Usage | Estimate | None,
    response: _Response,
    now: datetime,
    corrected: int | None = None,
) -> bool:
    """Move the hold to the ledger, if there is one; at the corrected amount, if there is one."""
    # Without a savepoint: nothing in here is refused halfway.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        balances.lock()
        named = [response.model, model_families.family(response.model)]
        cursor.execute(ledger_sql.HELD, [*named, response.service_tier, response.model, reference])
        found = cursor.fetchone()
        if found is None:
            return False
        hold, held, worst, ids, asked, asked_tier, price, priced, priced_tier, *rates = found
        rate, compared = rates[:COLUMNS], rates[COLUMNS:]
        model = response.model or asked
        service_tier = response.service_tier or asked_tier
        why = _why_estimated(usage, response.outcome)
        usage = usage.usage if isinstance(usage, Estimate) else usage
        amount = worst if usage is None else pricing.cost(usage, Rate(*rate))
        amount = amount if corrected is None else corrected
        balances.book(json.loads(ids), held, amount)
        said = (response.model, service_tier, response.request_id, response.outcome)
        at = connection.ops.adapt_datetimefield_value(now)
        counts = astuple(usage) if usage else [None] * len(fields(Usage))
        is_other = (priced, priced_tier) != (model, service_tier)
        beside = pricing.cost(usage, Rate(*compared)) if usage and compared[0] is not None else None
        row = [*said, at, *counts, bool(why), why, is_other, amount, beside, hold, price]
        cursor.execute(ledger_sql.ENTRY, row)
        cursor.execute("DELETE FROM billing_hold WHERE id = %s", [hold])
        tallies.count(reference)
    if amount > worst and corrected is None:
        logger.error("%s cost %d nano-dollars, %d were reserved", reference, amount, worst)
    return True


def _why_estimated(usage: Usage | Estimate | None, outcome: str) -> str:
    """A sentence; blank for a usage that is the provider's own."""
    match usage:
        case Usage():
            return ""
        case Estimate(why=why):
            return why
        case None if outcome == CallOutcome.EXPIRED:
            return "The call was not settled in time, so the reserved amount was charged."
        case None:
            return "The provider did not report the tokens, so the reserved amount was charged."
    assert_never(usage)


def _pass_on(references: Sequence[str]) -> None:
    """Hold nothing more for these calls.

    Each is charged all the same, once its cost is known or at its worst case when it expires: then
    above what is held for it, as an overrun.
    """
    for hold in Hold.objects.filter(reference__in=references, amount__gt=0):
        balances.book(hold.windows, hold.amount, 0)
        Hold.objects.filter(pk=hold.pk).update(amount=0)


def _must_be_charged(reference: str) -> None:
    if not LedgerEntry.objects.filter(reference=reference).exists():
        raise NotReserved(reference)


def _fitting(name: str, length: int) -> str:
    """A name from outside, as its column can hold it."""
    return name.replace("\0", "")[:length]
