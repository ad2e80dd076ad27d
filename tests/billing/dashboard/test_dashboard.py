"""The dashboard of costs, through the admin's door."""

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing import ledger
from billing.call_outcomes import Cause, cause, failed
from billing.dashboard import safe_csv
from billing.dashboard.totals import Totals
from billing.models import Budget, Price
from billing.prices.pricing import Usage
from chatsite.chat.models import Conversation, Message
from tests.billing.conftest import NOW
from tests.guards import guards

COSTS = reverse("admin:billing_costs")
EXPORT = reverse("admin:billing_costs_export")
USED = Usage(input_tokens=1000, output_tokens=100, cached_tokens=250)
# In dollars: 1,000 tokens in and 100 out.
CHEAP, STRONG = Decimal("0.00065"), Decimal("0.036")

Settled = Callable[..., None]


def signed_in(*permissions: str) -> Client:
    user = User.objects.create(username=" ".join(permissions) or "nobody", is_staff=True)
    names = [name.partition(".")[2] for name in permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff(db) -> Client:
    return signed_in("billing.view_ledgerentry", "billing.view_budget", "chat.view_conversation")


@pytest.fixture
def settled(reserve) -> Settled:
    """A call that was made so many days ago, and has come to an end."""

    def settled(
        reference: str,
        *,
        days: int = 0,
        outcome: str = "stop",
        usage: Usage | None = USED,
        took: float = 3,  # seconds
        **named,
    ) -> None:
        now = timezone.now() - timedelta(days=days)
        strong = named.get("tier") == "strong"
        given = {"model": "gpt-4"} if strong else {"compared_with": "gpt-4"}
        reserve(reference, now=now, **(given | named))
        ledger.settle(reference, usage, outcome=outcome, now=now + timedelta(seconds=took))

    return settled


@pytest.fixture
def traffic(settled) -> None:
    """Of today and yesterday, which may be another month."""
    settled("reply:1:1")
    settled("reply:2:1", tier="strong", conversation="conversation:2")
    settled("reply:3:1", days=1, outcome="escalated")
    settled("reply:3:2", days=1, tier="strong")
    settled("score:3:1", days=1, purpose="scoring")
    settled("reply:4:1", days=1, outcome="timeout", usage=None)
    settled("reply:4:2", days=1)


def page(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(COSTS + query, headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def text(body: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def test_today_and_the_month_stand_beside_their_budgets(staff, traffic):
    Budget.objects.create(name="Each day", scope="site", period="day", limit=10**9)
    Budget.objects.create(name="Each month", scope="site", period="month", limit=10**10)

    seen = text(page(staff))

    assert "Today $0.0367 Each day : $0.00 of $1.00" in seen
    assert "Each month : $0.00 of $10.00" in seen
    assert "Left of this month's budget Each month: nothing is spent yet." in seen


def test_the_forecast_goes_on_from_what_is_left(staff, settled):
    Budget.objects.create(name="Each month", scope="site", period="month", limit=10**12)
    settled("reply:1:1", tier="strong")

    body = page(staff)

    assert "Each month: at this pace, $0.036 of $1,000.00 will be spent by its end." in text(body)
    cells = re.findall(r"<td data-value=\"999\.964\">", body)
    # Today, and the forecast of the days to come.
    assert len(cells) > 1


def test_the_burn_down_says_how_the_budget_paces_itself(staff, settled):
    month = Budget.objects.create(
        name="Each month",
        scope="site",
        period="month",
        limit=10**12,
        paces_itself=True,
        paced_points=1.5,
        paced_at=timezone.now(),
    )
    settled("reply:1:1", tier="strong")

    body = page(staff)

    assert "Pacing: the threshold is raised by 1.5 points." in text(body)
    part = f"/admin/billing/budget/{month.pk}/lasting/"
    assert f'hx-get="{part}" hx-trigger="load"' in body
    assert "Not enough traffic yet: 0 of 7 days, 0 of 100 answers." in text(
        staff.get(part).content.decode()
    )


def test_a_budget_is_shown_as_it_is_used(staff, settled):
    Budget.objects.create(name="Each day", scope="site", period="day", limit=2 * 10**8)
    settled("reply:1:1", tier="strong", usage=Usage(1000, 1000))

    assert 'value="45.0" data-level="fine"' in page(staff)
    settled("reply:2:1", tier="strong", usage=Usage(1000, 1000))
    assert 'value="90.0" data-level="high"' in page(staff)
    assert "Each day : $0.18 of $0.20" in text(page(staff))
    Budget.objects.update(limit=10**8)
    assert 'value="100.0" data-level="full"' in page(staff)
    assert "Each day : $0.18 of $0.10, used up" in text(page(staff))


def test_what_routing_saved_is_said(staff, traffic):
    """Two answers were cheap; one more was doubted and written again, and one cost a guess."""
    seen = text(page(staff, "?period=7"))

    # In a strong tier alone: four answers, and the attempt that failed at what was reserved.
    alone = 4 * STRONG + Decimal("0.002")
    spent = 2 * STRONG + 4 * CHEAP + Decimal("0.002")
    assert f"Saved by routing ${alone - spent:.4f} {100 * (alone - spent) / alone:.1f} %" in seen
    assert f"With the strong model alone: ${alone:.3f}." in seen
    assert f"${spent:.4f} in 7 calls · 25.0 % of the input came from the provider's cache" in seen
    assert "$0.002 is estimated until it is reconciled" in seen


def test_a_conversation_costs_so_much(staff, settled):
    for number in range(1, 41):
        usage = Usage(1000 * number, 0)
        settled(f"reply:{number}:1", conversation=f"conversation:{number}", usage=usage)

    seen = text(page(staff))

    # The 20th and the 38th of 40.
    assert "Per conversation $0.01 median" in seen
    assert "95 % cost $0.019 or less. 40 in this period." in seen


def test_waste_is_told_by_cause(staff, traffic):
    seen = text(page(staff, "?period=7"))

    assert "Waste: $0.0026" in seen
    assert "Failed and retried $0.002 1 call, 2.6 %" in seen
    assert "Replaced by the strong model $0.00065 1 call" in seen
    assert "Cut off at the limit $0.00 0 calls" in seen


def test_a_hold_of_a_dead_worker_is_no_answer_of_two_minutes(staff, settled):
    settled("reply:1:1", took=1)
    for number in range(2, 12):
        settled(f"reply:{number}:1", took=120, outcome="expired", usage=None)

    assert "gpt-3.5-turbo 11 90.9 % 0.5 s 0.9 s" in text(page(staff, "?period=7"))


@guards(
    "billing/dashboard/tables.py",
    "                total(answered(own)),\n",
    "                total(own),\n",
)
def test_only_answers_say_how_long_customers_wait(staff, settled):
    settled("reply:1:1", tier="strong", took=3)
    settled("judge:1", tier="strong", took=80_000, purpose="judging")
    settled("score:1:1", tier="strong", took=0.2, purpose="scoring")

    body = page(staff, "?period=7")

    assert "gpt-4 3 0 % 3.0 s 3.9 s" in text(body)
    chart = body.rpartition("Response time (95th percentile)")[2].partition("</table>")[0]
    [url] = re.findall(r'<td data-value="3.9"><a href="([^"]+)">', chart)
    assert staff.get(html.unescape(url)).context["cl"].result_count == 1


@pytest.mark.parametrize(
    ("outcome", "expected", "in_vain"),
    [
        ("stop", None, False),
        ("not_sent", None, False),
        ("reconciled", None, False),
        ("length", Cause.LONG, False),
        ("content_filter", Cause.FILTERED, False),
        ("escalated", Cause.ESCALATED, False),
        ("abandoned", Cause.ABANDONED, True),
        ("expired", Cause.ABANDONED, True),
        ("timeout", Cause.FAILED, True),
        ("broken", Cause.FAILED, True),
        ("a word that nobody has thought of", Cause.FAILED, True),
    ],
)
def test_an_outcome_has_a_cause(outcome, expected, in_vain):
    assert cause(outcome) == expected
    assert failed(outcome) == in_vain


def test_every_number_of_a_chart_leads_to_its_rows(staff, traffic):
    body = page(staff, "?period=7")
    cells = re.findall(r'<td data-value="([\d.]+)"><a href="([^"]+)">', body)
    spent = body.rpartition("Spend per day by tier")[2].partition("</table>")[0]
    amounts = re.findall(r'<td data-value="([\d.]+)"><a href="([^"]+)">', spent)

    assert len(cells) > len(amounts) == 4
    for value, url in amounts:
        rows = staff.get(html.unescape(url)).context["cl"].queryset
        assert sum(entry.amount for entry in rows) == int(Decimal(value) * 10**9)
    for url in {url for _, url in cells} | set(re.findall(r'href="([^"]*outcome[^"]*)"', body)):
        assert staff.get(html.unescape(url)).context["cl"].result_count > 0


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("?period=today", 2),
        ("?period=7", 7),
        ("?period=7&tier=strong", 2),
        ("?period=7&model=gpt-3.5-turbo&purpose=answer", 4),
        ("?period=7&purpose=scoring", 1),
        ("", 7),
        # What cannot be meant is as if it were not said.
        ("?period=x", 7),
        ("?period=custom&from=x&to=2026-01-01", 7),
        ("?period=custom&from=0001-01-01&to=9999-12-31", 7),
        ("?period=custom&month=2026-13", 7),
    ],
)
def test_the_address_says_what_is_shown(staff, traffic, query, calls):
    seen = text(page(staff, query))

    assert re.search(r" in (\d+) calls? ", seen)[1] == str(calls)  # type: ignore[index]


def test_days_are_chosen(staff, traffic):
    yesterday = timezone.localdate() - timedelta(days=1)

    seen = text(page(staff, f"?period=custom&from={yesterday}&to={yesterday}"))

    assert "in 5 calls" in seen
    assert f"{yesterday:%A}" in seen


def test_any_month_is_chosen(staff, settled):
    earlier = timezone.now() - timedelta(days=100)
    Price.objects.create(model="gpt-3.5-turbo", effective_from=earlier, input=1, output=1)
    settled("reply:1:1")
    settled("reply:2:1", days=70)
    today, then = timezone.localdate(), timezone.localdate() - timedelta(days=70)

    body = page(staff, f"?period=custom&month={then:%Y-%m}&purpose=answer")

    assert f"{then:%B %Y} · purpose answer" in text(body)
    form = body.partition('<select id="narrow-month"')[2].partition("</form>")[0]
    assert f'<option value="{then:%Y-%m}" selected>' in form
    # The newest first, none left out.
    months = re.findall(r'<option value="([\d-]+)"', form)
    assert months == sorted(months, reverse=True)
    assert months[0] == f"{today:%Y-%m}"
    assert len(months) >= 36
    assert "selected>Choose" in page(staff, "?period=7")


def test_a_time_without_calls_says_so(staff, traffic):
    seen = text(page(staff, "?period=custom&from=2020-01-01&to=2020-01-31&tier=strong"))

    assert "January 2020" in seen
    assert "No calls in this period match the filters." in seen
    assert "Models" not in seen


def test_a_new_site_has_a_dashboard(staff):
    seen = text(page(staff))

    assert "Today $0.00" in seen
    assert "No calls in this period. Costs appear here as soon as customers ask." in seen


def test_htmx_is_given_the_part_that_changes(staff, traffic):
    whole = staff.get(COSTS)
    part = staff.get(COSTS, headers={"HX-Request": "true"})

    assert "<html" in whole.content.decode()
    assert part.content.decode().strip().startswith('<div class="costs" id="costs">')
    for response in (whole, part):
        assert "HX-Request" in response["Vary"]


def test_who_may_not_see_the_ledger_sees_no_costs(client, db):
    curious = signed_in("chat.view_conversation")

    for url in (COSTS, EXPORT):
        assert client.get(url).status_code == 302
        assert curious.get(url).status_code == 403
        assert signed_in("billing.view_ledgerentry").post(url).status_code == 405
        User.objects.filter(username="billing.view_ledgerentry").delete()
    assert COSTS not in curious.get(reverse("admin:index")).content.decode()


def test_the_index_leads_to_the_costs(staff):
    assert f'href="{COSTS}"' in staff.get(reverse("admin:index")).content.decode()


@pytest.fixture
def dear(settled) -> Conversation:
    conversation = Conversation.objects.create(visitor="v")
    Message.objects.create(
        conversation=conversation, position=1, role="customer", text="<b>Mine</b>\n\nis late"
    )
    settled("reply:1:1", conversation=conversation.reference, tier="strong")
    settled("reply:2:1", conversation="conversation:0")
    return conversation


def test_the_dearest_conversations_are_named(staff, dear):
    body = page(staff)

    url = reverse("admin:chat_conversation_change", args=[dear.pk])
    assert f'<a href="{url}">&lt;b&gt;Mine&lt;/b&gt; is late</a>' in body
    seen = text(body)
    assert "<b>Mine</b> is late 1 call $0.036 conversation:0 (deleted) 1 call $0.0006" in seen


def test_the_page_needs_few_queries(staff, settled):
    Budget.objects.create(name="Each day", scope="site", period="day", limit=10**12)
    Budget.objects.create(name="Each month", scope="site", period="month", limit=10**12)
    for number in range(30):
        settled(f"reply:{number}:1", days=number % 9, conversation=f"conversation:{number}")

    page(staff)
    with CaptureQueriesContext(connection) as queries:
        page(staff)

    assert len(queries) <= 15, [query["sql"][:80] for query in queries]


# The spreadsheet.


def rows(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(EXPORT + query)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    body = response.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


def test_the_export_has_what_the_page_has(staff, traffic):
    found = rows(staff, "?period=7")

    assert sum(Decimal(row["amount"]) for row in found) == 2 * STRONG + 4 * CHEAP + Decimal("0.002")
    assert sum(int(row["calls"]) for row in found) == 7
    assert {row["tier"] for row in rows(staff, "?period=7&tier=strong")} == {"strong"}
    assert len(found) == 7


def test_no_cell_of_the_export_is_a_formula(staff, settled):
    Price.objects.create(model='=HYPERLINK("x")', effective_from=NOW, input=1, output=1)
    settled("reply:1:1", model='=HYPERLINK("x")', outcome="@sum")

    [row] = rows(staff)

    assert row["model"] == '\'=HYPERLINK("x")'
    assert row["outcome"] == "'@sum"


@guards("billing/dashboard/safe_csv.py", " not in NOTHING", "")
@guards("billing/dashboard/safe_csv.py", 'unicodedata.normalize("NFKC", first)', "first")
@pytest.mark.parametrize(
    "start",
    [
        *("=", "+", "-", "@", "\t", "\r", "\n", " =", "  @"),
        *("\uff1d", "\uff20", "\u3000=", "\u00a0+", "\u200b=", "\ufeff\u2060 ="),
        *("\0=", "\x0b@", "\u200e-", "\u2028+", "\u00ad\uff1d", "\u00a0" * 25 + "="),
    ],
)
def test_text_that_a_spreadsheet_would_run_is_quoted(start):
    _, line = safe_csv.lines([[f"{start}1+1"]])

    assert next(csv.reader(io.StringIO(line, newline="")))[0] == f"'{start}1+1"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-3, "-3"),
        (Decimal("-0.5"), "-0.5"),
        (Decimal("1E-9"), "0.000000001"),
        ("a=b", '"a=b"'),
        ("x;=1+1", '"x;=1+1"'),
        ("x\t=1+1", '"x\t=1+1"'),
        ("", '""'),
    ],
)
def test_what_is_no_formula_stays(value, written):
    _, line = safe_csv.lines([[value]])

    assert line == f"{written}\r\n"


@pytest.mark.parametrize(
    ("within", "share", "seconds"),
    [
        ((10, 10, 10, 10, 10, 10), 0.5, 0.5),
        ((0, 10, 10, 10, 10, 10), 0.5, 1.5),
        ((0, 5, 10, 10, 10, 10), 0.95, 3.8),
        ((0, 0, 0, 0, 0, 9), 0.95, float("inf")),
        ((0, 0, 0, 0, 0, 9), 0.9, 32.0),
    ],
)
def test_percentiles_come_from_how_many_were_done_by_then(within, share, seconds):
    totals = Totals(10, 0, 0, 0, 0, 0, 0, 0, 0, *within)

    assert totals.took(share) == pytest.approx(seconds)
    assert Totals().took(share) is None
