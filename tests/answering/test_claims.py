"""In the uncertain band the cheap model is asked what the articles say of each claim."""

import json
import threading
from typing import Any

import pytest

from billing.models import Hold, LedgerEntry
from chatsite.answering.checking import answer_check, claim_check_call
from chatsite.llm import Finished
from routing.models import AnswerCheck
from tests.answering.test_escalations import DOUBTED, HOURS, RIGHT, set_policy
from tests.guards import guards

IN_PARTS = f"Hello! {RIGHT}"


@pytest.fixture
def doubt_threshold() -> float:
    return 0.6


@guards(
    "chatsite/answering/checking/claim_check_call.py",
    "return abs(found.doubt - answer_check.limit(work)) <= band",
    "return False",
)
async def test_a_claim_that_the_articles_contradict_has_the_answer_written_again(
    tab, shop, worker, upstream
):
    await set_policy(claims_band=1.0)
    upstream.says(IN_PARTS)
    upstream.says('{"verdicts": ["supported", "contradicted"]}')
    upstream.says(RIGHT)
    upstream.says('{"verdicts": ["supported"]}')

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.text, answer.tier, answer.stage) == (RIGHT, "strong", "escalated")
    assert upstream.models == ["gpt-3.5-turbo", "gpt-3.5-turbo", "gpt-4", "gpt-3.5-turbo"]
    asked = json.loads(upstream.requests[1].body["messages"][-1]["content"])
    assert [each["claim"] for each in asked["claims"]] == ["Hello!", RIGHT]
    assert any("09:00 to 21:00" in each for each in asked["articles"])
    check = await AnswerCheck.objects.aget()
    assert check.outcome == "replaced"
    assert "a sentence that the articles contradict, says the cheap model" in check.reason
    purposes = [entry.purpose async for entry in LedgerEntry.objects.order_by("id")]
    assert sorted(purposes) == ["answer", "answer", "checking", "checking"]
    assert not await Hold.objects.aexists()


@pytest.mark.parametrize(
    ("verdicts", "is_shown"),
    [('{"verdicts": ["supported"]}', True), ('{"verdicts": ["perhaps"]}', False)],
)
async def test_what_the_model_finds_in_the_articles_is_doubted_less(
    verdicts, is_shown, tab, shop, worker, upstream
):
    said = "Live chat with a person is open daily."
    await set_policy(claims_band=0.2, doubt_threshold=0.05)
    upstream.says(said)
    upstream.says(verdicts)
    upstream.says(RIGHT)

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.text == said) is is_shown


@guards("chatsite/answering/checking/claim_check_call.py", "if found.is_certain or", "if")
async def test_what_rules_are_certain_of_no_model_is_asked(tab, shop, worker, upstream):
    await set_policy(claims_band=1.0)
    upstream.says("Wir haben von neun bis fünf geöffnet, jeden Tag des ganzen Jahres.")
    upstream.says(RIGHT)
    upstream.says('{"verdicts": ["supported"]}')

    await tab.say(HOURS)
    await tab.answer()

    assert upstream.models[:2] == ["gpt-3.5-turbo", "gpt-4"]


async def test_nobody_waits_for_a_check_that_fails(tab, shop, worker, upstream):
    await set_policy(claims_band=1.0)
    upstream.says(RIGHT)
    upstream.fails(500)

    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.text, answer.tier, answer.stage) == (RIGHT, "cheap", "")
    assert not await Hold.objects.aexists()
    assert DOUBTED not in answer.draft


@guards("chatsite/answering/checking/claim_check_call.py", "len(finished.text) < LONG", "True")
async def test_a_long_answer_is_checked_beside_the_loop(monkeypatch):
    threads: list[int] = []
    nothing: Any = None
    monkeypatch.setattr(answer_check, "check", lambda *_: threads.append(threading.get_ident()))

    for text in ("Within 30 days.", "Within 30 days. " * 100):
        finished = Finished(text, nothing, nothing, "", "", "")
        await claim_check_call.weighed(nothing, finished, nothing, nothing)

    assert [thread == threading.get_ident() for thread in threads] == [True, False]
