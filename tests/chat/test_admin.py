"""Conversations in the admin: found, read, taken over, handed back, deleted."""

import csv
import html
import re
import uuid
from datetime import timedelta
from decimal import Decimal
from threading import Thread

import pytest
import redis
from django.conf import settings as site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import LedgerEntry
from billing.prices.pricing import Usage
from chatsite.chat.actions import end_reply, hand_back, staff_reply, take_over
from chatsite.chat.admin import conversation_list, csv_export, transcripts
from chatsite.chat.admin.conversation_admin import ConversationAdmin
from chatsite.chat.admin.conversation_rows import ConversationStatus, status
from chatsite.chat.live import bus
from chatsite.chat.live.outgoing_frames import unpacked
from chatsite.chat.models import (
    CannedAnswer,
    Conversation,
    Message,
    ScoringShare,
    Summary,
)
from chatsite.chat.web import fragments
from chatsite.staff import admin_site, roles
from routing.models import AnswerCheck, RouteDecision
from tests.chat.told import Told, prices
from tests.guards import guards

LIST = "/admin/chat/conversation/"
HOSTILE = "<script>alert(1)</script> \"'& <img src=x onerror=alert(2)>"


def page(told: Told, verb: str = "change") -> str:
    return f"{LIST}{told.conversation.pk}/{verb}/"


def member(name: str, group: str) -> User:
    roles.grant()
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def signed_in(user: User, enforce_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks, headers={"host": "localhost"})
    client.force_login(user)
    return client


def text(response) -> str:
    """What a reader sees, runs of white space as one space."""
    body = re.sub(r"<(script|style|head).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


@pytest.fixture
def told(db) -> Told:
    prices()
    return Told().asks("What are your business hours?")


@pytest.fixture
def nora(db) -> User:
    return member("nora", roles.STAFF)


@pytest.fixture
def staff(nora) -> Client:
    return signed_in(nora)


@pytest.fixture
def operator(db) -> Client:
    return signed_in(member("omar", roles.OPERATORS))


@pytest.fixture
def frames(db):
    """What tabs are told, as Redis carries it."""
    with redis.Redis.from_url(site.REDIS_URL) as client:
        subscription = client.pubsub(ignore_subscribe_messages=True)
        subscription.subscribe(bus.CHANNEL)
        subscription.get_message(timeout=5)

        def heard(timeout: float = 5) -> list[str]:
            message = subscription.get_message(timeout=timeout)
            frames = unpacked(message["data"]) if message else []
            return [fragments.html(frame) for frame in frames]

        yield heard
        subscription.close()


# The list.


def test_the_list_says_how_each_conversation_stands_and_what_it_cost(staff, told):
    told.answered(tier="strong").asks("And on Sundays?\nI mean at noon.").answered()

    seen = text(staff.get(LIST))

    assert "What are your business hours? Answered 4 $0.0428" in seen


def test_words_of_a_customer_are_one_escaped_line_of_the_list(staff, db):
    prices()
    Told().asks(f"{HOSTILE}\n\n{'word ' * 60}").answered()

    response = staff.get(LIST)

    assert "<script>alert" not in response.content.decode()
    assert "<img src=x" not in response.content.decode()
    assert "<script>alert(1)</script> \"'& <img src=x onerror=alert(2)> word word" in text(response)
    assert "word …" in text(response) or "wo…" in text(response)


@pytest.mark.parametrize("conversations", [2, 40])
def test_the_list_takes_as_many_queries_for_forty_as_for_two(staff, nora, db, conversations):
    prices()
    for number in range(conversations):
        told = Told(visitor=str(number)).asks().answered()
        take_over.conversation(told.conversation.pk, nora)

    staff.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        staff.get(LIST)

    # Session, user, permissions (2); open alerts, the tiers' models (3); who waits; found, read,
    # costs, messages; first and last day.
    assert len(queries) == 10 + 4, [query["sql"][:100] for query in queries]


@pytest.mark.parametrize(
    ("handled", "wanted", "is_open", "role", "state", "expected"),
    [
        (False, False, False, "assistant", "complete", ConversationStatus.ANSWERED),
        (False, False, True, "assistant", "pending", ConversationStatus.WRITING),
        (False, False, True, "customer", "complete", ConversationStatus.WRITING),
        (False, False, False, "assistant", "failed", ConversationStatus.FAILED),
        (False, False, False, "assistant", "cut", ConversationStatus.FAILED),
        (False, False, False, "staff", "complete", ConversationStatus.ANSWERED),
        (True, False, False, "staff", "complete", ConversationStatus.PERSON),
        (True, False, False, "assistant", "failed", ConversationStatus.PERSON),
        (True, False, False, "customer", "complete", ConversationStatus.WAITING),
        (False, True, False, "assistant", "complete", ConversationStatus.WAITING),
        (False, True, True, "assistant", "pending", ConversationStatus.WAITING),
        (True, True, False, "staff", "complete", ConversationStatus.PERSON),
    ],
)
def test_how_a_conversation_stands(handled, wanted, is_open, role, state, expected):
    stands = status(
        handled=handled, wanted=wanted, open=is_open, newest_role=role, newest_state=state
    )

    assert stands == expected


def test_the_list_can_be_ordered_by_cost(staff, db):
    prices()
    Told().asks("Cheap one").answered()
    Told().asks("Dear one").answered(tier="strong")
    Told().asks("Free one")

    ascending, descending = text(staff.get(LIST + "?o=4")), text(staff.get(LIST + "?o=-4"))

    assert ascending.index("Cheap one") < ascending.index("Dear one") < ascending.index("Free one")
    assert descending.index("Dear one") < descending.index("Cheap one")
    assert descending.index("Cheap one") < descending.index("Free one")


@pytest.fixture
def various(db, nora) -> dict[str, Told]:
    prices()
    told = {
        "failed": Told(visitor="f").asks("My first failed").failed(),
        "strong": Told(visitor="s").asks("My hard one").answered("So it is.", "strong"),
        "cheap": Told(visitor="c").asks("My easy one").answered("As 100% easy_as pie."),
        "person": Told(visitor="p").asks("My human one").answered(),
        "old": Told(visitor="o").asks("My old one").answered(),
    }
    take_over.conversation(told["person"].conversation.pk, nora)
    active_at = told["old"].conversation.active_at - timedelta(days=20)
    Conversation.objects.filter(visitor="o").update(active_at=active_at)
    return told


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("active=today", {"failed", "strong", "cheap", "person"}),
        ("active=7", {"failed", "strong", "cheap", "person"}),
        ("active=30", {"failed", "strong", "cheap", "person", "old"}),
        ("person=now", {"person"}),
        ("person=wrote", set()),
        ("person=none", {"failed", "strong", "cheap", "old"}),
        ("failures=yes", {"failed"}),
        ("tier=strong", {"strong"}),
        ("tier=cheap", {"failed", "cheap", "person", "old"}),
        ("tier=strong&failures=yes", set()),
        ("q=HARD", {"strong"}),
        ("q=my+one", {"strong", "cheap", "person", "old"}),
        ("q=pie+100%25", {"cheap"}),
        ("q=easy_as", {"cheap"}),
        ("q=hard_one", set()),
        ("q=So+hard", set()),
        ("q=conversation:0", set()),
        ("q=conversation:99999999999999999999", set()),
        ("visitor=s", {"strong"}),
    ],
)
def test_the_list_is_narrowed(staff, various, query, expected):
    response = staff.get(f"{LIST}?{query}")

    visitors = {conversation.visitor for conversation in response.context["cl"].result_list}
    assert {name for name, told in various.items() if told.visitor in visitors} == expected


def test_a_conversation_is_found_by_what_names_it(staff, various):
    conversation = various["cheap"].conversation

    for words in (
        conversation.reference,
        str(conversation.public_id),
        f"https://shop.example/c/{conversation.public_id}/",
    ):
        response = staff.get(LIST, {"q": words})
        assert response.context["cl"].result_list == [conversation]


def test_dates_lead_from_months_to_days(staff, various):
    today = timezone.localdate(various["cheap"].conversation.active_at)

    days = staff.get(f"{LIST}?active_at__year={today.year}&active_at__month={today.month}")
    day = staff.get(
        f"{LIST}?active_at__year={today.year}&active_at__month={today.month}"
        f"&active_at__day={today.day}"
    )

    assert f"active_at__day={today.day}" in days.content.decode()
    assert len(day.context["cl"].result_list) == 4
    assert staff.get(f"{LIST}?active_at__year=x").status_code == 302


def test_a_long_list_says_that_it_is_cut(staff, various, monkeypatch):
    monkeypatch.setattr(conversation_list, "MOST_LISTED", 3)

    response = staff.get(LIST)

    assert len(response.context["cl"].result_list) == 3
    assert "Only the first 3 are listed." in text(response)
    assert staff.get(LIST + "?p=99").status_code == 302


def test_what_the_list_does_not_show_cannot_be_selected(operator, various, monkeypatch):
    monkeypatch.setattr(ConversationAdmin, "list_per_page", 2)

    response = operator.get(LIST)

    assert "0 of 2 selected" in text(response)
    assert "Select all" not in text(response)


def test_filters_come_before_the_rows_for_the_keyboard_too(staff, various):
    body = staff.get(LIST).content.decode()

    assert 0 < body.index('id="changelist-filter"') < body.index('id="result_list"')


# One conversation.


def test_a_transcript_shows_each_answer_with_its_receipt(staff, told):
    told.begins("cheap", score=2.5)
    told.ends("From **nine** to five.", model="gpt-3.5-turbo-0125")
    decision, entry = RouteDecision.objects.get(), LedgerEntry.objects.get()

    response = staff.get(page(told))

    seen, body = text(response), response.content.decode()
    assert "<strong>nine</strong>" in body
    assert "Tier cheap Score 2.5 of 10" in seen
    assert "Threshold 7 Model gpt-3.5-turbo-0125 Tokens 1,000 in, 200 out Cost $0.0008" in seen
    assert decision.reason in seen
    assert "gpt-4 (strong) would have cost $0.042" in seen
    assert f"/admin/routing/routedecision/{decision.pk}/change/" in body
    assert f"/admin/billing/ledgerentry/{entry.pk}/change/" in body


def test_failed_attempts_are_listed_and_estimates_marked(staff, told):
    told.begins()
    told.fails("timeout")
    told.begins()
    told.ends()

    seen = text(staff.get(page(told)))

    assert "1 more call for this reply, $0.00255 in all" in seen
    assert "Answer, attempt 1 gpt-3.5-turbo not reported timeout $0.00175" in seen
    assert "estimated" in seen


def test_a_failure_is_shown_in_the_words_of_the_customer(staff, told):
    told.failed()

    assert "Failed The customer sees: “The answer took too long." in text(staff.get(page(told)))


def test_nothing_that_anybody_wrote_executes_in_the_admin(staff, nora, db):
    prices()
    told = Told().asks(HOSTILE)
    told.begins()
    told.ends(f"{HOSTILE} [x](javascript:alert(3)) ![y](http://evil.example/y.png)")
    Message.objects.filter(role="assistant").update(
        sources=[{"title": HOSTILE, "url": "/help/hours/"}]
    )
    User.objects.filter(pk=nora.pk).update(first_name=HOSTILE, last_name=HOSTILE)
    staff.post(page(told, "say"), {"text": HOSTILE, "client_id": uuid.uuid4()})

    body = staff.get(page(told)).content.decode()

    for dangerous in ("<script>alert", "<img", 'href="javascript:', 'evil.example/y.png"'):
        assert dangerous not in body
    assert html.escape("<script>alert(1)</script>") in body


@pytest.mark.parametrize("address", [LIST, "change", "delete", "/admin/"])
def test_the_pages_need_no_inline_script_or_style(operator, told, address):
    told.answered()

    response = operator.get(address if address.startswith("/") else page(told, address))

    body = response.content.decode()
    assert response.status_code == 200
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "<style" not in body
    assert not re.search(r"<[^>]+\s(style|on\w+)=", body)
    assert not re.search(r"<script(?![^>]*\bsrc=)", body)


@pytest.mark.parametrize("answers", [1, 15])
def test_a_transcript_takes_as_many_queries_for_fifteen_answers_as_for_one(
    staff, nora, told, answers
):
    for _ in range(answers):
        told.answered()
        staff_reply.send(told.conversation.pk, nora, "Is that all?")
        hand_back.to_assistant(told.conversation.pk)
        told.asks()
    address = page(told)

    staff.get(address)
    with CaptureQueriesContext(connection) as queries:
        staff.get(address)

    # Session, user, permissions (2); open alerts, the tiers' models (3); conversation, messages;
    # receipts; checks.
    assert len(queries) == 9 + 6, [query["sql"][:100] for query in queries]


@pytest.fixture
def eventful(told: Told, nora: User) -> Told:
    """A conversation with all that a transcript can show."""
    told.begins()
    told.scores(Usage(200, 10)).fails("timeout")
    told.begins()
    checked = told.ends(outcome="escalated")
    decided = {"doubt": 0.8, "threshold": 0.6, "verifier": "rules", "findings": [], "features": {}}
    AnswerCheck.objects.create(
        reference=checked.reference, call=checked.charge_reference, outcome="replaced", **decided
    )
    ScoringShare.objects.create(
        call=f"score:{checked.pk}:1", reply=checked.reference, attempt=2, part=0, parts=2
    )
    told.conversation.messages.filter(pk=checked.pk).update(
        stage="escalated", draft="From eight.", rating=-1, rating_note="Too short", retries=1
    )
    given = told.asks().reply
    end_reply.end(given, "complete", text="From nine to five.")
    CannedAnswer.objects.create(
        reply=given, kind="saved", task_type="hours", similarity=0.9, recognised_by="words", saved=7
    )
    told.asks().begins("strong")
    staff_reply.send(told.conversation.pk, nora, "A person here.")
    Summary.objects.create(conversation=told.conversation, text="Asked for hours.", revision=1)
    return told


@pytest.mark.parametrize("root", [False, True])
def test_a_transcript_with_everything_takes_sixteen_queries(staff, eventful, root):
    if root:
        staff = signed_in(User.objects.create_superuser("root"))
    address = page(eventful)

    staff.get(address)
    with CaptureQueriesContext(connection) as queries:
        words = text(staff.get(address))

    assert len(queries) <= 16, [query["sql"][:100] for query in queries]
    for shown in (
        "With a person: nora",
        "Messages 7 Cost $0.00267 Visitor $0.00267 in 1 conversation",
        "Asked for hours.",
        "The customer found this not helpful: “Too short”.",
        "Replaced by the strong model's answer.",
        "From eight.",
        "Scoring, attempt 2, shared by 2 replies",
        "Answer, attempt 1",
        "estimated",
        "Saved answer to the same question: $0.000000007 saved.",
        "in progress up to",
    ):
        assert shown in words


def test_a_long_transcript_begins_with_its_newest_page(staff, told, monkeypatch):
    monkeypatch.setattr(transcripts, "MOST_MESSAGES", 2)
    told.answered().asks("And on Sundays?").answered("Closed.")

    newest = staff.get(page(told))
    link = re.search(r'href="(\?before=\d+)"', newest.content.decode())
    assert link
    earlier = staff.get(page(told) + link[1])

    assert newest.content.count(b"<article") == earlier.content.count(b"<article") == 2
    assert "business hours" not in text(newest)
    assert "business hours" in text(earlier)
    assert "hx-trigger" not in earlier.content.decode()
    assert "Newest messages" in text(earlier)
    for odd in ("99999999999999999999", "-1", "x"):
        assert staff.get(f"{page(told)}?before={odd}").status_code == 200


def test_an_open_page_is_told_what_is_new(staff, told):
    told.answered()
    revision = told.conversation.revision
    address = page(told, "transcript")

    unchanged = staff.get(f"{address}?seen={revision}")
    told.asks("And on Sundays?")
    changed = staff.get(f"{address}?seen={revision}")

    assert unchanged.status_code == 204
    assert "And on Sundays?" in text(changed)
    assert f"seen={told.conversation.revision}" in changed.content.decode()
    assert "This conversation has 4 messages now. Being written." in text(changed)


def test_an_open_page_follows_an_answer_that_is_being_written(staff, told):
    reply = told.begins()
    Message.objects.filter(id=reply.pk).update(text="From nine")

    response = staff.get(f"{page(told, 'transcript')}?seen={told.conversation.revision}")

    assert "From nine" in text(response)
    assert "messages now." not in text(response)


# A person's words.


def test_taking_over_cancels_the_answer_on_its_way_and_tells_the_tabs(
    staff, nora, told, frames, hints
):
    reply = told.begins()

    response = staff.post(page(told, "take"), follow=True)

    reply.refresh_from_db()
    assert (reply.state, told.conversation.handled_by) == ("cancelled", nora)
    assert "You have taken over." in text(response)
    assert "You answer here." in text(response)
    assert f'id="message-{reply.pk}"' in frames()[0]
    assert hints.reply_ids == []
    assert LogEntry.objects.get().change_message == "Took over."


@guards(
    "chatsite/chat/actions/take_over.py",
    "        cancelled = end_reply.cancel(held)\n",
    "        cancelled = None\n",
)
async def test_taking_over_stops_a_running_answer_and_pays_for_it(tab, worker, upstream):
    upstream.says("One two three four five six seven eight nine ten. " * 3, every=0.05)
    await tab.say("Count for me")
    await tab.sees(lambda _: tab.newest and tab.newest.state == "writing" and tab.newest.text)
    client = AsyncClient(headers={"host": "localhost"})
    await User.objects.filter(username="staff").aupdate(password="own by now")
    await client.aforce_login(await User.objects.aget(username="staff"))
    reply = await Message.objects.aget(role="assistant")

    response = await client.post(f"{LIST}{reply.conversation_id}/take/")

    assert response.status_code == 302
    await tab.sees(lambda _: tab.newest and tab.newest.state == "cancelled")
    await worker.written()
    await reply.arefresh_from_db()
    assert reply.state == "cancelled"
    entry = await LedgerEntry.objects.aget()
    assert (entry.reference, entry.estimated) == (f"reply:{reply.pk}:1", False)
    assert entry.amount > 0


def test_taking_over_twice_changes_nothing_the_second_time(staff, told):
    staff.post(page(told, "take"))
    revision = told.conversation.revision

    staff.post(page(told, "take"))

    assert told.conversation.revision == revision
    assert LogEntry.objects.count() == 1


def test_a_conversation_can_be_taken_over_from_a_colleague(staff, nora, told):
    take_over.conversation(told.conversation.pk, member("olga", roles.STAFF))

    assert "Take over from olga" in text(staff.get(page(told)))
    staff.post(page(told, "take"))

    assert told.conversation.handled_by == nora


def test_a_persons_words_reach_the_customer_under_the_teams_name(staff, nora, told, frames):
    response = staff.post(
        page(told, "say"), {"text": " Hello,\r\nI am **Nora**. ", "client_id": uuid.uuid4()}
    )

    message = told.conversation.messages.get(role="staff")
    assert response.status_code == 302
    assert response.headers["Location"].endswith("#reply")
    assert (message.text, message.author) == ("Hello,\nI am **Nora**.", nora)
    assert told.conversation.handled_by == nora
    assert "I am **Nora**." in "".join(frames())
    assert told.reply.state == "cancelled"


def test_a_double_click_sends_one_message(staff, told, frames):
    form = {"text": "Hello", "client_id": uuid.uuid4()}

    staff.post(page(told, "say"), form)
    again = staff.post(page(told, "say"), form)

    assert again.status_code == 302
    assert told.conversation.messages.filter(role="staff").count() == 1
    assert frames()
    assert frames(timeout=0.2) == []


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_send_one_message():
    prices()
    told = Told().asks()
    nora = member("nora", roles.STAFF)
    form = {"text": "Hello", "client_id": uuid.uuid4()}
    address, statuses = page(told, "say"), []

    def click() -> None:
        statuses.append(signed_in(nora).post(address, form).status_code)
        connection.close()

    clicks = [Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()

    assert statuses == [302] * 4
    assert told.conversation.messages.filter(role="staff").count() == 1


def test_other_words_from_a_page_that_was_used_are_kept_and_not_lost(staff, told):
    used = uuid.uuid4()
    staff.post(page(told, "say"), {"text": "Hello", "client_id": used})

    response = staff.post(page(told, "say"), {"text": "Something else", "client_id": used})

    assert response.status_code == 409
    assert "Your message was not sent" in text(response)
    assert "Something else</textarea>" in response.content.decode()
    assert str(used) not in response.content.decode()
    assert told.conversation.messages.filter(role="staff").count() == 1


@pytest.mark.parametrize(
    ("words", "client_id", "complaint"),
    [
        ("  \n ", str(uuid.uuid4()), "This field is required."),
        ("x" * 4001, str(uuid.uuid4()), "at most 4000 characters"),
        ("a\0b", str(uuid.uuid4()), "Null characters are not allowed."),
        ("Hello", "no-uuid", "Enter a valid UUID."),
    ],
)
def test_words_that_cannot_be_sent_are_refused_beside_the_form(
    staff, told, words, client_id, complaint
):
    response = staff.post(page(told, "say"), {"text": words, "client_id": client_id})

    assert response.status_code == 422
    assert complaint in text(response)
    assert told.conversation.handled_by is None


def test_handed_back_the_assistant_waits_for_the_customers_next_message(staff, told, hints, frames):
    told.answered()
    staff.post(page(told, "take"))
    told.asks("Thank you, Nora!")
    answers = told.conversation.messages.filter(role="assistant").count()

    response = staff.post(page(told, "hand-back"), follow=True)

    assert told.conversation.handled_by is None
    assert told.conversation.messages.filter(role="assistant").count() == answers
    assert hints.reply_ids == []
    assert "The assistant answers here." in text(response)
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == [
        "Took over.",
        "Handed back.",
    ]
    told.asks("And on Sundays?")
    assert told.reply.state == "pending"


def test_handing_back_twice_changes_nothing_the_second_time(staff, told, hints):
    staff.post(page(told, "take"))
    staff.post(page(told, "hand-back"))
    revision = told.conversation.revision

    again = staff.post(page(told, "hand-back"))

    assert again.status_code == 302
    assert told.conversation.revision == revision


@pytest.mark.parametrize("verb", ["take", "say", "hand-back"])
def test_a_visit_to_a_verb_changes_nothing_and_shows_the_page(staff, told, verb):
    before = told.conversation.revision

    response = staff.get(page(told, verb))

    assert (response.status_code, told.conversation.revision) == (302, before)
    assert response.headers["Location"] == page(told) + "#reply"


@pytest.mark.parametrize("verb", ["take", "say", "hand-back"])
def test_a_post_from_elsewhere_is_refused(nora, told, verb):
    client = signed_in(nora, enforce_csrf_checks=True)
    before = told.conversation.revision

    response = client.post(page(told, verb), {"text": "x", "client_id": uuid.uuid4()})

    assert (response.status_code, told.conversation.revision) == (403, before)


def test_every_form_carries_the_token_that_a_post_needs(nora, told):
    client = signed_in(nora, enforce_csrf_checks=True)
    take_over.conversation(told.conversation.pk, member("olga", roles.STAFF))

    body = client.get(page(told)).content.decode()

    for verb in ("take", "hand-back", "say"):
        form = re.search(rf'<form[^>]*action="{page(told, verb)}".*?</form>', body, re.DOTALL)
        assert form
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form[0])
        assert token
        fields = {"csrfmiddlewaretoken": token[1], "text": "x", "client_id": uuid.uuid4()}
        assert client.post(page(told, verb), fields).status_code == 302


@pytest.mark.parametrize("verb", ["change", "take", "say", "hand-back", "transcript"])
def test_a_conversation_that_is_gone_is_not_found(staff, told, verb):
    address = page(told, verb)
    Conversation.objects.all().delete()

    for gone in (address, f"{LIST}99999999999999999999/{verb}/"):
        answer = staff.get(gone) if verb in {"change", "transcript"} else staff.post(gone)
        assert answer.status_code == 404


# Who may do what.

VERBS = ["take", "say", "hand-back"]


@pytest.mark.parametrize("path", ["", "change", "transcript", *VERBS])
def test_without_an_account_every_page_leads_to_the_sign_in(client, told, path):
    response = client.get(page(told, path) if path else LIST)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", ["", "change", "transcript", "delete", *VERBS])
def test_an_account_without_the_permission_is_refused(told, path):
    client = signed_in(User.objects.create_user("guest", is_staff=True))

    response = (client.post if path in VERBS else client.get)(page(told, path) if path else LIST)

    assert response.status_code == 403


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_read_only_sees_no_button_and_is_refused(told, verb):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    client = signed_in(reader)
    before = told.conversation.revision

    response = client.post(page(told, verb), {"text": "x", "client_id": uuid.uuid4()})

    assert (response.status_code, told.conversation.revision) == (403, before)
    shown = client.get(page(told))
    assert shown.status_code == 200
    assert "<textarea" not in shown.content.decode()
    assert "Answer as a person" not in text(shown)
    assert "Take over" not in text(shown)


def test_who_may_not_see_costs_sees_none(told):
    told.answered()
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    client = signed_in(reader)

    for address in (LIST, page(told), page(told, "transcript") + "?seen=0"):
        response = client.get(address)
        assert response.status_code == 200
        assert "$" not in text(response)


@pytest.mark.parametrize("path", ["add/", "{}/change/"])
def test_nothing_is_edited_by_hand_not_even_by_who_may_do_everything(told, path):
    client = signed_in(User.objects.create_superuser("root"))
    before = Message.objects.values_list("text").first()

    response = client.post(
        LIST + path.format(told.conversation.pk), {"visitor": "x", "handled_by": ""}
    )

    assert response.status_code == 403
    assert Message.objects.values_list("text").first() == before
    assert told.conversation.visitor == told.visitor


def test_an_operator_deletes_a_conversation_and_the_ledger_keeps_its_charges(operator, told):
    told.answered()
    address, reference = page(told, "delete"), told.conversation.reference

    assert "Delete" in text(operator.get(page(told)))
    response = operator.post(address, {"post": "yes"})

    assert response.status_code == 302
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()
    assert LedgerEntry.objects.get().conversation == reference


def test_an_operator_deletes_all_that_a_visitor_said(operator, told):
    told.answered()
    Told(visitor=told.visitor).asks().answered()
    Told(visitor="another").asks().answered()

    operator.post(
        f"{LIST}?visitor={told.visitor}",
        {
            "action": "delete_selected",
            "_selected_action": Conversation.objects.filter(visitor=told.visitor).values_list(
                "id", flat=True
            ),
            "post": "yes",
        },
    )

    assert Conversation.objects.get().visitor == "another"
    assert LedgerEntry.objects.count() == 3


def test_staff_do_not_delete(staff, told):
    told.answered()

    assert staff.post(page(told, "delete"), {"post": "yes"}).status_code == 403
    assert "Delete" not in text(staff.get(page(told)))
    assert Conversation.objects.exists()


# The frame.


def test_the_admin_says_whose_it_is_and_where_the_chat_is(staff, settings):
    settings.DEMO_MODEL = False

    response = staff.get("/admin/")

    assert 'href="/"' in response.content.decode()
    assert "Demo model" not in text(response)


def test_the_admin_says_that_the_model_is_a_demo(staff, client, settings):
    settings.DEMO_MODEL = True

    assert "Demo model" in text(staff.get("/admin/"))
    assert "Demo model" in text(client.get("/admin/login/"))


def test_apps_stand_in_the_order_in_which_they_are_used(client, db):
    client.force_login(User.objects.create_superuser("root"))

    response = client.get("/admin/")

    labels = [app["app_label"] for app in response.context["app_list"]]
    assert labels == [label for label in admin_site.APPS if label in labels]
    assert {"chat", "billing", "auth"} <= set(labels)
    models = response.context["app_list"][labels.index("billing")]["models"]
    assert models[0]["object_name"] == "Budget"
    assert "Customer service" in text(response)


# What conversations cost.


@pytest.fixture
def costly(db) -> dict[str, Told]:
    """A tenth of a cent, and four cents twice; one has asked and costs nothing yet."""
    prices()
    return {
        "cheap": Told(visitor="c").asks("Cheap one").answered(),
        "strong": Told(visitor="s").asks("=Dear one").answered(tier="strong"),
        "both": Told(visitor="s").asks("Dearest one").answered(tier="strong").asks().answered(),
        "free": Told(visitor="f").asks("Free one"),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cost=0.01", {"strong", "both"}),
        ("cost=0.10", set()),
        ("cost=0.01&visitor=c", set()),
        ("cost=lots", {"cheap", "strong", "both", "free"}),
    ],
)
def test_the_list_is_narrowed_by_cost(staff, costly, query, expected):
    listed = staff.get(f"{LIST}?{query}").context["cl"].result_list

    ids = {told.conversation.pk: name for name, told in costly.items()}
    assert {ids[conversation.pk] for conversation in listed} == expected


@pytest.mark.parametrize(
    ("deleted", "query", "expected"),
    [
        ((), "", "both"),
        (("both",), "", "strong"),
        (("both", "strong"), "", "cheap"),
        ((), "&cost=0.01", "both"),
        ((), "&q=Cheap", "cheap"),
    ],
)
def test_the_dearest_are_listed_first_however_few(
    staff, costly, monkeypatch, deleted, query, expected
):
    monkeypatch.setattr("chatsite.chat.admin.conversation_list.MOST_LISTED", 1)
    for name in deleted:
        costly[name].conversation.delete()

    [listed] = staff.get(f"{LIST}?o=-4{query}").context["cl"].result_list

    assert listed.pk == costly[expected].conversation.pk


def test_the_export_is_what_the_list_lists(staff, costly):
    lines = staff.get(f"{LIST}export/?o=-4&cost=0.01").getvalue().decode("utf-8-sig").splitlines()

    rows = list(csv.DictReader(lines))
    assert [row["conversation"] for row in rows] == [
        costly[name].conversation.reference for name in ("both", "strong")
    ]
    assert Decimal(rows[1]["dollars"]) > Decimal("0.01")
    assert set(rows[0]) == {*csv_export.HEAD, "dollars", "first question"}


def test_no_cell_of_the_export_is_a_formula(staff, costly):
    body = staff.get(f"{LIST}export/").getvalue().decode("utf-8-sig")

    assert "'=Dear one" in body
    assert ",=Dear" not in body


def test_costs_are_hidden_in_the_export_from_who_may_not_see_them(costly):
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    reader = signed_in(user)

    lines = reader.get(f"{LIST}export/").getvalue().decode("utf-8-sig").splitlines()
    rows = list(csv.reader(lines))
    assert {len(row) for row in rows} == {len(csv_export.HEAD) + 1}
    assert "dollars" not in rows[0]
    assert "cost=" not in reader.get(LIST).content.decode()
    user.user_permissions.clear()
    assert signed_in(user).get(f"{LIST}export/").status_code == 403


def test_a_transcript_says_what_its_visitor_cost(staff, costly):
    assert "Visitor $0.0" in text(staff.get(page(costly["both"])))
    assert "in 2 conversations" in text(staff.get(page(costly["both"])))
