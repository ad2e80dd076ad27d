"""The customer stops an answer: the stream is closed, and what came is kept and charged."""

import asyncio

import pytest

from billing.models import Hold, LedgerEntry
from chatsite.chat.models import Message


async def writing(tab) -> Message:
    # The newest word is held back until it is known that no address begins with it.
    await tab.sees(lambda page: tab.newest and tab.newest.text.startswith("It"))
    return await Message.objects.aget(role="assistant")


async def settled() -> LedgerEntry:
    for _ in range(200):
        if not await Hold.objects.aexists():
            break
        await asyncio.sleep(0.05)
    return await LedgerEntry.objects.aget()


async def test_a_stopped_answer_keeps_its_words_and_costs_what_came(tab, worker, upstream):
    upstream.hangs(after=2)
    await tab.say("Tell me everything")
    reply = await writing(tab)

    await tab.send({"stop": str(reply.pk)})
    shown = await tab.newest_is("cancelled")
    entry = await settled()
    await reply.arefresh_from_db()

    assert shown.startswith("It")
    assert "You stopped this answer." in shown
    assert reply.text.startswith("It")
    assert (entry.outcome, entry.estimated) == ("stopped", True)
    assert entry.output_tokens is not None
    assert 0 < entry.output_tokens < 20
    assert not worker._answers


async def test_a_stopped_answer_can_be_asked_for_again(tab, worker, upstream):
    upstream.hangs(after=2)
    upstream.says("Here it is.")
    upstream.says("Here it is.")  # the strong tier's, where the first is doubted
    await tab.say("Tell me everything")
    reply = await writing(tab)
    await tab.send({"stop": str(reply.pk)})
    await tab.newest_is("cancelled")

    await tab.send({"retry": str(reply.pk)})

    assert "Here it is." in await tab.newest_is("complete")


async def test_what_was_said_meanwhile_is_answered_after_a_stop(tab, worker, upstream):
    upstream.hangs(after=2)
    upstream.says("From nine.")
    await tab.say("Tell me everything")
    reply = await writing(tab)
    await tab.say("When are you open?")
    await tab.sees(lambda page: len(page.entries()) == 3)

    await tab.send({"stop": str(reply.pk)})
    await tab.sees(lambda page: len(page.entries()) == 4)
    await tab.newest_is("complete")

    states = [entry.state for entry in tab.page.entries() if entry.role == "assistant"]
    assert states == ["cancelled", "complete"]


async def test_a_stop_that_comes_too_late_changes_nothing(tab, worker, upstream):
    upstream.says("From nine.")
    await tab.say("When are you open?")
    answer = await tab.answer()

    await tab.send({"stop": str(answer.pk)})
    await tab.send({"stop": str(answer.pk + 100)})
    await tab.say("Thanks")
    await tab.sees(lambda page: len(page.entries()) == 4)

    await answer.arefresh_from_db()
    assert answer.state == "complete"


@pytest.mark.parametrize("odd", ["x", None, {}])
async def test_what_is_no_stop_ends_the_socket(odd, tab):
    await tab.send({"stop": odd})

    assert (await tab.socket.receive_output(timeout=5))["type"]
