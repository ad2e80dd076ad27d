"""The report of a month: its page, its mail, and who gets them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as outgoing
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from chatsite.chat.actions import rate
from chatsite.chat.models import Message
from chatsite.monitor import tasks
from chatsite.monitor.tasks import find_gaps
from chatsite.monthly_report import mail, mail_queue
from chatsite.monthly_report.models import ReportMail
from chatsite.routing_mistakes.tasks import find_mistakes
from chatsite.staff import roles
from routing.models import TaskType
from tests.chat.told import NOW, prices
from tests.guards import guards
from tests.monitor.people import signed_in, told
from tests.routing_mistakes import month

PAGE = reverse("monthly_report:report")
# After NOW's month is over: in Amsterdam it is 8 o'clock.
GOOD, BAD = Message.Rating.GOOD, Message.Rating.BAD
MORNING = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)


def words(client: Client, query: str) -> str:
    page = client.get(f"{PAGE}?{query}").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def march(db, settings) -> None:
    """Four answers in March, of which three are rated; and the last 30 days with planted causes."""
    settings.REPORT_EMAILS = ["owner@shop.example", "second@shop.example"]
    prices()
    roles.grant()
    replies = [told(number) for number in range(3)] + [told(3, "strong")]
    for each, rating in zip(replies, (GOOD, GOOD, BAD), strict=False):
        rate.answer(each.public_id, each.visitor, each.reply.pk, rating)
    Message.objects.update(created_at=NOW, ended_at=NOW + timedelta(seconds=3))
    TaskType.objects.create(name="Repairs", examples="can you repair my pen")
    tasks.count_answers.apply()
    month.store(month.judged(1, 250))


@guards(
    "chatsite/monthly_report/month_figures.py",
    "default=False, output_field=BooleanField())",
    "default=True, output_field=BooleanField())",
)
def test_the_page_says_what_a_month_cost_and_what_to_do(march, django_assert_max_num_queries):
    operator = signed_in(roles.OPERATORS)
    operator.get(PAGE)  # the first visit of a session also writes it

    find_mistakes.apply()
    find_gaps.apply()
    # The report's own 8, and 9 of the frame around each page of the admin.
    with django_assert_max_num_queries(17):
        said = words(operator, "month=2026-03")

    assert "Report of March 2026" in said
    # Three cheap answers of 1,000 and 200 tokens, and a strong one.
    assert "Spent $0.0444 " in said
    # Nothing was compared here with what the strong model would have cost.
    assert "Saved by routing $0.00 The strong model alone: $0.0444." in said
    assert "Helpful 66.7 % 20.8 % to 93.9 % with 95 % confidence, by 3 ratings." in said
    assert "Share of rated answers that were rated helpful." in said
    assert "Send the task type “Repairs” to the strong model." in said
    assert "cheap answers to the task type “Repairs” were not good enough. They cost $" in said
    following = words(operator, "month=2026-04")
    assert "Nothing happened in April 2026" in following
    assert "Show this month so far" in following
    for wrong in ("2026-13", "x", "0001-01"):
        assert "Report of" in words(operator, f"month={wrong}")
    assert signed_in("").get(PAGE).status_code == 403


@guards(
    "chatsite/monthly_report/mail_queue.py",
    "(local.day == 1 and local.hour < FROM_HOUR)",
    "False",
)
def test_the_owner_gets_it_once_by_mail_on_the_first_morning(march):
    assert mail_queue.owe(MORNING - timedelta(hours=2)) == 0  # 6 o'clock
    assert mail_queue.owe(MORNING + timedelta(days=8)) == 0
    assert mail_queue.owe(datetime(2026, 3, 1, 9, tzinfo=UTC)) == 0  # nothing before March
    assert [mail_queue.owe(MORNING) for _ in range(2)] == [2, 0]

    assert [mail.deliver(MORNING) for _ in range(2)] == [2, 0]

    first, second = outgoing.outbox
    assert [first.to, second.to] == [["owner@shop.example"], ["second@shop.example"]]
    assert first.subject == "[Customer service] Report of March 2026"
    for part in ("WHAT IT COST", "WHAT IT SAVED", "HOW GOOD IT WAS", "WHAT TO DO NEXT"):
        assert part in first.body
    assert "Helpful: 66.7 %\n  20.8 % to 93.9 %" in first.body
    assert f"{PAGE}?month=2026-03" in first.body
    assert "When are you open?" not in first.body  # customers' words stay here
    assert set(ReportMail.objects.values_list("state", flat=True)) == {"sent"}
    call_command("send_report", to="me@shop.example")
    assert outgoing.outbox[2].to == ["me@shop.example"]


def test_a_mail_server_that_is_away_is_asked_again(march, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    mail_queue.owe(MORNING)

    assert mail.deliver(MORNING) == 0
    assert mail.deliver(MORNING + timedelta(minutes=10)) == 0

    found = ReportMail.objects.first()
    assert found is not None
    assert (found.state, found.tries, found.result) == ("due", 1, "ConnectionRefusedError")
    assert f"On its way to {found.recipient}, after 1 try" in words(
        signed_in(roles.OPERATORS), "month=2026-03"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportMail.objects.update(state="sent")
