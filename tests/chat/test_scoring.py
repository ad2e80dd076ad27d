"""The `model` analyzer: the cheap tier says how hard a turn is, and is paid for it."""

import pytest
from channels.db import database_sync_to_async

from billing.models import LedgerEntry
from routing import policies
from routing.models import Policy, RouteDecision


@pytest.fixture
def model_analyzer(shop) -> None:
    draft = policies.current().draft()
    draft.analyzer = Policy.Analyzer.MODEL
    policies.adopt(draft, None, "Ask the cheap model.")


async def test_a_model_scores_the_turn_before_another_answers_it(
    tab, model_analyzer, worker, upstream
):
    upstream.says('{"scores": [9]}')
    upstream.says("A considered answer.")

    await tab.say("Hello?")
    answer = await tab.answer()

    assert answer.tier == "strong"
    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    decision = await RouteDecision.objects.aget()
    assert (decision.analyzer, decision.score) == ("model", 9)
    entries = {entry.reference: entry async for entry in LedgerEntry.objects.all()}
    assert set(entries) == {f"score:{answer.pk}:1", f"reply:{answer.pk}:1"}
    assert entries[f"score:{answer.pk}:1"].purpose == "scoring"
    assert entries[f"score:{answer.pk}:1"].amount > 0


async def test_the_same_words_are_scored_once(tab, open_tab, model_analyzer, worker, upstream):
    upstream.says('{"scores": [2]}')

    for each in (tab, await open_tab()):
        await each.say("When do you open?")
        await each.answer()

    assert await LedgerEntry.objects.filter(purpose="scoring").acount() == 1
    assert await RouteDecision.objects.filter(analyzer="model").acount() == 2


@pytest.mark.parametrize("fault", ["unreadable", "fails", "hangs", "refused"])
async def test_where_the_scorer_fails_the_rules_decide(
    fault, tab, model_analyzer, worker, upstream, monkeypatch
):
    monkeypatch.setattr("chatsite.chat.scoring.PATIENCE", 0.3)
    match fault:
        case "unreadable":
            upstream.says("about seven, I should think")
        case "fails":
            upstream.fails(500)
        case "hangs":
            upstream.hangs()
        case "refused":
            upstream.unauthorised()
    upstream.says("An answer all the same.")

    await tab.say("Hello?")
    answer = await tab.answer()

    assert (answer.state, answer.text) == ("complete", "An answer all the same.")
    decision = await RouteDecision.objects.aget()
    assert decision.analyzer == "rules"
    assert await LedgerEntry.objects.filter(purpose="scoring").acount() == 1


async def test_without_room_for_the_score_the_rules_decide(tab, model_analyzer, worker, upstream):
    draft = await database_sync_to_async(lambda: policies.current().draft())()
    # A scorer without a price is never asked.
    draft.cheap_model, draft.strong_model, draft.threshold = "unpriced-1", "gpt-4", 1
    await database_sync_to_async(policies.adopt)(draft, None, "A model nobody knows.")
    upstream.says("An answer all the same.")

    await tab.say("Hello?")
    answer = await tab.answer()

    assert answer.text == "An answer all the same."
    assert upstream.models == ["gpt-4"]
