"""A burst of calls on a budget that holds little more than what they cost.

    TEST_DATABASE=sqlite python -m pytest tests/load/burst.py -q -s

Fifty customers ask at once, on a budget with room for sixty answers as they turn out to cost, and
for some 27 as they may cost at most. However long an answer takes, at least 45 are answered.
"""

import asyncio

import pytest

from billing.models import Budget, BudgetPeriod, LedgerEntry
from chatsite.chat.models import Message
from tests.chat.conftest import *  # noqa: F403
from tests.tables import show

ASKED = 50
HELD = 60
SECONDS = [1.0, 4.6, 10.0]  # of an answer


@pytest.mark.parametrize("seconds", SECONDS)
async def test_a_burst_is_not_refused_while_real_spend_is_small(
    open_tab, worker, upstream, settings, seconds
):
    settings.ASKS_PER_ADDRESS = 1000  # as if each came from an address of their own
    question = "Tell me a joke about business"
    tabs = [await open_tab() for _ in range(ASKED + 1)]
    await tabs[0].say(question)
    await tabs[0].answer()
    each = (await LedgerEntry.objects.aget()).amount
    await Budget.objects.aupdate(active=False)
    await Budget.objects.acreate(
        name="Burst",
        scope="site",
        period="day",
        limit=HELD * each,
        economise_from=None,
        cheap_only_from=None,
        approved_from=None,
        later_from=None,
    )
    for _ in range(ASKED):
        upstream.says("An answer of some words.", first_token=seconds)

    await asyncio.gather(*(tab.say(question) for tab in tabs[1:]))
    answers = await asyncio.gather(*(tab.answer(within=90) for tab in tabs[1:]))

    answered = sum(answer.state == Message.State.COMPLETE for answer in answers)
    window = await BudgetPeriod.objects.aget(budget__name="Burst")
    show(
        "A burst of calls",
        [
            {
                "an answer takes, s": seconds,
                "asked": ASKED,
                "the budget holds": HELD,
                "answered": answered,
                "put off at least once": sum(answer.waits > 0 for answer in answers),
                "most waits": max(answer.waits for answer in answers),
                "spent, % of the limit": 100 * window.spent / window.limit,
            }
        ],
    )
    assert answered >= 45
    assert window.spent <= window.limit
