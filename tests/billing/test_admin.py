"""What operators see and type of prices, budgets and the ledger: dollars."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from billing import ledger
from billing.models import (
    Budget,
    BudgetPeriod,
    LedgerEntry,
    Price,
)
from billing.prices.pricing import Usage
from chatsite.staff import paging, roles
from tests.billing.conftest import CHEAP, NOW, STRONG, budget
from tests.guards import guards

PRICES = reverse("admin:billing_price_changelist")
ADD_PRICE = reverse("admin:billing_price_add")
PREVIEW = reverse("admin:billing_budget_preview")
BUDGETS = reverse("admin:billing_budget_changelist")
ADD_BUDGET = reverse("admin:billing_budget_add")
WINDOWS = reverse("admin:billing_budgetperiod_changelist")
ENTRIES = reverse("admin:billing_ledgerentry_changelist")


@pytest.fixture
def operator(client, django_user_model):
    # Without a password, which takes a second to hash.
    client.force_login(django_user_model.objects.create(is_staff=True, is_superuser=True))
    return client


def page(client, url: str, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return str(response.content.decode())


def typed(**change: str) -> dict[str, str]:
    """The form of a price, as it is typed."""
    return {
        "model": "gpt-4",
        "service_tier": "default",
        "effective_from_0": "2026-12-01",
        "effective_from_1": "00:00:00",
        "input": "25",
        "output": "50",
    } | change


def test_a_price_is_typed_in_dollars_per_million_tokens(operator, prices):
    response = operator.post(ADD_PRICE, typed(cached_input="2.5"))

    assert response.status_code == 302
    price = Price.objects.get(model="gpt-4", input=25 * 10**9)
    assert (price.output, price.cached_input, price.cache_write) == (
        50 * 10**9,
        2_500_000_000,
        None,
    )


@pytest.mark.parametrize(
    ("change", "question"),
    [
        # Per thousand tokens, per token, in cents: against the price so far.
        ({"input": "0.03", "output": "0.06"}, "where the price so far is $30.00"),
        ({"input": "0.00003", "output": "0.00006"}, "where the price so far is $30.00"),
        ({"input": "3000", "output": "6000"}, "where the price so far is $30.00"),
        ({"output": "50000"}, "where the price so far is $60.00"),
        ({"cached_input": "0.001"}, "where the price so far is $30.00"),
        # The same in another service tier.
        (
            {"service_tier": "priority", "input": "0.05", "output": "0.1"},
            "where the price so far is $30.00",
        ),
        # A model that had no price yet.
        ({"model": "new", "input": "0.0005", "output": "0.0015"}, "outside the usual range"),
        ({"model": "new", "input": "2500", "output": "2500"}, "outside the usual range"),
        ({"model": "new", "input": "2.5", "output": "5000"}, "where input is $2.50"),
        ({"model": "new", "input": "2.5", "cache_write": "0.001"}, "where input is $2.50"),
        ({"model": "new", "input": "0", "output": "0"}, "outside the usual range"),
    ],
)
def test_a_price_that_looks_like_a_slip_is_asked_about(operator, prices, change, question):
    before = Price.objects.count()

    refused = operator.post(ADD_PRICE, typed(**change))
    asked = refused.content.decode()

    assert refused.status_code == 200
    assert Price.objects.count() == before
    assert question in asked
    assert "tick the box below" in asked
    assert operator.post(ADD_PRICE, typed(confirmed="on", **change)).status_code == 302
    assert Price.objects.count() == before + 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"input": "-1"}, "greater than or equal to 0"),
        ({"input": "0.1234567891"}, "no more than 9 decimal places"),
        ({"input": "1000000"}, "no more than 6 digits before the decimal point"),
        ({"output": ""}, "This field is required"),
        ({"input": "a lot"}, "Enter a number"),
    ],
)
def test_a_price_that_is_none_is_refused(operator, prices, change, words):
    response = operator.post(ADD_PRICE, typed(confirmed="on", **change))

    assert words in response.content.decode()


def test_two_prices_from_one_moment_are_refused(operator, prices):
    operator.post(ADD_PRICE, typed())

    response = operator.post(ADD_PRICE, typed())

    assert "This model already has a price from that moment on." in response.content.decode()


def test_prices_are_shown_in_dollars_and_never_edited(operator, prices):
    price = Price.objects.get(model="gpt-4")
    url = reverse("admin:billing_price_change", args=[price.pk])

    assert "$30.00" in page(operator, PRICES)
    shown = page(operator, url)
    assert "$60.00" in shown
    assert '<input type="submit"' not in shown
    assert operator.post(url, typed()).status_code == 403
    assert Price.objects.get(model="gpt-4").input == 30 * 10**9


def test_a_price_in_use_is_not_deleted(operator, reserve):
    reserve()
    price = Price.objects.get(model="gpt-3.5-turbo")
    url = reverse("admin:billing_price_delete", args=[price.pk])

    operator.post(url, {"post": "yes"})

    assert Price.objects.filter(pk=price.pk).exists()


def test_a_budget_is_typed_in_dollars(operator):
    form = SITE | {"limit": "12.5", "active": "on"}

    response = operator.post(ADD_BUDGET, form | untouched())

    assert response.status_code == 302
    assert Budget.objects.get().limit == 12_500_000_000


def test_the_site_has_no_key(operator):
    response = operator.post(ADD_BUDGET, SITE | untouched() | {"key": "x"})

    assert "leave the key blank" in response.content.decode()
    assert not Budget.objects.exists()


def untouched(**change: str) -> dict[str, str]:
    """The rest of a budget's form, as it stands or as it is typed."""
    return {
        "windows-TOTAL_FORMS": "0",
        "windows-INITIAL_FORMS": "0",
        "warning_lines": "80, 95",
        "pace_at_most": "2",
        "economise_from": "80",
        "economise_by": "3",
        "economise_curve": "steady",
        "cheap_only_from": "95",
        "approved_from": "",
        "later_from": "100",
    } | change


SITE = {"name": "Site", "scope": "site", "key": "", "period": "day", "limit": "1"}


@pytest.mark.parametrize(
    ("lines", "kept"), [("95 ,80", [80, 95]), ("", []), ("50 80 80", [50, 80]), ("100", [100])]
)
def test_warning_lines_are_typed_in_percent(operator, lines, kept):
    operator.post(ADD_BUDGET, SITE | untouched(warning_lines=lines))

    assert Budget.objects.get().lines == kept


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"warning_lines": "80, many"}, "Enter whole numbers from 1 to 100, such as 80, 95."),
        ({"warning_lines": "0"}, "Enter whole numbers from 1 to 100, such as 80, 95."),
        ({"warning_lines": "101"}, "Enter whole numbers from 1 to 100, such as 80, 95."),
        ({"warning_lines": "1 2 3 4 5 6"}, "At most 5 warning lines."),
        ({"economise_from": "0"}, "greater than or equal to 1"),
        ({"later_from": "101"}, "less than or equal to 100"),
        ({"economise_by": "11"}, "less than or equal to 10"),
        ({"cheap_only_from": "70"}, "A step cannot start before the step above it."),
        ({"later_from": "90"}, "A step cannot start before the step above it."),
    ],
)
def test_a_ladder_that_is_none_is_refused(operator, change, words):
    response = operator.post(ADD_BUDGET, SITE | untouched(**change))

    assert words in response.content.decode()
    assert not Budget.objects.exists()


def test_what_a_ladder_does_is_shown_while_it_is_typed(operator):
    shown = page(operator, PREVIEW, **untouched(economise_by="4"))

    assert re.findall(r"(\d+) %</span> <span[^>]*>(.+?)</span>", shown) == [
        ("0", "The policy&#x27;s threshold of 7 applies."),
        ("80", "The threshold starts to rise."),
        ("85", "The threshold is 8."),
        ("90", "The threshold is 9."),
        ("95", "The cheap model answers everything except messages about a certain danger."),
        (
            "100",
            "AI answers stop. Customers get an approved answer, a person, or a request to come back"
            " later.",
        ),
    ]


def test_a_ladder_that_does_not_fit_together_is_said_to_be_one(operator):
    assert "do not fit together yet" in page(operator, PREVIEW, **untouched(later_from="1"))


def test_a_stored_ladder_is_shown_in_words(operator):
    url = reverse("admin:billing_budget_change", args=[budget(CHEAP).pk])

    assert "The threshold starts to rise." in page(operator, url)


def test_a_budget_shows_what_is_spent_reserved_and_left(operator, reserve):
    now = timezone.now()
    daily = budget(10 * STRONG, period="day")
    each = budget(5 * STRONG, "conversation", "day")
    budget(7 * STRONG, "visitor", "month", key="nobody")
    reserve("reply:1:1", model="gpt-4", now=now)
    ledger.settle("reply:1:1", Usage(1000, 0), outcome="stop", now=now)
    reserve("reply:2:1", conversation="conversation:2", now=now)

    listed = page(operator, BUDGETS)
    shown = page(operator, reverse("admin:billing_budget_change", args=[each.pk]))
    windows = page(operator, WINDOWS, budget__id__exact=str(daily.pk))

    # Of each conversation's budget, the fullest.
    assert row(listed, daily.name) == ["$0.90", "$0.03", "$0.002", "$0.868"]
    assert row(listed, each.name) == ["$0.45", "$0.03", "$0.00", "$0.42"]
    assert row(listed, "visitor nobody") == ["$0.63", "$0.00", "$0.00", "$0.63"]
    assert "conversation:1" in shown
    assert row(shown, "conversation:2") == ["$0.45", "$0.00", "$0.002", "$0.448"]
    assert row(windows, "day") == ["$0.90", "$0.03", "$0.002", "$0.868", "$0.00"]


def row(html: str, name: str) -> list[str]:
    """The dollars in the table row that has this text."""
    found = next(part for part in html.split("<tr")[1:] if name in part and "$" in part)
    words = found.split("</tr>")[0].replace("<", " <").replace(">", "> ").split()
    return [word for word in words if word.startswith("$")]


def test_a_budget_that_is_edited_keeps_what_is_spent(operator, reserve):
    now = timezone.now()
    site = budget(10 * CHEAP)
    reserve(now=now)
    ledger.settle("reply:1:1", None, outcome="abandoned", now=now)
    url = reverse("admin:billing_budget_change", args=[site.pk])
    assert 'value="0.02"' in page(operator, url)

    form = {"name": "Renamed", "limit": "0.001", "active": "on", "scope": "tier"}
    response = operator.post(url, form | untouched())

    assert response.status_code == 302
    site.refresh_from_db()
    assert (site.name, site.limit, site.scope) == ("Renamed", 1_000_000, "site")
    window = BudgetPeriod.objects.get()
    # Not below what is spent, so that the constraint holds; and nothing is left.
    assert (window.spent, window.limit, window.left) == (CHEAP, CHEAP, 0)


@pytest.fixture
def entries(reserve) -> None:
    for reference, purpose in (("reply:12:1", "answer"), ("score:12:1", "scoring")):
        reserve(reference, purpose=purpose)
    ledger.settle("reply:12:1", Usage(123, 45), outcome="stop", request_id="req_9", now=NOW)
    ledger.settle("score:12:1", None, outcome="timeout", now=NOW + timedelta(seconds=2))


def test_the_ledger_lists_costs_in_dollars(operator, entries):
    listed = page(operator, ENTRIES)

    assert "$0.000129" in listed
    assert "$0.002" in listed


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "reply:12"}, "reply:12:1"),
        ({"q": "score:12:1"}, "score:12:1"),
        ({"purpose__exact": "answer"}, "reply:12:1"),
        ({"outcome": "timeout"}, "score:12:1"),
        ({"estimated__exact": "1"}, "score:12:1"),
    ],
)
def test_the_ledger_is_searched_and_filtered(operator, entries, query, found):
    listed = page(operator, ENTRIES, **query)

    both = {"reply:12:1", "score:12:1"}
    assert {reference for reference in both if f">{reference}</a>" in listed} == {found}


def test_an_entry_is_read_only(operator, entries):
    entry = LedgerEntry.objects.get(reference="reply:12:1")
    url = reverse("admin:billing_ledgerentry_change", args=[entry.pk])

    shown = page(operator, url)

    assert "req_9" in shown
    assert "$1.50" in shown
    assert "$0.002" in shown
    assert operator.post(url, {"amount": "0"}).status_code == 403
    delete = reverse("admin:billing_ledgerentry_delete", args=[entry.pk])
    assert operator.post(delete, {"post": "yes"}).status_code == 403
    assert operator.get(reverse("admin:billing_ledgerentry_add")).status_code == 403
    assert LedgerEntry.objects.get(pk=entry.pk).amount == entry.amount


@pytest.mark.parametrize(
    ("url", "columns"), [(PRICES, 9), (BUDGETS, 9), (WINDOWS, 8), (ENTRIES, 10)]
)
def test_every_column_sorts(operator, entries, url, columns):
    budget(CHEAP)

    for column in range(1, columns + 1):
        page(operator, url, o=str(-column))


@pytest.mark.parametrize("words", ["reply:12", "reply:12:1", "reply:1", "REPLY", "12", "%", "_"])
def test_a_search_finds_how_references_begin(operator, entries, words):
    listed = page(operator, ENTRIES, q=words)

    found = "reply:12:1".startswith(words)
    assert (">reply:12:1</a>" in listed) == found
    assert ">score:12:1</a>" not in listed


def test_filters_offer_what_there_is(operator, entries):
    listed = page(operator, ENTRIES)

    for address in ("outcome=stop", "outcome=timeout", "model_requested=gpt-3.5-turbo"):
        assert f"?{address}" in listed
    assert "model_requested=gpt-4" not in listed


def test_a_long_list_says_that_it_is_cut(operator, entries, monkeypatch):
    assert "Only the first" not in page(operator, ENTRIES)

    monkeypatch.setattr(paging, "MOST_LISTED", 1)

    listed = page(operator, ENTRIES)
    assert "Only the first 1 are listed." in listed
    assert "1 ledger entry" in listed


@guards("billing/admin/budgets.py", '"limit_dollars" if name == "limit" else name', "name")
def test_who_may_only_read_a_budget_reads_dollars(client, django_user_model, db):
    roles.grant()
    reader = django_user_model.objects.create(is_staff=True)
    reader.groups.add(Group.objects.get(name=roles.STAFF))
    client.force_login(reader)

    shown = page(client, reverse("admin:billing_budget_change", args=[budget(5 * 10**9).pk]))

    assert "$5.00" in shown
    assert str(5 * 10**9) not in shown


def test_an_empty_list_says_what_will_be_in_it(operator):
    adjustments = reverse("admin:billing_pacingchange_changelist")

    assert "No budget uses pacing yet." in page(operator, adjustments)
    filtered = page(operator, adjustments, outcome__exact="bound")
    assert 'Nothing found. <a href="?">Show all</a>' in filtered


@guards("chatsite/settings.py", 'FORMAT_MODULE_PATH = "chatsite.staff.formats"\n', "")
@guards(
    "chatsite/staff/paging.py",
    "        self.title = capfirst(str(self.opts.verbose_name_plural))\n",
    "",
)
def test_dates_and_headings_are_written_as_on_the_pages(operator, reserve):
    reserve()
    ledger.settle("reply:1:1", Usage(100, 50), outcome="stop", now=NOW)

    listed = page(operator, ENTRIES)

    assert "<h1>Ledger entries</h1>" in listed
    assert timezone.localtime(NOW).strftime("%d %b %Y, %H:%M").lstrip("0") in listed
