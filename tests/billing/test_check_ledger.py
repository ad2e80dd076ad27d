"""`manage.py check_ledger` proves that windows equal the ledger, or says where they do not."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from billing import ledger
from billing.models import (
    BudgetPeriod,
    ConversationCost,
    Hold,
    LedgerEntry,
    Tally,
)
from billing.prices.pricing import Usage
from tests.billing.conftest import CHEAP, NOW, budget


@pytest.fixture
def calls(reserve) -> None:
    """One call charged, one charged above its reservation, one in flight."""
    budget(10 * CHEAP)
    budget(10 * CHEAP, "conversation")
    for reference, used in (("reply:1:1", 1000), ("reply:2:1", 1500)):
        reserve(reference)
        ledger.settle(reference, Usage(1000, used), outcome="stop", now=NOW)
    reserve("reply:3:1")


def test_a_ledger_in_order_passes(calls, capsys):
    call_command("check_ledger")

    assert capsys.readouterr().out == (
        "2 budget periods equal 2 entries and 1 holds.\n"
        "1 tallies and 1 costs of conversations equal them too.\n"
    )


def test_an_empty_ledger_passes(db, capsys):
    call_command("check_ledger")

    assert capsys.readouterr().out == (
        "0 budget periods equal 0 entries and 0 holds.\n"
        "0 tallies and 0 costs of conversations equal them too.\n"
    )


@pytest.mark.parametrize(
    ("column", "line"),
    [
        (
            "spent",
            "spent is $0.004750001, by the ledger $0.00475 (+$0.000000001 off)",
        ),
        (
            "reserved",
            "reserved is $0.002000001, by the ledger $0.002 (+$0.000000001 off)",
        ),
        (
            "overrun",
            "overrun is $0.000750001, by the ledger $0.00075 (+$0.000000001 off)",
        ),
    ],
)
def test_a_window_that_is_a_nano_dollar_off_is_named(calls, capsys, column, line):
    BudgetPeriod.objects.filter(budget__scope="conversation").update(**{column: F(column) + 1})

    with pytest.raises(CommandError, match="1 budget periods differ from the ledger"):
        call_command("check_ledger")

    output = capsys.readouterr().out
    assert output.count("\n") == 1
    assert output.startswith("conversation  total conversation:1 from 2000-01-01 01:00: ")
    assert line in output


def test_a_hold_that_vanished_is_found(calls, capsys):
    Hold.objects.all().delete()

    with pytest.raises(CommandError, match="2 budget periods differ"):
        call_command("check_ledger")

    assert "reserved is $0.002, by the ledger $0.00" in capsys.readouterr().out


def test_a_window_that_vanished_is_found(calls, capsys):
    window = BudgetPeriod.objects.get(budget__scope="conversation")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM billing_budgetperiod WHERE id = %s", [window.pk])

    with pytest.raises(CommandError, match="1 budget periods differ"):
        call_command("check_ledger")

    assert f"budget period {window.pk}, which does not exist: spent is" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (Tally, "amount"),
        (Tally, "compared_amount"),
        (Tally, "within_4s"),
        (ConversationCost, "amount"),
        (ConversationCost, "calls"),
    ],
)
def test_a_tally_that_is_off_is_named_and_made_anew(calls, capsys, model, column):
    model.objects.update(**{column: F(column) + 1})

    with pytest.raises(CommandError, match="2 rows of tallies differ from the ledger"):
        call_command("check_ledger")

    assert re.search(
        rf"has .*{column} \d+.*\n.*by the ledger .*{column} \d+", capsys.readouterr().out
    )
    call_command("rebuild_tallies")
    call_command("check_ledger")
    assert "1 tallies, 1 conversations." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"input_tokens": 0, "amount": 1_500_000}, "no input tokens, booked as exact"),
        ({"output_tokens": 0, "amount": 500_000}, "an answer without output tokens"),
        ({"cached_tokens": 900, "cache_write_tokens": 200}, "more cached and written tokens"),
        ({"reasoning_tokens": 1001}, "more reasoning tokens than output tokens"),
        ({"amount": 2_000_001}, "the amount does not match its tokens and rates"),
        ({"amount": 0}, "the amount does not match its tokens and rates"),
        ({"input_rate": 1, "amount": 1_500_001}, "its rates differ from its price"),
        ({"model_returned": "gpt-4"}, "gpt-4 answered for gpt-3.5-turbo, and no price is assumed"),
        (
            {"input_tokens": None, "output_tokens": None, "estimated": True, "amount": 7},
            "tokens unknown, but not charged what was reserved",
        ),
    ],
)
def test_entries_that_cannot_be_right_are_listed(calls, capsys, change, why):
    entry = LedgerEntry.objects.get(reference="reply:1:1")
    names = [field.attname for field in LedgerEntry._meta.fields if field.name != "id"]
    values = {name: getattr(entry, name) for name in names}
    LedgerEntry.objects.create(**(values | {"reference": "reply:9:1", "windows": []} | change))
    call_command("rebuild_tallies", verbosity=0)
    capsys.readouterr()

    with pytest.raises(CommandError, match="1 entries cannot be right"):
        call_command("check_ledger")

    (line,) = [line for line in capsys.readouterr().out.splitlines() if "reply:9:1" in line]
    assert why in line


def test_entries_of_earlier_days_may_be_left_alone(calls, capsys):
    entry = LedgerEntry.objects.get(reference="reply:1:1")
    names = [field.attname for field in LedgerEntry._meta.fields if field.name != "id"]
    values = {name: getattr(entry, name) for name in names}
    values |= {"reference": "reply:9:1", "windows": [], "amount": 0}
    LedgerEntry.objects.create(**values)
    call_command("rebuild_tallies", verbosity=0)

    call_command("check_ledger", since=NOW.date() + timedelta(days=2))

    assert "reply:9:1" not in capsys.readouterr().out
