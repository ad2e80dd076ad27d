"""A doubted cheap answer is written again by the strong tier; where that cannot be, it stands."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import Budget, Hold, LedgerEntry
from chatsite.answering.calls.reply_call import Claimed, Work
from chatsite.chat.actions import take_over
from chatsite.chat.admin import answer_receipts
from chatsite.chat.models import Conversation, Message
from chatsite.demo import demo_server
from chatsite.knowledge.articles import Found
from chatsite.provider.models import ProviderModel
from routing import policies
from routing.analysis.features import measure
from routing.checks import verifier
from routing.checks.verifier import Answered
from routing.learning import model_training
from routing.models import (
    AnswerCheck,
    LearnedModel,
    Policy,
    RouteDecision,
)
from routing.tier_choice import Turn
from tests.answering.test_answers import THREE_QUESTIONS
from tests.chat.conftest import sweep
from tests.quality import traffic
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import Says

HOURS = "What are your business hours?"
# No article says so; this one does.
DOUBTED = "From nine to five, every single day of the year."
RIGHT = "Live chat with a person is open Monday to Friday from 09:00 to 21:00."
# What stands where nothing better could be written.
QUOTES = "I could not confirm an answer to this. Our help pages say:"
LINKED = "We are open from 09:00 to 21:00, see https://elsewhere.example/hours."
NOT_FOUND = "I cannot find that."
CHECKING = "Double-checking this answer…"


@pytest.fixture
def doubt_threshold() -> float:
    return 0.6


async def says_what_the_articles_say(exchange: Exchange) -> None:
    answer = await asyncio.to_thread(demo_server.answer, exchange.call.body)
    await Says(answer.text)(exchange)


@database_sync_to_async
def set_doubt_threshold(value: float) -> None:
    set_in_policy(doubt_threshold=value)


@database_sync_to_async
def set_policy(**settings: Any) -> None:
    set_in_policy(**settings)


def set_in_policy(**settings: Any) -> None:
    draft = policies.current().draft()
    for name, value in settings.items():
        setattr(draft, name, value)
    policies.adopt(draft, None, "For a test.")


@database_sync_to_async
def taken_over_by_nora(reply: Message) -> None:
    take_over.conversation(reply.conversation_id, User.objects.create_user("nora", is_staff=True))


@database_sync_to_async
def receipt(reply: Message) -> answer_receipts.Receipt:
    return answer_receipts.of([reply])[reply.pk]


async def outcomes() -> list[str]:
    """Of the ledger's entries, in the order of the calls."""
    return [entry.outcome async for entry in LedgerEntry.objects.order_by("reference")]


async def is_being_checked(tab) -> None:
    """The tab shows the draft, and says what happens to it."""
    await tab.sees(lambda page: CHECKING in page.words())
    assert "From nine to five" in tab.newest.text


async def test_a_doubted_answer_is_replaced_once_by_the_strong_tiers(tab, worker, upstream):
    upstream.says(DOUBTED)
    upstream.says(RIGHT, first_token=0.1)

    await tab.say(HOURS)
    await is_being_checked(tab)
    answer = await tab.answer()

    assert (answer.state, answer.tier, answer.attempt) == ("complete", "strong", 2)
    assert answer.text == RIGHT
    assert (answer.stage, answer.draft) == ("escalated", DOUBTED)
    assert [entry.text for entry in tab.page.entries()] == [HOURS, answer.text]
    assert CHECKING not in tab.page.words()
    assert tab.page.missed == []
    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    # Both are paid for, and the one that was thrown away can be told apart.
    assert await outcomes() == ["escalated", "stop"]
    assert not await Hold.objects.aexists()
    verdict = await AnswerCheck.objects.aget()
    assert (verdict.reference, verdict.call) == (answer.reference, f"{answer.reference}:1")
    assert (verdict.outcome, verdict.threshold) == ("replaced", 0.6)
    assert verdict.doubt > 0.6
    assert "a figure that no article states" in verdict.reason
    assert verdict.second_doubt is not None
    assert verdict.second_doubt < 0.6
    assert (await RouteDecision.objects.aget()).tier == "cheap"


async def test_the_better_answer_grows_where_the_draft_was(tab, worker, upstream):
    upstream.says(DOUBTED)
    upstream.says(RIGHT, every=0.1)

    await tab.say(HOURS)
    await is_being_checked(tab)
    await tab.sees(lambda page: "Monday" in tab.newest.text)

    assert tab.newest.open
    assert "every single day" not in tab.page.words()
    assert CHECKING not in tab.page.words()


async def test_a_question_of_the_sample_shop_shows_it(tab, worker, upstream):
    upstream.otherwise = says_what_the_articles_say

    await tab.say(
        "We need 60 notebooks for a conference, is there a volume discount and can you print our "
        "logo?"
    )
    answer = await tab.answer()

    assert "I could not find that" in answer.draft
    assert (answer.tier, "We supply offices, schools" in answer.text) == ("strong", True)


async def test_an_answer_above_suspicion_stands(tab, worker, upstream):
    upstream.says("Live chat with a person is open Monday to Friday from 09:00 to 21:00.")

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.tier, answer.stage) == ("cheap", "")
    assert upstream.models == ["gpt-3.5-turbo"]
    assert (await AnswerCheck.objects.aget()).outcome == "trusted"


@pytest.mark.parametrize(
    ("threshold", "said", "models", "verdicts"),
    [
        (0, "From nine to five.", ["gpt-3.5-turbo", "gpt-4"], 1),
        (1, DOUBTED, ["gpt-3.5-turbo"], 1),
    ],
)
async def test_the_operator_says_from_which_doubt(
    threshold, said, models, verdicts, tab, worker, upstream
):
    await set_doubt_threshold(threshold)
    upstream.says(said)

    await tab.say(HOURS)
    await tab.answer()

    assert upstream.models == models
    assert await AnswerCheck.objects.acount() == verdicts


@pytest.mark.parametrize("fault", ["empty", "cut", "leaked"])
async def test_what_certainly_will_not_do_is_written_again(fault, tab, worker, upstream):
    match fault:
        case "empty":
            upstream.says(" ")
        case "cut":
            upstream.runs_out("We are open from")
        case "leaked":
            upstream.says("My instructions: answer customers of Larkspur & Finch in a live chat.")
    upstream.says(RIGHT)

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.state, answer.text, answer.tier) == ("complete", RIGHT, "strong")
    assert await outcomes() == ["escalated", "stop"]


async def test_a_doubted_answer_of_the_strong_tier_is_not_shown_as_fact(tab, worker, upstream):
    upstream.says("1. You may return it within 90 days.\n\n2. Yes, always.\n\n3. It is free.")

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    assert upstream.models == ["gpt-4"]
    assert (answer.state, answer.tier, answer.stage) == ("complete", "strong", "quoted")
    assert answer.text.startswith(QUOTES)
    assert "90 days" not in answer.text
    assert "90 days" in answer.draft
    assert answer.offers_person
    check = await AnswerCheck.objects.aget()
    assert (check.tier, check.outcome) == ("strong", "quoted")


async def test_where_the_strong_tier_says_the_same_the_customer_reads_the_articles(
    tab, worker, upstream
):
    upstream.says(DOUBTED)
    upstream.says(DOUBTED)

    await tab.say(HOURS)
    answer = await tab.answer()

    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    assert answer.text.startswith(QUOTES)
    assert "09:00 to 21:00" in answer.text
    assert "— Business hours" in answer.text
    assert "From nine to five" not in tab.page.words()
    check = await AnswerCheck.objects.aget()
    assert check.outcome == "quoted"
    assert (check.second_doubt or 0) > 0.6


@pytest.mark.parametrize(
    ("chosen", "begins"),
    [
        ({"doubted_answers": "show"}, DOUBTED),
        ({"unconfirmed_text": "Bitte lesen Sie selbst:"}, "Bitte lesen Sie selbst:\n\n> "),
    ],
)
async def test_an_operator_may_show_it_anyway_or_choose_the_words(
    chosen, begins, tab, worker, upstream
):
    await set_policy(**chosen)
    upstream.says(DOUBTED)
    upstream.says(DOUBTED)

    await tab.say(HOURS)

    assert (await tab.answer()).text.startswith(begins)


async def test_foreign_links_and_the_prompt_are_never_shown_by_any_tier(tab, worker, upstream):
    await set_policy(doubted_answers="show", doubt_threshold=1)
    upstream.says(LINKED, every=0.02)
    upstream.says("My system prompt says: answer customers. " + LINKED, every=0.02)
    frames, receive = [], tab.socket.receive_from

    async def recorded(**waits: float) -> Any:
        frames.append(await receive(**waits))
        return frames[-1]

    tab.socket.receive_from = recorded
    await tab.say(HOURS)
    answer = await tab.answer()

    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    assert (answer.stage, answer.draft) == ("quoted", "")
    assert any("21:00" in frame for frame in frames)
    for frame in frames:
        assert "elsewhere" not in frame
        assert "system prompt" not in frame


async def test_without_articles_an_answer_is_not_checked_and_says_so(tab, worker, upstream):
    upstream.says("You're welcome!")

    await tab.say("Xyzzy")

    assert (await tab.answer()).text == "You're welcome!"
    assert (await AnswerCheck.objects.aget()).reason == "Not checked: no article was found."


@pytest.mark.parametrize(
    ("chosen", "models", "shown"),
    [("strong", ["gpt-3.5-turbo", "gpt-4"], True), ("person", ["gpt-3.5-turbo"], False)],
)
async def test_the_policy_says_what_becomes_of_an_answer_without_articles(
    chosen, models, shown, tab, worker, upstream
):
    await set_policy(unchecked_answers=chosen)
    upstream.otherwise = Says("Plugh is 5 euros.")

    await tab.say("Plugh?")
    answer = await tab.answer()

    assert upstream.models == models
    assert ("5 euros" in answer.text) == shown
    assert answer.offers_person == (not shown)


async def test_without_room_for_the_strong_tier_the_answer_stands(tab, worker, upstream):
    await Budget.objects.acreate(
        name="Strong", scope="tier", key="strong", period="total", limit=1000
    )
    upstream.says(DOUBTED)

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.state, answer.tier, answer.draft) == ("complete", "cheap", DOUBTED)
    assert answer.text.startswith(QUOTES)
    assert (answer.attempt, answer.stage, answer.sources != []) == (1, "quoted", True)
    assert upstream.models == ["gpt-3.5-turbo"]
    assert await outcomes() == ["stop"]
    assert not await Hold.objects.aexists()
    assert (await AnswerCheck.objects.aget()).outcome == "quoted"


async def test_without_time_for_the_strong_tier_the_answer_stands(tab, hints, start_worker):
    await tab.say(HOURS)
    await tab.sees(lambda page: len(page.entries()) == 2)
    soon = timezone.now() + timedelta(seconds=15)
    await Message.objects.filter(role="assistant").aupdate(deadline=soon)
    await set_doubt_threshold(0)

    start_worker()
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("complete", "cheap")
    assert (await AnswerCheck.objects.aget()).outcome == "quoted"
    assert await outcomes() == ["stop"]


async def test_a_strong_model_that_is_out_is_not_asked_to_check(tab, worker, upstream):
    soon = timezone.now() + timedelta(minutes=5)
    for name in ("gpt-4", "gpt-5.6-sol"):
        await ProviderModel.objects.acreate(name=name, refused_until=soon)
    upstream.says(DOUBTED)

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.stage, answer.tier, answer.attempt) == ("quoted", "cheap", 1)
    assert upstream.models == ["gpt-3.5-turbo"]
    assert (await AnswerCheck.objects.aget()).outcome == "quoted"


async def test_only_who_has_the_draft_hears_of_it_beside_the_busy_message(tab, worker, upstream):
    upstream.says(DOUBTED)
    upstream.hangs(after=0)
    await tab.say(HOURS)
    await is_being_checked(tab)

    entry = tab.page.node(f"entry-{tab.newest.id}")
    notice, message = entry.child("checking"), entry.child("message")

    # Inside what is busy, a reader of the screen would not hear it.
    assert message.attributes["aria-busy"] == "true"
    assert notice.parent is entry
    assert CHECKING not in message.text


@pytest.mark.django_db
def test_a_draft_without_a_stage_is_refused():
    conversation = Conversation.objects.create(visitor="v" * 64)
    draft = Message(conversation=conversation, position=1, role="assistant", draft="From nine.")

    with pytest.raises(IntegrityError), transaction.atomic():
        draft.save()


def test_a_strong_answer_leaves_the_cheap_tier_time_to_stand_in():
    def seconds(tier: str, stage: str, left: float) -> float:
        reply = Message(tier=tier, stage=stage)
        claimed = Claimed(reply, Policy(), Turn("?"), (), Found((), 0.0), left, -1)
        return Work(claimed, "", "", [], 0).seconds

    assert seconds("strong", "", 90) == 78
    assert seconds("strong", "", 9) == 6
    assert seconds("strong", "escalated", 60) == 60
    assert seconds("cheap", "", 90) == 90


@pytest.mark.parametrize("first", ["unauthorised", "cuts"])
async def test_where_the_strong_tier_fails_the_answer_stands(first, tab, worker, upstream):
    upstream.says(DOUBTED)
    getattr(upstream, first)()
    upstream.refuses()

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.state, answer.draft, answer.failure) == ("complete", DOUBTED, "")
    assert (answer.tier, answer.stage) == ("cheap", "quoted")
    assert answer.sources != []
    assert tab.newest.text.startswith(QUOTES)
    assert (await AnswerCheck.objects.aget()).outcome == "failed"


async def test_a_strong_answer_that_breaks_off_is_asked_again(tab, worker, upstream):
    upstream.says(DOUBTED)
    upstream.cuts()
    upstream.says(RIGHT)

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.text, answer.tier, answer.attempt) == (RIGHT, "strong", 3)
    assert (await AnswerCheck.objects.aget()).outcome == "replaced"


async def test_the_cheap_tiers_tries_are_not_held_against_the_strong_one(
    tab, start_worker, upstream
):
    await tab.say(HOURS)
    await tab.sees(lambda page: len(page.entries()) == 2)
    await Message.objects.filter(role="assistant").aupdate(tries=3)
    upstream.says(DOUBTED)
    upstream.cuts()
    upstream.says(RIGHT)

    start_worker()
    answer = await tab.answer()

    assert answer.text == RIGHT


async def test_a_second_tab_and_a_reload_show_that_it_is_being_checked(
    tab, open_tab, worker, upstream
):
    upstream.says(DOUBTED)
    upstream.says(RIGHT, first_token=0.6)
    await tab.say(HOURS)
    await is_being_checked(tab)

    second = await open_tab(beside=tab)
    await is_being_checked(second)
    await second.answer()
    await tab.answer()

    for each in (tab, second):
        assert each.newest.text == RIGHT
        assert each.page.missed == []


async def test_a_dead_workers_escalation_goes_on_with_the_strong_tier(tab, start_worker, upstream):
    start_worker()
    upstream.says(DOUBTED)
    upstream.hangs(after=0)
    upstream.says(RIGHT)
    await tab.say(HOURS)
    await is_being_checked(tab)
    # As a worker leaves it that is killed in the middle of the strong tier's call.
    reply = await Message.objects.aget(role="assistant")
    await Message.objects.filter(id=reply.pk).aupdate(
        lease_until=timezone.now() - timedelta(seconds=1)
    )

    await sweep()
    start_worker().wake(reply.pk)
    answer = await tab.answer()

    assert (answer.text, answer.tier, answer.attempt) == (RIGHT, "strong", 3)
    assert upstream.models == ["gpt-3.5-turbo", "gpt-4", "gpt-4"]
    cheap = LedgerEntry.objects.filter(tier="cheap")
    assert [entry.reference async for entry in cheap] == [f"{answer.reference}:1"]
    assert (await AnswerCheck.objects.aget()).outcome == "replaced"
    assert await RouteDecision.objects.acount() == 1


async def test_a_worker_told_to_stop_hands_the_escalation_on(tab, worker, upstream, start_worker):
    upstream.says(DOUBTED)
    upstream.hangs(after=3)
    upstream.says(RIGHT)
    await tab.say(HOURS)
    await tab.sees(lambda page: "It stops" in page.words())

    await worker.stop(patience=0)
    start_worker().wake((await Message.objects.aget(role="assistant")).pk)
    answer = await tab.answer()

    assert (answer.text, answer.attempt) == (RIGHT, 3)
    assert await outcomes() == ["escalated", "abandoned", "stop"]


async def test_a_person_who_takes_over_stops_the_checking(tab, worker, upstream):
    upstream.says(DOUBTED)
    upstream.hangs(after=0)
    await tab.say(HOURS)
    await is_being_checked(tab)

    await taken_over_by_nora(await Message.objects.aget(role="assistant"))
    await sweep()  # tells nobody: the tab looks by itself
    await tab.newest_is("cancelled")

    answer = await Message.objects.aget(role="assistant")
    assert (answer.draft, answer.tier, answer.failure) == (DOUBTED, "cheap", "")
    assert answer.text.startswith(QUOTES)
    assert CHECKING not in tab.page.words()
    assert "a person from our team" in tab.newest.text
    assert (await AnswerCheck.objects.aget()).outcome == "stopped"


async def test_when_time_is_up_the_answer_that_was_there_stands(tab, worker, upstream):
    upstream.says(DOUBTED)
    upstream.hangs(after=3)
    await tab.say(HOURS)
    await tab.sees(lambda page: "It stops" in page.words())
    await Message.objects.filter(role="assistant").aupdate(
        deadline=timezone.now() - timedelta(seconds=1)
    )

    await sweep()
    answer = await tab.answer()

    assert (answer.state, answer.draft, answer.tier) == ("complete", DOUBTED, "cheap")
    assert answer.text.startswith(QUOTES)
    assert answer.sources != []
    assert (await AnswerCheck.objects.aget()).outcome == "no_time"


async def test_a_worker_that_lost_the_reply_escalates_nothing(tab, worker, upstream):
    upstream.says("It takes its time: see https://elsewhere.example", every=0.05)
    await tab.say(HOURS)
    await tab.newest_is("writing")
    await Message.objects.filter(role="assistant").aupdate(
        attempt=2, state="complete", text="New.", lease_until=None, due_at=None
    )

    await worker.written()

    assert upstream.models == ["gpt-3.5-turbo"]
    assert await outcomes() == ["stop"]
    assert not await Hold.objects.aexists()
    assert not await AnswerCheck.objects.aexists()


@pytest.mark.parametrize("fault", ["unauthorised", "out_of_quota", "gone"])
async def test_where_the_strong_tier_is_out_the_cheap_one_answers(fault, tab, worker, upstream):
    match fault:
        case "gone":
            upstream.unknown_model()
            upstream.unknown_model()
        case _:
            getattr(upstream, fault)()
    upstream.says("1. Free.\n\n2. A quarter less.\n\n3. You pay the label.")
    await set_doubt_threshold(1)

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    assert (answer.state, answer.tier, answer.stage) == ("complete", "cheap", "stood_in")
    assert upstream.models[-1] == "gpt-3.5-turbo"
    decision = await RouteDecision.objects.aget()
    assert decision.tier == "strong"


async def test_the_cheap_tier_stands_in_once(tab, worker, upstream):
    upstream.unauthorised()
    upstream.fails(503)

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    assert (answer.state, answer.failure) == ("failed", "unavailable")
    assert upstream.models == ["gpt-4", "gpt-3.5-turbo"]


async def test_after_a_retry_the_receipt_has_the_verdict_on_the_new_answer(tab, worker, upstream):
    upstream.runs_out("We are open")
    upstream.runs_out("We are open from")
    await tab.say(HOURS)
    cut = await tab.answer()
    assert (await receipt(cut)).verdict is not None
    await set_doubt_threshold(1)

    upstream.says(RIGHT)
    await tab.send({"retry": str(cut.pk)})
    await tab.newest_is("complete")

    answer = await Message.objects.aget(role="assistant")
    verdict = (await receipt(answer)).verdict
    assert verdict is not None
    assert (answer.draft, verdict.call) == ("", answer.charge_reference)


async def test_a_retry_is_routed_anew(tab, worker, upstream):
    await set_doubt_threshold(1)
    upstream.unauthorised()
    upstream.unauthorised()
    await tab.say(THREE_QUESTIONS)
    failed = await tab.answer()

    upstream.says("1. Free.")
    await tab.send({"retry": str(failed.pk)})
    await tab.newest_is("complete")

    answer = await Message.objects.aget(role="assistant")
    assert (answer.tier, answer.stage) == ("strong", "")


@database_sync_to_async
def accept_what_was_learned() -> None:
    """Models of labels by which every answer about engraving failed, and no other."""
    labels = [
        model_training.Label(measure(Turn(text)), float(not fails), 1.0, checks=checks)
        for text, fails in traffic.asked(150)
        for checks in [verifier.measure(Answered(text, NOT_FOUND if fails else "Yes, it is."))]
    ]
    kinds = LearnedModel.Kind
    learned = {
        kind: LearnedModel.objects.create(kind=kind, text=text, labels=len(labels))
        for kind, text in (
            (kinds.ANALYZER, model_training.model(labels).text()),
            (kinds.VERIFIER, model_training.checker(labels).text()),
        )
    }
    draft = policies.current().draft()
    draft.learned_analyzer, draft.learned_verifier = (
        learned[kinds.ANALYZER],
        learned[kinds.VERIFIER],
    )
    draft.analyzer = Policy.Analyzer.LEARNED  # the first policy after a flush has the rules
    draft.threshold, draft.doubt_threshold = 10, 0.99
    policies.adopt(draft, None, "As learned.")


async def test_what_was_learned_decides_and_doubts_once_it_is_accepted(tab, worker, upstream):
    await accept_what_was_learned()
    upstream.says(NOT_FOUND)

    await tab.say("Is the engraving done by hand?")
    await tab.answer()

    decision, verdict = await RouteDecision.objects.aget(), await AnswerCheck.objects.aget()
    assert (decision.analyzer, verdict.verifier) == ("learned", "trained on 150 labels")
    assert decision.score > 5
    assert verdict.doubt > 0.5
