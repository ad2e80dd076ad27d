"""A question is asked in the browser; the right model answers; the ledger knows."""

import asyncio
import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from billing.models import Budget, Hold, LedgerEntry
from chatsite.answering import finish_answer
from chatsite.answering.checking import answer_check
from chatsite.answering.writer import answer_writing_loop
from chatsite.chat.actions import ask
from chatsite.chat.models import Conversation, Message
from chatsite.knowledge.models import Article
from chatsite.widget.models import Customer, Widget
from routing.checks.verifier import CheckResult
from routing.models import RouteDecision
from tests.chat.conftest import sweep
from tests.guards import guards

THREE_QUESTIONS = (
    "I have three questions about returns: 1. The pen developed a quality problem after use, "
    "how is that handled? 2. Can I return a limited edition item that I opened? 3. How does the "
    "return of a cross-border purchase work, and what does each of these cost me?"
)


async def test_an_easy_question_is_answered_by_the_cheap_model(tab, worker, upstream):
    upstream.says("We are open from **nine** to five.")

    await tab.say("What are your business hours?")
    answer = await tab.answer()

    assert (answer.state, answer.tier, answer.language) == ("complete", "cheap", "en")
    assert "<strong>nine</strong>" in answer.html
    assert upstream.models == ["gpt-3.5-turbo"]
    entry = await LedgerEntry.objects.aget()
    assert entry.reference == f"reply:{answer.pk}:1"
    assert entry.amount > 0
    assert not entry.estimated
    assert not await Hold.objects.aexists()
    decision = await RouteDecision.objects.aget()
    assert (decision.reference, decision.tier) == (answer.reference, "cheap")


@guards("chatsite/answering/question/context.py", "meant, reader=opened.reader)", "meant)")
@guards("chatsite/knowledge/models/article.py", "every.index(self) + 1]", "9]")
async def test_articles_for_signed_in_customers_answer_them_alone(tab, worker, upstream):
    for audience, body in (("signed_in", "Members pay 17 % less."), ("staff", "Refuse members.")):
        await Article.objects.acreate(
            title="Members' prices", slug=audience, body=body, audience=audience
        )
    await tab.say("What do members pay?")
    await tab.answer()
    asked = await Conversation.objects.aget()
    widget = await Widget.objects.acreate(name="Shop", origins="https://shop.example")
    await Customer.objects.acreate(visitor=asked.visitor, widget=widget, reference="7")
    upstream.says("Members pay 17 % less.")

    await tab.say("And what do members pay now?")
    await tab.sees(lambda page: "17 %" in page.entries()[-1].text and not page.entries()[-1].open)
    answer = await tab.answer()

    before, after = str(upstream.requests[0].body), str(upstream.requests[-1].body)
    assert "17 %" not in before
    assert "17 %" in after
    assert "Refuse members" not in before + after
    assert answer.sources == [
        {"title": "Members' prices", "url": "/help/signed_in/", "for": "signed_in"}
    ]
    # The help pages do not know who signed in to the widget.
    assert "/help/signed_in/" not in answer.html
    missing = await tab.client.get("/help/signed_in/")
    assert missing.status_code == 404
    assert "This help page is not available" in missing.content.decode()


async def test_a_question_in_three_parts_is_answered_by_the_strong_model(tab, worker, upstream):
    upstream.says("1. Free.\n\n2. A quarter less.\n\n3. You pay the label.")

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    assert answer.tier == "strong"
    assert upstream.models == ["gpt-4"]
    assert tab.page.entries()[-1].tier == "strong"


async def test_the_prompt_holds_the_articles_and_the_answer_names_them(tab, worker, upstream):
    upstream.says("Shipping to Norway costs €14.95. It is free from €180.")

    await tab.say("How much is shipping to Norway?")
    answer = await tab.answer()

    system = upstream.requests[0].body["messages"][0]["content"]
    titles = [source["title"] for source in answer.sources]
    assert "Shipping costs" in " ".join(titles)
    assert all(f"## {title}" in system for title in titles)


@guards(
    "chatsite/answering/writer/answer_in_progress.py", "self.first_at = time.monotonic()", "pass"
)
async def test_words_arrive_one_by_one_and_whole_paragraphs_as_markdown(tab, worker, upstream):
    upstream.says("Some *fine* words.\n\nAnd then more of them, slowly.", every=0.02)
    seen = set()

    await tab.say("Hello?")

    def shown(page):
        if tab.newest:
            seen.add((tab.newest.state, tab.newest.text))
        return tab.newest and tab.newest.role == "assistant" and not tab.newest.open

    await tab.sees(shown)
    partial = [text for state, text in seen if state == "writing"]
    assert len(partial) > 5
    assert all(
        "Some fine words. And then more of them, slowly.".startswith(text.replace("*", ""))
        for text in partial
    )
    assert tab.page.missed == []
    answer = await tab.answer()
    took = (answer.ended_at - answer.created_at) / timedelta(milliseconds=1)
    assert 0 <= answer.first_words_ms < took - 50


@guards(
    "chatsite/llm/response/answer.py",
    "        end = self.ending\n",
    "        end = self.ending or FinishReason.STOP\n",
)
@pytest.mark.parametrize("fault", ["cuts", "resets", "empty", "bare_done"])
async def test_a_broken_stream_is_asked_again_and_never_shown_as_complete(
    fault, tab, worker, upstream
):
    getattr(upstream, fault)()
    upstream.says("Whole.")

    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, answer.text, answer.attempt) == ("complete", "Whole.", 2)
    entries = [entry async for entry in LedgerEntry.objects.order_by("reference")]
    assert [entry.reference for entry in entries] == [f"{answer.reference}:{n}" for n in (1, 2)]
    assert entries[0].estimated
    assert sum(entry.amount for entry in entries) > 0


@pytest.mark.parametrize(("fault", "state"), [("html", "failed"), ("malforms", "cut")])
async def test_what_is_not_the_protocol_is_not_asked_for_twice(fault, state, tab, worker, upstream):
    getattr(upstream, fault)()

    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, len(upstream.requests)) == (state, 1)


async def test_a_busy_upstream_is_asked_again_when_it_says(tab, worker, upstream):
    upstream.fails(429, retry_after=1)
    upstream.says("Here now.")

    await tab.say("Hello?")
    answer = await tab.answer()

    assert answer.text == "Here now."
    first, second = upstream.requests
    assert second.arrived - first.arrived > 1e9
    assert [entry.amount > 0 async for entry in LedgerEntry.objects.order_by("id")] == [False, True]


@guards(
    "chatsite/answering/finish_answer.py",
    "FinishReason.LENGTH: (State.CUT, Failure.LENGTH)",
    'FinishReason.LENGTH: (State.COMPLETE, "")',
)
@pytest.mark.parametrize("doubt_threshold", [0.6])  # of a cut answer, the strong tier's is wanted
async def test_an_answer_that_grew_too_long_says_so_and_can_be_retried(tab, worker, upstream):
    upstream.runs_out("It goes on and")
    upstream.runs_out("It goes on and on, in other words")  # the strong tier's
    upstream.says("Short.")

    await tab.say("Tell me everything")
    answer = await tab.answer()
    assert (answer.state, answer.failure) == ("cut", "length")
    assert "cut short" in tab.page.entries()[-1].text

    await tab.send({"retry": str(answer.pk)})
    await tab.newest_is("complete")
    assert tab.page.entries()[-1].text.startswith("Short.")
    assert upstream.models == ["gpt-3.5-turbo", "gpt-4", "gpt-3.5-turbo"]


async def test_a_filtered_answer_says_so(tab, worker, upstream):
    upstream.filters("This is")

    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, answer.failure) == ("cut", "filtered")
    assert "safety filter" in tab.page.entries()[-1].text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("unauthorised", "not available"),
        ("out_of_quota", "not available"),
        ("filters_the_question", "rephrase"),
        ("refuses", "not available"),
    ],
)
async def test_what_no_retry_can_mend_is_said_at_once(fault, words, tab, worker, upstream):
    getattr(upstream, fault)()

    await tab.say("Hello?")
    answer = await tab.answer()

    assert answer.state == "failed"
    assert words in tab.page.entries()[-1].text
    assert len(upstream.requests) == 1
    assert [entry.amount async for entry in LedgerEntry.objects.all()] == [0]


async def test_a_model_that_is_gone_is_replaced_by_its_successor(tab, worker, upstream):
    upstream.unknown_model()
    upstream.says("From the newer one.")

    await tab.say("Hello?")
    answer = await tab.answer()
    await tab.say("And again?")
    await tab.sees(lambda page: len(page.entries()) == 4 and not page.entries()[-1].open)

    assert answer.text == "From the newer one."
    assert upstream.models == ["gpt-3.5-turbo", "gpt-5.6-terra", "gpt-5.6-terra"]


@guards(
    "billing/budgets/balances.py",
    'WHERE id IN ({ids}) AND spent + reserved + %s <= "limit"',
    "WHERE id IN ({ids}) AND %s > 0",
)
async def test_without_room_in_the_budget_the_customer_is_told_politely(
    tab, no_room, worker, upstream
):
    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, answer.failure) == ("failed", "no_room")
    assert "taking a break" in tab.page.entries()[-1].text
    assert "budget" not in tab.page.entries()[-1].text
    assert upstream.requests == []
    assert not await LedgerEntry.objects.aexists()


@guards(
    "chatsite/chat/actions/ask.py",
    "        if said:\n            return Change(",
    "        if False:\n            return Change(",
)
async def test_one_client_id_is_one_message_and_one_answer(tab, open_tab, worker, upstream):
    client_id = uuid.uuid4()
    upstream.says("Once.")
    await tab.say("Hello?", client_id)
    await tab.answer()
    second = await open_tab(beside=tab)

    await tab.say("Hello?", client_id)
    await second.say("Hello?", client_id)
    await second.say("Something else", uuid.uuid4())
    await second.sees(lambda page: len(page.entries()) == 4 and not page.entries()[-1].open)

    assert await Message.objects.filter(client_id=client_id).acount() == 1
    assert len(upstream.requests) == 2


@guards(
    "chatsite/chat/actions/ask.py",
    "        else:\n            reply = message\n",
    "        else:\n            reply = None\n",
)
async def test_a_burst_of_messages_is_answered_once(tab, start_worker, upstream):
    for text in ("Hello,", "I have a question:", "when do you open?"):
        await tab.say(text)
    await tab.sees(lambda page: len(page.entries()) == 4)
    assert [entry.role for entry in tab.page.entries()] == ["customer"] * 3 + ["assistant"]

    start_worker()
    await tab.answer()

    assert len(upstream.requests) == 1
    assert [each["content"] for each in upstream.requests[0].body["messages"][1:]] == [
        "Hello,",
        "I have a question:",
        "when do you open?",
    ]


async def test_what_is_said_while_an_answer_is_written_is_answered_next(tab, worker, upstream):
    upstream.says("The first answer takes its time.", every=0.05)
    upstream.says("The second.")

    await tab.say("One?")
    await tab.newest_is("writing")
    await tab.say("Two?")
    await tab.sees(lambda page: len(page.entries()) == 4 and not page.entries()[-1].open)

    said = [entry.text for entry in tab.page.entries()]
    assert said == [
        "One?",
        "The first answer takes its time.",
        "Two?",
        "The second.",
    ]
    assert await Message.objects.open().acount() == 0


@guards(
    "chatsite/answering/sql.py",
    "WHERE id = %s AND attempt = %s AND position = %s\n",
    "WHERE id = %s AND attempt = %s AND position <> -%s\n",
)
async def test_what_is_said_between_look_and_claim_is_answered_too(
    tab, start_worker, upstream, after_the_first_look
):
    await tab.say("Are you open today?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    held = await Conversation.objects.aget()
    after_the_first_look(
        partial(ask.question, held.public_id, held.visitor, "And on Sunday?", uuid.uuid4())
    )

    start_worker()
    await tab.answer()

    (call,) = upstream.requests
    assert [said["content"] for said in call.body["messages"][1:]] == [
        "Are you open today?",
        "And on Sunday?",
    ]


@guards(
    "chatsite/answering/sql.py",
    "WHERE id = %s AND attempt = %s AND position = %s\n",
    "WHERE id = %s AND attempt <> -%s AND position = %s\n",
)
async def test_an_attempt_between_look_and_claim_is_counted(
    tab, start_worker, upstream, after_the_first_look
):
    await tab.say("Are you open today?")
    after_the_first_look(partial(Message.objects.open().update, attempt=F("attempt") + 1))

    start_worker()
    answer = await tab.answer()

    assert (answer.state, answer.attempt) == ("complete", 2)
    assert await LedgerEntry.objects.aget(reference=answer.charge_reference)


async def test_what_waits_behind_another_answer_is_due_by_its_own_time(tab, worker, upstream):
    upstream.says("A slow answer to the first.", every=0.2)
    await tab.say("First?")
    await tab.newest_is("writing")
    await tab.say("Second?")
    await tab.sees(lambda page: page.entries()[-1].text == "Second?")

    # As if it had waited that long behind the first.
    asked_at = timezone.now() - timedelta(seconds=91)
    await Message.objects.filter(text="Second?").aupdate(created_at=asked_at)
    answer = await tab.answer()

    assert (answer.state, answer.failure) == ("failed", "late")
    assert len(upstream.models) == 1


async def test_what_was_said_during_a_failed_attempt_is_answered_next(tab, worker, upstream):
    upstream.says("This attempt breaks off after some words.", stop_after=4, every=0.1)
    upstream.fails(503, retry_after=1)
    upstream.says("The first answer.")
    upstream.says("The second.")

    await tab.say("One?")
    await tab.newest_is("writing")
    await tab.say("Two?")
    await tab.sees(lambda page: len(page.entries()) == 4 and not tab.newest.open, within=20)

    assert [entry.text for entry in tab.page.entries()][1::2] == [
        "The first answer.",
        "The second.",
    ]


@guards(
    "chatsite/answering/queue.py",
    "    Message.objects.filter(state=State.WRITING, lease_until__lt=Now()).update(",
    "    Message.objects.none().update(",
)
async def test_a_dead_workers_answer_is_written_by_the_next(tab, worker, upstream, hints):
    hints.taken_by = None
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    # As a worker leaves it that is killed in the middle of a call.
    reply = await Message.objects.aget(role="assistant")
    await Message.objects.filter(id=reply.pk).aupdate(
        state="writing",
        attempt=1,
        tries=1,
        text="Half",
        lease_until=timezone.now() - timedelta(seconds=1),
    )

    await sweep()
    worker.wake(reply.pk)
    answer = await tab.answer()

    assert (answer.state, answer.attempt) == ("complete", 2)


@guards(
    "chatsite/answering/writer/answer_writing_loop.py",
    "return await self._writes.run(partial(finish_answer.break_off, work))",
    "raise",
)
@pytest.mark.parametrize(("faults", "state", "attempt"), [(1, "complete", 2), (9, "failed", 2)])
async def test_what_nobody_foresaw_is_tried_once_more_and_leaves_nothing_held(
    faults, state, attempt, tab, worker, upstream, monkeypatch
):
    right, left = answer_check.check, iter(range(faults))

    def check(*args: Any) -> CheckResult | None:
        if next(left, None) is not None:
            raise RuntimeError("A fault of our own.")
        return right(*args)

    monkeypatch.setattr(answer_check, "check", check)
    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, answer.attempt) == (state, attempt)
    assert bool(answer.text) == (state == "complete")
    outcomes = [entry.outcome async for entry in LedgerEntry.objects.order_by("id")]
    assert outcomes == ["abandoned", "stop" if state == "complete" else "abandoned"]
    assert not await Hold.objects.aexists()


async def test_a_fault_of_ours_after_the_providers_leaves_nothing_held(
    tab, worker, upstream, monkeypatch
):
    def fail(*args: Any) -> None:
        raise RuntimeError("A fault of our own.")

    monkeypatch.setattr(finish_answer, "fail", fail)
    upstream.fails(500)
    upstream.says("Whole.")

    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, answer.text, answer.attempt) == ("complete", "Whole.", 2)
    assert not await Hold.objects.aexists()


@guards(
    "chatsite/chat/sql.py",
    "WHERE id = %s AND attempt = %s AND state IN",
    "WHERE id = %s AND attempt <> -%s AND state IN",
)
@pytest.mark.parametrize("state", ["complete", "writing"])
async def test_a_worker_that_lost_its_lease_changes_nothing(state, tab, worker, upstream):
    upstream.says("The old attempt is slow.", every=0.1)
    await tab.say("Hello?")
    await tab.newest_is("writing")

    # Another worker has taken the reply over, and finished it or not.
    lease = Now() + timedelta(seconds=60) if state == "writing" else None
    await Message.objects.filter(role="assistant").aupdate(
        attempt=2, state=state, text="New.", lease_until=lease, due_at=lease
    )
    await worker.written()

    answer = await Message.objects.aget(role="assistant")
    assert (answer.text, answer.state) == ("New.", state)
    assert (await LedgerEntry.objects.aget()).reference == f"{answer.reference}:1"


@guards(
    "chatsite/chat/actions/end_reply.py",
    "    for reply in overdue[:200]:\n",
    "    for reply in overdue[:0]:\n",
)
async def test_nothing_stays_open_when_no_worker_is_there(tab, hints):
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    await Message.objects.filter(role="assistant").aupdate(
        deadline=timezone.now() - timedelta(seconds=1)
    )

    await sweep()
    await tab.newest_is("failed")

    assert "took too long" in tab.page.entries()[-1].text


async def test_a_worker_told_to_stop_finishes_what_it_writes(tab, worker, upstream):
    upstream.says("A few words still.", every=0.05)
    await tab.say("Hello?")
    await tab.newest_is("writing")

    await worker.stop(patience=10)

    assert (await Message.objects.aget(role="assistant")).state == "complete"


async def test_a_worker_out_of_patience_hands_its_answers_on(tab, worker, upstream):
    upstream.hangs(after=2)
    await tab.say("Hello?")
    await tab.newest_is("writing")

    await worker.stop(patience=0.1)

    reply = await Message.objects.aget(role="assistant")
    assert (reply.state, reply.text) == ("pending", "")
    assert (await LedgerEntry.objects.aget()).estimated


async def test_a_call_that_never_left_costs_nothing(tab, worker, upstream, settings):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, answer.failure) == ("failed", "unavailable")
    assert {entry.amount async for entry in LedgerEntry.objects.all()} == {0}
    assert await LedgerEntry.objects.acount() == 4


async def test_the_conversation_budget_ends_with_the_conversation(tab, open_tab, worker, upstream):
    await tab.say("Hello?")
    await tab.answer()
    # Room for one call's worst case, of which this conversation has spent a part.
    reserved = (await LedgerEntry.objects.aget()).reserved
    await Budget.objects.filter(scope="conversation").aupdate(limit=reserved)

    await tab.say("Again?")
    await tab.newest_is("failed")
    other = await open_tab()
    await other.say("Hello?")
    answer = await other.answer()

    assert answer.state == "complete"
    assert await Conversation.objects.acount() == 2


async def test_answers_of_many_conversations_are_written_at_once(open_tab, worker, upstream):
    tabs = [await open_tab() for _ in range(8)]
    for _ in tabs:
        upstream.says("Words that take a while to come.", every=0.05)
    started = asyncio.get_running_loop().time()

    for each in tabs:
        await each.say("Hello?")
    for each in tabs:
        await each.newest_is("complete")

    assert asyncio.get_running_loop().time() - started < 8 * 0.35
    assert await LedgerEntry.objects.acount() == 8


@guards(
    "chatsite/answering/writer/answer_writing_loop.py",
    "            asyncio.create_task(repeat_forever.repeat(self._sweep_where_nobody_does)),\n",
    "",
)
async def test_a_worker_that_neither_hint_nor_sweep_reaches_looks_for_itself(
    tab, start_worker, hints, upstream, monkeypatch
):
    monkeypatch.setattr(answer_writing_loop, "LOOKS_EVERY", 0.2)
    monkeypatch.setattr(answer_writing_loop, "UNSWEPT_FOR", 0.0)
    upstream.says("From nine to five.")
    start_worker()
    hints.taken_by = None

    await tab.say("Hello, is anybody there?")

    assert "From nine to five." in await tab.newest_is("complete")
