"""What the database refuses, whoever asks."""

import pytest
from django.db import IntegrityError, connection, transaction

from billing import ledger
from billing.errors import AppendOnly
from billing.models import (
    Budget,
    BudgetPeriod,
    Hold,
    LedgerEntry,
    PacingChange,
    Price,
    Tally,
)
from billing.prices.pricing import Usage
from tests.billing.conftest import CHEAP, NOW, budget

ROWS = {
    Price: {"model": "m", "effective_from": NOW, "input": 1, "output": 1},
    Budget: {"name": "b", "scope": "tier", "period": "day", "limit": 1},
}
PACED = {"scope": "site", "paces_itself": True, "pace_at_most": 3}


@pytest.fixture
def entry(reserve) -> LedgerEntry:
    budget(10 * CHEAP)
    reserve()
    ledger.settle("reply:1:1", Usage(1, 1), outcome="stop", now=NOW)
    return LedgerEntry.objects.get()


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("model", "wrong", "constraint"),
    [
        (Price, {"input": -1}, "billing_no_negative_price"),
        (Price, {"output": -1}, "billing_no_negative_price"),
        (Price, {"cached_input": -1}, "billing_no_negative_price"),
        (Price, {"cache_write": -1}, "billing_no_negative_price"),
        (Budget, {"limit": -1}, "billing_no_negative_limit"),
        (Budget, {"scope": "site", "key": "x"}, "billing_the_site_has_no_key"),
        (Budget, {"economise_from": 101}, "billing_steps_in_percent|billing_steps_in_order"),
        (Budget, {"cheap_only_from": 0}, "billing_steps_in_percent|billing_steps_in_order"),
        (Budget, {"later_from": 101}, "billing_steps_in_percent"),
        (Budget, {"economise_from": 96}, "billing_steps_in_order"),
        (Budget, {"cheap_only_from": None, "economise_from": 99}, "billing_steps_in_order"),
        (Budget, {"later_from": 97}, "billing_steps_in_order"),
        (Budget, {"economise_by": -1}, "billing_rise_in_points"),
        (Budget, {"economise_by": 10.5}, "billing_rise_in_points"),
        (Budget, {"economise_curve": "odd"}, "billing_curve_is_known"),
        (Budget, {"paces_itself": True}, "billing_paced_by_day_or_month"),
        (Budget, PACED | {"period": "hour"}, "billing_paced_by_day_or_month"),
        (Budget, PACED | {"pace_at_most": 0.01}, "billing_pace_in_points"),
        (Budget, PACED | {"pace_at_most": 10.5}, "billing_pace_in_points"),
        (Budget, {"paced_points": 1, "paced_at": NOW}, "billing_paced_within_bounds"),
        (Budget, PACED | {"paced_points": 1}, "billing_paced_within_bounds"),
        (Budget, PACED | {"paced_at": NOW, "paced_points": 3.1}, "billing_paced_within_bounds"),
        (Budget, PACED | {"paced_at": NOW, "paced_points": -1}, "billing_paced_within_bounds"),
    ],
)
def test_a_row_that_cannot_be_is_refused(db, model, wrong, constraint):
    with refused(constraint), transaction.atomic():
        model.objects.create(**(ROWS[model] | wrong))


def test_a_model_has_one_price_at_a_time(db):
    Price.objects.create(**ROWS[Price])

    with refused("billing_one_price_at_once|UNIQUE.*effective_from"), transaction.atomic():
        Price.objects.create(**ROWS[Price])


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"spent": 10 * CHEAP + 1}, "billing_spent_and_reserved_within_limit"),
        ({"reserved": 10 * CHEAP + 1}, "billing_spent_and_reserved_within_limit"),
        ({"limit": 0}, "billing_spent_and_reserved_within_limit"),
        ({"spent": -1}, "billing_no_negative_period"),
        ({"reserved": -1}, "billing_no_negative_period"),
        ({"overrun": -1}, "billing_no_negative_period"),
        ({"limit": -1, "overrun": 10 * CHEAP}, "billing_no_negative_period"),
    ],
)
def test_a_window_never_holds_more_than_its_limit(entry, change, constraint):
    with refused(constraint), transaction.atomic():
        BudgetPeriod.objects.update(**change)


def test_a_budget_has_one_window_for_a_key_at_a_time(entry):
    window = BudgetPeriod.objects.get()

    with refused("billing_one_period_at_once|UNIQUE.*starts_at"), transaction.atomic():
        BudgetPeriod.objects.create(
            budget=window.budget, key=window.key, starts_at=window.starts_at, limit=1
        )


def test_a_reference_is_held_once_and_charged_once(entry, reserve):
    reserve("reply:2:1")
    hold = Hold.objects.get()

    with refused("reference"), transaction.atomic():
        Hold.objects.create(
            **{field.attname: getattr(hold, field.attname) for field in Hold._meta.fields[1:]}
        )
    with refused("reference"), transaction.atomic():
        LedgerEntry.objects.create(**values(entry))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"amount": -1}, "billing_no_negative_charge"),
        ({"reserved": -1}, "billing_no_negative_charge"),
        ({"input_tokens": None}, "billing_estimated_where_usage_is_unknown"),
        ({"output_tokens": -1}, "billing_estimated_where_usage_is_unknown"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(entry, change, constraint):
    with refused(constraint), transaction.atomic():
        LedgerEntry.objects.create(**(values(entry) | {"reference": "other"} | change))


def test_a_hold_is_not_negative(reserve):
    reserve()

    with refused("billing_no_negative_hold"), transaction.atomic():
        Hold.objects.update(amount=-1)


def test_an_adjustment_raises_the_threshold(db):
    row = Budget.objects.create(**ROWS[Budget])

    with refused("billing_adjusted_upwards"), transaction.atomic():
        PacingChange.objects.create(
            budget=row, at=NOW, outcome="lasts", points_before=0, points=-1, limit=1, spent=0
        )


def test_a_kind_of_call_has_one_tally_in_a_quarter(entry):
    tally = Tally.objects.get()
    same = {field.attname: getattr(tally, field.attname) for field in Tally._meta.fields[1:]}

    with refused("billing_one_tally_of_a_kind|UNIQUE.*quarter"), transaction.atomic():
        Tally.objects.create(**same)


def values(entry: LedgerEntry) -> dict[str, object]:
    return {field.attname: getattr(entry, field.attname) for field in LedgerEntry._meta.fields[1:]}


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: LedgerEntry.objects.update(amount=0),
        lambda entry: LedgerEntry.objects.filter(pk=entry.pk).delete(),
        lambda entry: LedgerEntry.objects.bulk_update([entry], ["amount"]),
        lambda entry: LedgerEntry.objects.update_or_create(
            reference=entry.reference, defaults={"amount": 0}
        ),
    ],
)
def test_the_ledger_is_append_only(entry, change):
    before = values(entry)

    with pytest.raises(AppendOnly), transaction.atomic():
        change(entry)

    assert values(LedgerEntry.objects.get()) == before


def test_an_entry_is_not_overwritten_under_its_key(entry):
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry(pk=entry.pk, **(values(entry) | {"amount": 0})).save()

    assert LedgerEntry.objects.get().amount == entry.amount


@pytest.mark.parametrize(
    "statement", ["UPDATE billing_ledgerentry SET amount = 0", "DELETE FROM billing_ledgerentry"]
)
def test_the_database_refuses_to_change_the_ledger(entry, statement):
    if statement.startswith("DELETE") and connection.vendor == "sqlite":
        pytest.skip("SQLite empties a test database by DELETE")

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        lambda price: price.save(),
        lambda price: Price.objects.update(input=0),
        lambda price: Price.objects.bulk_update([price], ["input"]),
    ],
)
def test_a_price_is_never_edited(db, change):
    price = Price.objects.create(**ROWS[Price])

    with pytest.raises(AppendOnly):
        change(price)


def test_a_price_is_not_overwritten_under_its_key(db):
    price = Price.objects.create(**ROWS[Price])

    with pytest.raises(IntegrityError), transaction.atomic():
        Price(pk=price.pk, **(ROWS[Price] | {"model": "other"})).save()

    assert Price.objects.get().model == "m"


@pytest.mark.parametrize("model", [Price, Budget])
def test_what_the_ledger_needs_is_not_deleted(entry, model):
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.all().delete()
