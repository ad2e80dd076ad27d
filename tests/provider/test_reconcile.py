"""`manage.py reconcile`: the ledger's days against the bill of a provider that is a real server."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing import ledger, ledger_proof
from billing.ledger import Call
from billing.models import (
    Budget,
    BudgetPeriod,
    LedgerEntry,
    Price,
)
from billing.prices.pricing import Usage
from tests.guards import guards
from tests.upstream.costs import ADMIN_KEY
from tests.upstream.server import Upstream

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Of gpt-4 at $30 and $60 per million tokens: $0.06.
USED = Usage(1000, 500)
# What is reserved for it: $0.09.
WORST = Usage(1000, 1000)


@pytest.fixture(scope="module")
def provider():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def bill(provider, settings):
    """What the provider bills."""
    provider.reset()
    settings.OPENAI_BASE_URL = provider.url
    settings.OPENAI_ADMIN_KEY = ADMIN_KEY
    return provider.costs


@pytest.fixture
def called(db):
    """Put a call of gpt-4 on the ledger that differs from a good one as told."""
    Price.objects.create(
        model="gpt-4",
        effective_from=NOON - timedelta(days=90),
        input=30 * 10**9,
        output=60 * 10**9,
    )
    for scope in ("site", "tier", "conversation"):
        Budget.objects.create(name=scope, scope=scope, period="month", limit=10**9)

    def called(
        number: int = 1,
        usage: Usage | None = USED,
        at: datetime = NOON,
        seconds: int = 3,
        model: str = "gpt-4-0613",
        service_tier: str = "",
    ) -> None:
        reference = f"reply:{number}:1"
        call = Call(reference, "answer", "gpt-4", "strong", "conversation:1", "v1")
        ledger.reserve(call, WORST, expires_at=at + timedelta(minutes=2), now=at)
        ledger.settle(
            reference,
            usage,
            model=model,
            service_tier=service_tier,
            outcome="stop",
            now=at + timedelta(seconds=seconds),
        )

    return called


def reconciled(*words: str, first: date = DAY, last: date = DAY) -> str:
    said = StringIO()
    call_command("reconcile", f"--from={first}", f"--to={last}", *words, stdout=said)
    return said.getvalue()


def short(*words: str) -> str:
    """What it says where more is billed than recorded."""
    said = StringIO()
    with pytest.raises(CommandError, match="billed higher than recorded"):
        call_command("reconcile", f"--from={DAY}", f"--to={DAY}", *words, stdout=said)
    return said.getvalue()


def test_a_day_that_is_billed_as_recorded_is_equal(called, bill):
    called()
    bill.bills(DAY, "gpt-4-0613, input", "0.03")
    bill.bills(DAY, "gpt-4-0613, output", "0.03")

    said = reconciled()

    assert said.splitlines() == [
        "2026-11-20 gpt-4                    recorded $0.06, billed $0.06: equal",
        "1 days, 1 lines: 1 equal, 0 not fully explained.",
    ]
    (query,) = bill.queries
    assert query["group_by[]"] == "line_item"


@pytest.mark.parametrize(
    ("calls", "dollars", "words"),
    [
        ([{}], "0.0599999", "rounded up here, and the provider rounds"),
        # Charged $0.09, as reserved.
        (
            [{}, {"usage": None}],
            "0.12",
            "1 calls with unknown usage, charged at the reserved amount",
        ),
        ([{}, {"service_tier": "scale"}], "0.1", "1 calls at an assumed price"),
        (
            [{}, {"at": datetime(2026, 11, 20, 23, 59, 58, tzinfo=UTC)}],
            "0.06",
            "1 calls around midnight UTC",
        ),
        (
            [{}, {"at": datetime(2026, 11, 19, 23, 59, 58, tzinfo=UTC)}],
            "0.12",
            "1 calls around midnight UTC",
        ),
    ],
)
def test_a_difference_is_explained_by_the_calls_of_its_day(called, bill, calls, dollars, words):
    for number, call in enumerate(calls):
        called(number, **call)
    bill.bills(DAY, "gpt-4-0613, input", dollars)

    said = reconciled()

    assert words in said
    assert "0 not fully explained" in said


@guards(
    "billing/bills/reconciliation.py",
    "ours = self.recorded.calls > 0 and self.billed is not None",
    "ours = True",
)
def test_calls_of_others_are_told_from_ours(called, bill):
    called()
    bill.bills(DAY, "gpt-4-0613, input", "0.06")
    bill.bills(DAY, "gpt-5.6-sol, input", "2.5")

    said = short("--correct", str(DAY))

    assert "gpt-4                    recorded $0.06, billed $0.06: equal" in said
    assert "gpt-5.6-sol              recorded $0.00, billed $2.50: -$2.5" in said
    assert "calls from elsewhere with the same key" in said
    assert "not corrected: the ledger has no call of this site" in said
    assert LedgerEntry.objects.count() == 1


def test_what_nothing_explains_is_said_so(called, bill):
    called()
    bill.bills(DAY, "gpt-4-0613, input", "0.02")

    said = reconciled()

    assert "a credit from the provider, or a price that is too high here" in said
    assert "1 not fully explained" in said


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (DAY, "no figures for this day (+"),
        (datetime.now(UTC).date(), "no figures for this day yet"),
    ],
)
def test_a_day_without_figures_is_named_and_not_corrected(called, bill, day, words):
    called(at=datetime.combine(day, NOON.timetz()))
    bill.missing.add(day)

    said = reconciled("--correct", str(day), first=day, last=day)

    assert "billed no figures" in said
    assert words in said
    assert LedgerEntry.objects.count() == 1


@guards("billing/ledger.py", 'windows=list(counting.values_list("id", flat=True)),', "windows=[],")
@pytest.mark.parametrize(("dollars", "given"), [("0.13", 20_000_000), ("0.2", -50_000_000)])
def test_the_ledger_follows_the_bill_where_the_operator_says_so(called, bill, dollars, given):
    called(1)
    called(2, usage=None)
    bill.bills(DAY, "gpt-4-0613, input", dollars)
    before = list(LedgerEntry.objects.values())

    said = (reconciled if given > 0 else short)("--correct", str(DAY))

    assert "corrected as reconciled:2026-11-20:gpt-4:1" in said
    assert list(LedgerEntry.objects.order_by("id").values())[: len(before)] == before[::-1]
    entry = LedgerEntry.objects.get(purpose="reconciliation")
    assert (entry.amount, entry.outcome, entry.tier) == (-given, "reconciled", "strong")
    assert (entry.input_tokens, entry.conversation) == (0, "")
    spent = {window.budget.scope: window.spent for window in BudgetPeriod.objects.all()}
    assert spent == {
        "site": 150_000_000 - given,
        "tier": 150_000_000 - given,
        "conversation": 150_000_000,
    }
    assert ledger_proof.differences() == []
    call_command("check_ledger")
    # Corrected, the day is equal, and stays so.
    again = reconciled("--correct", str(DAY))
    assert "1 equal" in again
    assert LedgerEntry.objects.count() == 3


def test_a_bill_that_changes_is_followed_once_more(called, bill):
    called(usage=None)
    for dollars in ("0.08", "0.07"):
        bill.lines.clear()
        bill.bills(DAY, "gpt-4", dollars)
        reconciled("--correct", str(DAY))

    corrections = LedgerEntry.objects.filter(purpose="reconciliation").order_by("id")
    assert [entry.reference for entry in corrections] == [
        "reconciled:2026-11-20:gpt-4:1",
        "reconciled:2026-11-20:gpt-4:2",
    ]
    assert sum(entry.amount for entry in LedgerEntry.objects.all()) == 70_000_000


def test_a_difference_of_another_day_is_not_corrected(called, bill):
    called(usage=None)
    bill.bills(DAY, "gpt-4", "0.08")

    reconciled("--correct", "2026-11-19")

    assert LedgerEntry.objects.count() == 1


def test_a_long_range_is_read_page_by_page(called, bill):
    first = DAY - timedelta(days=80)
    bill.bills(first, "gpt-4", "1")
    bill.bills(DAY, "gpt-4", "2")

    said = StringIO()
    with pytest.raises(CommandError, match="2 lines are billed higher"):
        call_command("reconcile", f"--from={first}", f"--to={DAY}", "--project=p1", stdout=said)

    assert "81 days, 2 lines" in said.getvalue()
    assert len(bill.queries) == 3
    assert all(query["project_ids[]"] == "p1" for query in bill.queries)


def test_a_bill_that_cannot_be_read_is_an_error_without_the_providers_words(called, bill, settings):
    bill.fails_with = 403
    with pytest.raises(CommandError, match="unauthorised: status 403") as refusal:
        reconciled()
    assert "customer" not in str(refusal.value)

    bill.fails_with = 0
    bill.currency = "eur"
    bill.bills(DAY, "gpt-4", "1")
    with pytest.raises(CommandError, match="protocol: not the protocol"):
        reconciled()

    bill.currency = "usd"
    bill.endless = True
    with pytest.raises(CommandError, match="pages without an end"):
        reconciled()

    settings.OPENAI_ADMIN_KEY = "sk-another"
    with pytest.raises(CommandError, match="status 401 invalid_api_key"):
        reconciled()

    settings.OPENAI_ADMIN_KEY = ""
    with pytest.raises(CommandError, match="OPENAI_ADMIN_KEY"):
        reconciled()


@guards("chatsite/llm/costs_endpoint.py", "if not abs(amount) <= MOST_DOLLARS:", "if False:")
@guards("chatsite/llm/costs_endpoint.py", "if not model.isprintable():", "if False:")
@pytest.mark.parametrize(
    ("line", "dollars"),
    [("gpt-4", "1e300"), ("gpt-4", "-1e10"), ("gpt-4", "nan"), ("gpt\0-4", "1")],
)
def test_a_line_that_cannot_be_billed_makes_no_bill(called, bill, line, dollars):
    bill.bills(DAY, line, dollars)

    with pytest.raises(CommandError, match="protocol: not the protocol"):
        reconciled()


@guards(
    "chatsite/llm/costs_endpoint.py",
    "dollars[model[:NAME_LENGTH]] += amount",
    "dollars[model] = amount",
)
def test_a_day_that_comes_in_pieces_is_added_up(called, bill):
    called(1)
    called(2)
    bill.bills(DAY, "gpt-4-0613, input", "0.06")
    bill.buckets_a_day = 2

    assert "1 equal" in reconciled()
