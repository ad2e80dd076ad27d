"""What budgets allow a reply as they empty, from a full answer down to "later"."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.urls import reverse
from django.utils import timezone

from billing.budgets import periods
from billing.budgets.periods import Period
from billing.models import Budget, BudgetPeriod, LedgerEntry
from chatsite.answering import budget_allowance
from chatsite.chat.models import ANSWER_WITHIN, Conversation, Message
from routing import policies
from routing.models import AnswerCheck, RouteDecision, TaskType
from routing.task_types import library
from tests.answering.test_answers import THREE_QUESTIONS
from tests.guards import guards
from tests.upstream.scripts import Says
from tests.upstream.server import Upstream

# By any of the tests below.
GUARDS = [
    (
        "chatsite/answering/budget_allowance.py",
        "    if not settings.PEOPLE_ANSWER:\n",
        "    if False:\n",
    ),
    (
        "chatsite/answering/budget_allowance.py",
        "    if not settings.PEOPLE_ANSWER:\n",
        "    if True:\n",
    ),
    (
        "chatsite/answering/budget_allowance.py",
        "    if conversation.wants_person_since is None:\n",
        "    if True:\n",
    ),
    ("chatsite/answering/calls/reply_call.py", "        address=reply.conversation.address,\n", ""),
    ("chatsite/answering/budget_allowance.py", "        address=reply.conversation.address,\n", ""),
]

DOLLAR = 10**9
LIMIT = 10 * DOLLAR

Spent = Callable[..., Awaitable[None]]


@pytest.fixture
def spent(shop) -> Spent:
    """One budget for the site, of which so much is spent, in nano-dollars."""

    def spent(amount: int, limit: int = LIMIT, period: str = "total", **otherwise: object) -> None:
        Budget.objects.update(active=False)
        site = Budget.objects.create(
            name="Site", scope="site", period=period, limit=limit, **otherwise
        )
        starts = periods.starts(timezone.now(), timezone.get_default_timezone())
        BudgetPeriod.objects.create(
            budget=site, starts_at=starts[Period(period)], limit=limit, spent=amount
        )

    return database_sync_to_async(spent)


async def asked(upstream: Upstream) -> None:
    """Wait until it is."""
    while not upstream.requests:  # noqa: ASYNC110  # it runs in another thread
        await asyncio.sleep(0.01)


async def decision() -> RouteDecision:
    return await RouteDecision.objects.select_related("policy").aget()


async def test_the_threshold_rises_as_a_budget_empties(tab, spent, worker, upstream):
    await spent(LIMIT * 90 // 100, economise_from=80, economise_by=5)

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    made = await decision()
    assert (made.policy.threshold, made.threshold) == (7, 9.5)
    assert made.reason.endswith("Threshold 7 raised to 9.5: the budget “Site” is at 90.0 %.")
    assert answer.tier == made.tier == ("strong" if made.score >= 9.5 else "cheap")


async def test_nothing_is_raised_before_the_first_step(tab, spent, worker, upstream):
    await spent(LIMIT * 79 // 100)

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    made = await decision()
    assert (made.threshold, answer.tier) == (7, "strong")
    assert "Threshold" not in made.reason


@guards(
    "chatsite/answering/budget_allowance.py",
    "return step, max(use.paced_points, rise)",
    "return step, use.paced_points + rise",
)
@pytest.mark.parametrize(
    ("percent", "lasts", "ago", "threshold", "why"),
    [
        (0, False, 0, 8.5, "pacing of the budget “Site”"),
        # Never both: the larger counts.
        (85, False, 0, 8.5, "pacing of the budget “Site”"),
        (93, False, 0, 9.2, "the budget “Site” is at 93.0 %"),
        (96, False, 0, 11, "the budget “Site” is at 96.0 %"),
        # What lasts has nothing to spare, up to where it would be too late.
        (93, True, 0, 8.5, "pacing of the budget “Site”"),
        (96, True, 0, 8.5, "pacing of the budget “Site”"),
        (99, True, 0, 11, "the budget “Site” is at 99.0 %"),
        # Nobody has looked for a while.
        (93, True, 3, 9.2, "the budget “Site” is at 93.0 %"),
    ],
)
async def test_a_budget_that_paces_itself_raises_the_threshold(
    tab, spent, worker, upstream, percent, lasts, ago, threshold, why
):
    looked_at = timezone.now() - timedelta(hours=ago)
    await spent(
        LIMIT * percent // 100,
        period="month",
        paces_itself=True,
        paced_points=1.5,
        paced_to_last=lasts,
        paced_at=looked_at,
        economise_from=80,
        economise_by=3.4,
    )

    await tab.say(THREE_QUESTIONS)
    await tab.answer()

    made = await decision()
    assert (made.policy.threshold, made.threshold) == (7, threshold)
    assert made.reason.endswith(f"Threshold 7 raised to {threshold:g}: {why}.")


async def test_of_what_budgets_raise_the_most_counts(tab, spent, worker, upstream):
    await spent(LIMIT * 81 // 100, economise_from=80, economise_by=2)
    await Budget.objects.acreate(
        name="Day",
        scope="site",
        period="day",
        limit=LIMIT,
        paces_itself=True,
        paced_points=1.5,
        paced_at=timezone.now(),
    )

    await tab.say(THREE_QUESTIONS)
    await tab.answer()

    assert (await decision()).reason.endswith("raised to 8.5: pacing of the budget “Day”.")


async def test_near_its_end_the_cheap_tier_answers_everything(tab, spent, worker, upstream):
    await spent(LIMIT * 96 // 100)

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("complete", "cheap")
    assert upstream.models == ["gpt-3.5-turbo"]
    assert "raised to 11: the budget “Site” is at 96.0 %" in (await decision()).reason


DANGER = "I smell gas in my kitchen, what should I do?"


@guards(
    "routing/tier_choice.py",
    "return threshold if is_raised and is_grave(least, threshold) else",
    "return",
)
async def test_no_saving_makes_a_danger_cheap(tab, spent, worker, upstream):
    await spent(LIMIT * 96 // 100)

    await tab.say(DANGER)
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("complete", "strong")
    assert "The stakes weigh more" in (await decision()).reason


@guards("routing/tier_choice.py", " and not shift.is_final", "")
async def test_without_room_for_the_strong_tier_a_danger_is_answered_cheaply(
    tab, spent, worker, upstream
):
    await spent(0, limit=3_000_000)

    await tab.say(DANGER)
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("complete", "cheap")
    assert "is used up" in (await decision()).reason


async def test_the_strictest_budget_counts(tab, spent, worker, upstream):
    await spent(LIMIT * 85 // 100)
    strong = await Budget.objects.acreate(
        name="Strong", scope="tier", key="strong", period="total", limit=DOLLAR
    )
    await BudgetPeriod.objects.acreate(
        budget=strong, key="strong", starts_at=periods.ALWAYS, limit=DOLLAR, spent=DOLLAR
    )

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    # That of the strong tier is empty, which leaves the cheap one.
    assert (answer.state, answer.tier) == ("complete", "cheap")
    assert "the budget “Strong” is at 100.0 %" in (await decision()).reason


async def test_a_budget_short_of_room_shortens_the_answer_first(tab, spent, worker, upstream):
    # The cheap tier's worst case is $0.00138 here, of which $0.00075 are 500 tokens of output.
    await spent(0, limit=1_100_000)

    await tab.say("What are your business hours?")
    answer = await tab.answer()

    assert answer.state == "complete"
    assert 200 <= upstream.requests[0].limit < 500
    entry = await LedgerEntry.objects.aget()
    assert entry.reserved <= 1_100_000


async def test_without_room_for_the_strong_tier_the_cheap_one_answers(tab, spent, worker, upstream):
    await spent(0, limit=DOLLAR // 100)

    await tab.say(THREE_QUESTIONS)
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("complete", "cheap")
    made = await decision()
    assert (made.tier, made.threshold) == ("cheap", 11)
    assert made.reason.endswith("raised to 11: the budget “Site” is used up.")


@database_sync_to_async
def set_threshold(value: float) -> None:
    draft = policies.current().draft()
    draft.threshold = value
    policies.adopt(draft, None, "For a test.")


@guards(
    "chatsite/answering/checking/tier_escalation.py",
    "        claimed.spared or budget",
    "        budget",
)
async def test_what_a_budget_moved_to_the_cheap_tier_is_not_escalated(tab, spent, worker, upstream):
    """Neither by pacing nor by its ladder: the saving would be undone, and both answers paid."""
    await set_threshold(1.1)
    await spent(LIMIT * 90 // 100, economise_from=80, economise_by=8)
    upstream.otherwise = Says("From nine to five, see https://elsewhere.example/hours.")

    await tab.say("Until when can I ring you on Saturdays?")
    await tab.answer(within=30)

    made = await decision()
    assert 1.1 <= made.score < made.threshold
    assert upstream.models == ["gpt-3.5-turbo"]
    # What is never shown, a link to elsewhere here, gives way to the articles' own words.
    assert (await AnswerCheck.objects.aget()).outcome == "quoted"


@pytest.mark.parametrize("doubt_threshold", [0.6])
async def test_on_the_step_of_the_cheap_tier_nothing_is_escalated(tab, spent, worker, upstream):
    await spent(LIMIT * 90 // 100, cheap_only_from=85)
    upstream.runs_out("We are open from")

    await tab.say("What are your business hours?")
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("cut", "cheap")
    assert upstream.models == ["gpt-3.5-turbo"]
    assert (await AnswerCheck.objects.aget()).outcome == "no_room"


async def test_a_reply_waits_for_room_that_another_call_holds(
    tab, open_tab, spent, worker, upstream
):
    await spent(0, limit=1_600_000)
    upstream.says("The first.", first_token=0.5)
    upstream.says("The second.")
    other = await open_tab()

    await tab.say("What are your business hours?")
    await asked(upstream)
    await other.say("What are your business hours?")
    first, second = await tab.answer(), await other.answer()

    assert (first.state, second.state) == ("complete", "complete")
    assert (first.waits, first.tries) == (0, 1)
    assert second.waits >= 1
    assert second.tries == 1


async def test_nobody_waits_for_room_that_is_spent(tab, spent, worker, upstream):
    await spent(899_000, limit=900_000, later_from=None)

    await tab.say("What are your business hours?")
    answer = await tab.answer()

    assert (answer.state, answer.failure, answer.waits) == ("failed", "no_room", 0)
    assert upstream.requests == []


async def test_a_wait_ends(tab, open_tab, spent, worker, upstream, monkeypatch):
    monkeypatch.setattr(budget_allowance, "WAITS", (0.05, 0.1))
    # So that no time is left for a call.
    monkeypatch.setattr(budget_allowance, "NEEDED", ANSWER_WITHIN.total_seconds() - 1)
    await spent(0, limit=1_600_000)
    upstream.says("The first.", first_token=2.5)
    other = await open_tab()

    await tab.say("What are your business hours?")
    await asked(upstream)
    await other.say("What are your business hours?")
    second = await other.answer()

    assert (second.state, second.failure) == ("failed", "no_room")
    assert second.waits >= 1
    assert (await tab.answer()).state == "complete"


async def test_an_empty_budget_asks_no_model(tab, spent, worker, upstream):
    await spent(LIMIT * 97 // 100, approved_from=None, later_from=97)

    await tab.say("What are your business hours?")
    answer = await tab.answer()

    assert (answer.state, answer.failure) == ("failed", "no_room")
    assert upstream.requests == []


@pytest.fixture
def listed(client, django_user_model) -> Callable[..., Awaitable[str]]:
    """The list of conversations in the admin, filtered."""

    def listed(**query: str) -> str:
        client.force_login(django_user_model.objects.create(is_staff=True, is_superuser=True))
        response = client.get(reverse("admin:chat_conversation_changelist"), query)
        return str(response.content.decode())

    return database_sync_to_async(listed)


@pytest.mark.parametrize("people_answer", [False, True])
async def test_who_cannot_be_answered_waits_for_a_person_where_people_answer(
    tab, spent, worker, upstream, settings, listed, people_answer
):
    settings.PEOPLE_ANSWER = people_answer
    await spent(LIMIT)

    await tab.say("What are your business hours?")
    answer = await tab.answer()
    html = await listed(person="asked")

    said = tab.page.entries()[-1].text
    assert "budget" not in said
    assert answer.failure == ("person" if people_answer else "no_room")
    assert ("A person from our team will answer here." in said) == people_answer
    assert ("Waits for a person" in html) == people_answer
    assert ("What are your business hours?" in html) == people_answer


async def test_who_already_waits_for_a_person_keeps_the_place(
    tab, spent, worker, upstream, settings
):
    settings.PEOPLE_ANSWER = True
    await spent(0)
    await tab.say("What are your business hours?")
    await tab.answer()
    since = timezone.now() - timedelta(hours=1)
    await Conversation.objects.aupdate(wants_person_since=since)
    await BudgetPeriod.objects.aupdate(spent=LIMIT)

    await tab.say("And on Sundays?")
    await tab.sees(lambda page: len(page.entries()) == 4 and not page.entries()[-1].open)

    assert (await Conversation.objects.aget()).wants_person_since == since


async def test_an_addresss_budget_that_empties_leaves_the_cheap_tier(tab, spent, worker, upstream):
    await spent(0)
    await Budget.objects.acreate(name="Allowance", scope="address", period="day", limit=LIMIT)
    await tab.say("What are your business hours?")
    await tab.answer()
    await BudgetPeriod.objects.filter(budget__name="Allowance").aupdate(spent=LIMIT * 96 // 100)

    await tab.say(THREE_QUESTIONS)
    await tab.sees(lambda page: len(page.entries()) == 4 and not page.entries()[-1].open)

    assert upstream.models[-1] == "gpt-3.5-turbo"


async def test_a_retry_waits_anew(tab, spent, worker, upstream):
    await spent(LIMIT)
    await tab.say("What are your business hours?")
    answer = await tab.answer()
    await Message.objects.filter(pk=answer.pk).aupdate(waits=4)
    await BudgetPeriod.objects.aupdate(spent=0)

    await tab.send({"retry": answer.pk})
    await tab.sees(lambda page: page.entries()[-1].state == "complete")

    answer = await Message.objects.aget(pk=answer.pk)
    assert (answer.state, answer.waits) == ("complete", 0)


@pytest.mark.parametrize(("scope", "another_is_refused"), [("visitor", False), ("address", True)])
async def test_a_visitors_allowance_is_for_one_cookie_and_an_addresss_for_all_of_them(
    tab, open_tab, spent, worker, upstream, scope, another_is_refused
):
    await spent(0)
    await Budget.objects.acreate(name="Allowance", scope=scope, period="day", limit=1_200_000)
    other = await open_tab()

    await tab.say("Tell me a joke about business")
    assert (await tab.answer()).state == "complete"
    await BudgetPeriod.objects.filter(budget__name="Allowance").aupdate(spent=1_100_000)
    await tab.say("Tell me another one")
    await tab.sees(lambda page: len(page.entries()) == 4 and not page.entries()[-1].open)
    await other.say("Tell me a joke about business")

    refused = tab.page.entries()[-1]
    assert refused.state == "failed"
    assert "taking a break" in refused.text
    assert ((await other.answer()).state == "failed") == another_is_refused


@pytest.fixture
def approved_hours(shop) -> None:
    """An approved answer that is not given while there is room for a better one."""
    TaskType.objects.exclude(name__in=["Business hours", "Shipping costs"]).delete()
    TaskType.objects.update(answers_itself=False, cacheable=False)
    library.learn()


@pytest.mark.parametrize(
    ("percent", "asked", "calls"),
    [
        (97, "What are your business hours?", 1),
        (98, "What are your business hours?", 0),
        (98, "Tell me a joke about business", 1),
        (100, "What are your business hours?", 0),
    ],
)
async def test_near_the_end_an_approved_answer_spares_the_call(
    tab, approved_hours, spent, worker, upstream, percent, asked, calls
):
    await spent(LIMIT * percent // 100)

    await tab.say(asked)
    answer = await tab.answer()

    assert answer.state == "complete"
    assert len(upstream.requests) == calls
    assert answer.text.startswith("Live chat with a person is open") == (calls == 0)
