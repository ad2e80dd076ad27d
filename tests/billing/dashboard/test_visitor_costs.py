"""The list of visitors by what they cost, and the ledger's entries as a spreadsheet."""

import csv
import html
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing import ledger
from billing.dashboard import entries_export, visitor_costs
from billing.models import LedgerEntry, Price
from billing.prices.pricing import Usage
from tests.billing.conftest import NOW, budget
from tests.billing.dashboard.test_dashboard import COSTS, USED, signed_in, text
from tests.guards import guards

VISITORS = reverse("admin:billing_visitors")
ENTRIES = reverse("admin:billing_ledgerentry_changelist")


@pytest.fixture
def staff(db):
    return signed_in("billing.view_ledgerentry", "chat.view_conversation")


@pytest.fixture
def charged(reserve):
    """What a visitor's call cost, so many days ago."""

    def charged(reference: str, visitor: str, *, days: int = 0, **named) -> None:
        now = timezone.now() - timedelta(days=days)
        conversation = f"conversation:{crc32(visitor.encode()) + days}"
        reserve(reference, now=now, visitor=visitor, conversation=conversation, **named)
        ledger.settle(reference, USED, outcome="stop", now=now + timedelta(seconds=3))

    return charged


@pytest.fixture
def three(charged) -> None:
    """Ann asked most often, bob's answer was dear, cem was here last month."""
    for number in range(3):
        charged(f"reply:{number}:1", "ann", days=number)
    charged("reply:3:1", "bob", model="gpt-4", tier="strong")
    charged("reply:4:1", "cem", days=20)


def keys(client, query: str = "") -> list[str]:
    response = client.get(VISITORS + query)
    assert response.status_code == 200
    return re.findall(r'<code title="([^"]+)">', response.content.decode())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["bob", "ann", "cem"]),
        ("?sort=cost", ["cem", "ann", "bob"]),
        ("?sort=-conversations", ["ann", "bob", "cem"]),
        ("?sort=active", ["cem", "ann", "bob"]),
        ("?period=7", ["bob", "ann"]),
        ("?cost=0.01", ["bob"]),
        ("?q=a", ["ann"]),
        # What cannot be meant is as if it were not said.
        ("?sort=visitor&cost=1;&page=x&period=y", ["bob", "ann", "cem"]),
    ],
)
def test_visitors_are_listed_as_the_address_says(staff, three, query, expected):
    assert keys(staff, query) == expected


def test_a_visitor_costs_what_the_entries_say_and_leads_to_its_conversations(staff, three):
    body = staff.get(VISITORS).content.decode()

    assert "ann $0.00195 3 3" in text(body)
    url = html.unescape(re.findall(r'href="([^"]+visitor=ann)"', body)[0])
    assert url == f"{reverse('admin:chat_conversation_changelist')}?visitor=ann"
    assert staff.get(url).status_code == 200


def test_what_is_used_of_an_allowance_stands_beside_it(staff, charged):
    budget(10**8, "visitor", "day")
    budget(10**6, "visitor", "total", key="ann")
    for number, visitor in enumerate(("ann", "bob")):
        charged(f"reply:{number}:1", visitor, worst=Usage(1000, 100))

    ann, bob = text(staff.get(VISITORS + "?sort=cost").content.decode()).split(" bob ")

    assert "visitor day $0.00065 of $0.10 visitor ann total $0.00065 of $0.001" in ann
    assert "$0.00065 of $0.10" in bob
    assert "visitor ann total" not in bob


def test_pages_and_a_list_that_is_cut(staff, charged, monkeypatch):
    for number in range(4):
        charged(f"reply:{number}:1", f"v{number}")
    monkeypatch.setattr("billing.dashboard.visitor_costs_page.ON_A_PAGE", 2)
    monkeypatch.setattr(visitor_costs, "MOST_LISTED", 3)
    monkeypatch.setattr("billing.dashboard.visitor_costs_page.MOST_LISTED", 3)

    first, second = (text(staff.get(f"{VISITORS}?page={n}").content.decode()) for n in (1, 2))

    assert "1 to 2 of 3 Next" in first
    assert "Previous 3 to 3 of 3 Only the first 3 are listed." in second


def test_nobody_says_so(staff, three):
    seen = text(staff.get(f"{VISITORS}?q=zoe").content.decode())

    assert "No visitors in this period match the filters" in seen


def test_the_costs_lead_to_the_visitors(staff, three):
    assert f'href="{VISITORS}?period=7"' in staff.get(f"{COSTS}?period=7").content.decode()


@guards(
    "billing/dashboard/visitor_costs_page.py",
    '        if not request.user.has_perm("billing.view_ledgerentry"):\n'
    "            raise PermissionDenied\n",
    "",
)
@guards(
    "billing/admin/entries.py",
    "        if not self.has_view_permission(request):\n            raise PermissionDenied\n",
    "",
)
def test_who_may_not_see_the_ledger_sees_no_visitors(db):
    curious = signed_in("chat.view_conversation")

    for name in ("billing_visitors", "billing_visitors_export", "billing_ledgerentry_export"):
        assert curious.get(reverse(f"admin:{name}")).status_code == 403


def test_visitors_take_few_queries(staff, charged):
    budget(10**9, "visitor", "day")
    for number in range(30):
        charged(f"reply:{number}:1", f"v{number}")

    staff.get(VISITORS)
    with CaptureQueriesContext(connection) as queries:
        staff.get(VISITORS)

    assert len(queries) <= 15, [query["sql"][:80] for query in queries]


# Spreadsheets.


def rows(client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def test_the_list_of_visitors_is_exported_as_it_is(staff, three):
    found = rows(staff, f"{reverse('admin:billing_visitors_export')}?period=7&sort=cost")

    assert [(row["visitor"], row["conversations"]) for row in found] == [("ann", "3"), ("bob", "1")]
    assert Decimal(found[1]["dollars"]) == Decimal("0.036")


def test_every_entry_that_the_filters_let_through_is_exported(staff, three, monkeypatch):
    monkeypatch.setattr(entries_export, "FIRST_ROWS", 1)
    monkeypatch.setattr(entries_export, "ROWS_AT_ONCE", 2)
    export = reverse("admin:billing_ledgerentry_export")

    found = rows(staff, export)
    cheap = rows(staff, f"{export}?tier=cheap&o=-1")

    assert [row["reference"] for row in found] == [f"reply:{n}:1" for n in (4, 3, 2, 1, 0)]
    amounts = sum(Decimal(row["amount"]) for row in found)
    assert amounts * 10**9 == sum(entry.amount for entry in LedgerEntry.objects.all())
    assert [row["tier"] for row in cheap] == ["cheap"] * 4
    assert found[1]["estimated"] == "no"
    assert found[1]["cached_tokens"] == "250"
    assert staff.get(f"{export}?nothing=1").status_code == 400


def test_no_cell_of_an_entry_is_a_formula(staff, charged):
    Price.objects.create(model="@sum", effective_from=NOW, input=1, output=1)
    charged("=1+1", '=HYPERLINK("x")', model="@sum")

    [row] = rows(staff, reverse("admin:billing_ledgerentry_export"))

    assert row["reference"] == "'=1+1"
    assert row["visitor"] == '\'=HYPERLINK("x")'
    assert row["model_requested"] == "'@sum"


@guards(
    "chatsite/staff/paging.py",
    "        may = field_name in (self.sortable_by or ())\n",
    "        may = True\n",
)
def test_entries_are_sorted_by_what_has_an_index(staff, three):
    """Whatever an address names: here the cost, then the purpose, whose head is no link."""
    orders = [staff.get(f"{ENTRIES}?o={n}").context["cl"].queryset.query.order_by for n in (7, 2)]

    assert orders == [("amount", "-pk"), ("-pk",)]


def test_the_list_of_entries_leads_to_its_export(staff, three):
    body = staff.get(f"{ENTRIES}?tier=cheap").content.decode()

    assert f'href="{reverse("admin:billing_ledgerentry_export")}?tier=cheap"' in body


@guards(
    "billing/dashboard/downloads.py",
    "_awaited(parts) if isinstance(request, ASGIRequest) else parts",
    "parts",
)
@pytest.mark.django_db(transaction=True)
async def test_a_download_is_sent_while_it_is_read():
    """As the product's server asks for it."""
    client = AsyncClient()
    staff = await database_sync_to_async(signed_in)("billing.view_ledgerentry")
    client.cookies = staff.cookies
    response: Any = await client.get(reverse("admin:billing_ledgerentry_export"))

    assert response.is_async
    parts = [part async for part in response.streaming_content]
    assert parts[0].decode("utf-8-sig").startswith('"reference","purpose"')
