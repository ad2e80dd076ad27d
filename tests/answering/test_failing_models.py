"""Models that are gone or fail: another answers, in every worker, and the receipt says so."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from billing.budgets import periods
from billing.models import Budget, BudgetPeriod, LedgerEntry
from chatsite.chat.models import Message
from chatsite.provider import model_health
from chatsite.provider.models import ProviderModel
from routing import policies
from routing.models import RouteDecision
from tests.chat.conftest import Tab
from tests.guards import guards

GRAVE = "I was charged twice and want my money back."


@pytest.fixture
def quickly(monkeypatch) -> None:
    """A breaker for two failures, without the time that they have to last."""
    monkeypatch.setattr(model_health, "MOST_FAILURES", 2)
    monkeypatch.setattr(model_health, "FAILING_FOR", timedelta(0))
    monkeypatch.setattr(model_health, "KNOWN_FOR", 0.0)


async def asks(tab: Tab, text: str) -> Message:
    await tab.say(text)
    return await tab.answer()


async def detour(answer: Message) -> str:
    return (await RouteDecision.objects.aget(reference=answer.reference)).detour


@guards(
    "chatsite/provider/model_health.py",
    "            row.update(refused_until=now + REFUSED_FOR)\n",
    "            pass\n",
)
async def test_a_model_that_is_gone_is_gone_for_all_workers(
    tab, open_tab, start_worker, upstream, hints
):
    start_worker()
    upstream.unknown_model()

    first = await asks(tab, "Hello?")
    start_worker()
    second = await asks(await open_tab(), "Hello again?")

    assert first.state == second.state == "complete"
    assert upstream.models == ["gpt-3.5-turbo", "gpt-5.6-terra", "gpt-5.6-terra"]
    why = "gpt-3.5-turbo is gone from the provider, so its successor gpt-5.6-terra was asked."
    assert [await detour(first), await detour(second)] == [why, why]


async def test_a_model_that_the_list_lacks_is_not_even_tried(tab, worker, upstream):
    await ProviderModel.objects.acreate(name="gpt-4", missing_since=timezone.now())

    answer = await asks(tab, GRAVE)

    assert (answer.tier, upstream.models) == ("strong", ["gpt-5.6-sol"])


async def test_while_the_strong_model_fails_the_cheap_one_answers(
    tab, open_tab, worker, upstream, quickly
):
    for _ in range(2):
        upstream.fails(503, retry_after_ms=1)

    first = await asks(tab, GRAVE)
    second = await asks(await open_tab(), GRAVE)

    assert upstream.models == ["gpt-4", "gpt-4", "gpt-3.5-turbo", "gpt-3.5-turbo"]
    assert (first.state, first.tier, second.tier) == ("complete", "cheap", "cheap")
    decision = await RouteDecision.objects.aget(reference=second.reference)
    assert decision.tier == "strong"
    assert decision.detour == (
        "gpt-4 is failing and paused, so gpt-3.5-turbo of the cheap tier was asked."
    )
    entry = await LedgerEntry.objects.aget(reference=second.charge_reference)
    assert (entry.tier, entry.model_requested) == ("cheap", "gpt-3.5-turbo")


@guards(
    "chatsite/provider/model_health.py",
    "        if model in self._suspects:\n",
    "        if False:\n",
)
async def test_a_probe_that_is_answered_ends_the_pause(tab, worker, upstream, quickly):
    now = timezone.now()
    await ProviderModel.objects.acreate(
        name="gpt-4",
        failures=5,
        failing_since=now - timedelta(hours=1),
        paused_until=now - timedelta(seconds=5),
    )

    answer = await asks(tab, GRAVE)

    assert (answer.tier, upstream.models) == ("strong", ["gpt-4"])
    model = await ProviderModel.objects.aget(name="gpt-4")
    assert (model.failures, model.failing_since, model.paused_until) == (0, None, None)
    assert await detour(answer) == ""


async def test_a_probe_that_fails_goes_on_with_the_pause(tab, worker, upstream, quickly):
    now = timezone.now()
    await ProviderModel.objects.acreate(
        name="gpt-4",
        failures=5,
        failing_since=now - timedelta(hours=1),
        paused_until=now - timedelta(seconds=5),
    )
    upstream.fails(503, retry_after_ms=1)

    answer = await asks(tab, GRAVE)

    assert (answer.tier, upstream.models) == ("cheap", ["gpt-4", "gpt-3.5-turbo"])
    model = await ProviderModel.objects.aget(name="gpt-4")
    assert model.paused_until is not None
    assert model.paused_until > now + timedelta(seconds=25)


@guards(
    "chatsite/answering/calls/reply_call.py",
    "        with suppress(NoRoom, NoPrice):\n",
    "        with suppress():\n",
)
async def test_a_dearer_model_stands_in_within_the_budget_only(tab, worker, upstream):
    now = timezone.now()
    await ProviderModel.objects.acreate(
        name="gpt-3.5-turbo", failures=5, failing_since=now, paused_until=now + timedelta(hours=1)
    )
    await Budget.objects.acreate(
        name="Strong", scope="tier", key="strong", period="day", limit=1000
    )

    answer = await asks(tab, "Hello?")

    assert (answer.state, answer.tier, upstream.models) == ("complete", "cheap", ["gpt-3.5-turbo"])


@guards(
    "chatsite/answering/budget_allowance.py",
    "    rises = shift is None or shift.threshold < HIGHEST_THRESHOLD\n",
    "    rises = True\n",
)
async def test_nothing_dearer_stands_in_where_the_budgets_allow_the_cheap_tier_only(
    tab, worker, upstream
):
    now = timezone.now()
    await ProviderModel.objects.acreate(
        name="gpt-3.5-turbo", failures=5, failing_since=now, paused_until=now + timedelta(hours=1)
    )
    budget = await Budget.objects.acreate(
        name="All", scope="site", period="total", limit=10**10, cheap_only_from=90
    )
    await BudgetPeriod.objects.acreate(
        budget=budget, starts_at=periods.ALWAYS, limit=10**10, spent=95 * 10**8
    )

    answer = await asks(tab, "Hello?")

    assert (answer.state, answer.tier, upstream.models) == ("complete", "cheap", ["gpt-3.5-turbo"])


async def test_a_successor_without_a_price_leaves_the_model_to_be_asked(tab, worker, upstream):
    draft = await database_sync_to_async(lambda: policies.current().draft())()
    draft.cheap_successor = "unpriced-1"
    await database_sync_to_async(policies.adopt)(draft, None, "A successor nobody knows.")
    await ProviderModel.objects.acreate(name="gpt-3.5-turbo", missing_since=timezone.now())

    answer = await asks(tab, "Hello?")

    assert (answer.state, upstream.models) == ("complete", ["gpt-3.5-turbo"])


@guards(
    "chatsite/provider/model_health.py",
    "        elif kind not in NOT_ITS_FAULT:\n",
    "        else:\n",
)
@pytest.mark.parametrize("fault", ["filters_the_question", "filters"])
async def test_what_is_the_questions_fault_pauses_no_model(
    fault, open_tab, worker, upstream, quickly
):
    for _ in range(2):
        if fault == "filters":
            upstream.filters("It may not")
        else:
            upstream.filters_the_question()
        answer = await asks(await open_tab(), "Hello?")
        assert answer.state in {"failed", "cut"}

    assert not await ProviderModel.objects.filter(failures__gt=0).aexists()


async def test_a_model_that_refuses_how_it_is_asked_is_paused_and_told(
    open_tab, worker, upstream, quickly
):
    for _ in range(2):
        upstream.refuses()
        answer = await asks(await open_tab(), "Hello?")
        assert (answer.state, answer.failure) == ("failed", "misconfigured")

    model = await ProviderModel.objects.aget(name="gpt-3.5-turbo")
    assert (model.failures, model.paused_until is None) == (2, False)
    assert len(upstream.requests) == 2


async def test_a_paused_cheap_model_is_tried_before_a_customer_gets_nothing(tab, worker, upstream):
    now = timezone.now()
    await ProviderModel.objects.acreate(
        name="gpt-3.5-turbo", failures=5, failing_since=now, paused_until=now + timedelta(hours=1)
    )
    for _ in range(4):
        upstream.fails(503, retry_after_ms=1)

    answer = await asks(tab, GRAVE)

    assert upstream.models == ["gpt-4"] * 4 + ["gpt-3.5-turbo"]
    assert (answer.state, answer.tier) == ("complete", "cheap")
