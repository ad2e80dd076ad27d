"""What operators want for a task type says which tier answers, unless the stakes do."""

import pytest
from channels.db import database_sync_to_async

from routing.models import RouteDecision, TaskType
from routing.task_types import library
from tests.guards import guards

HOURS = "What are your business hours?"
GRAVE = "What are your business hours? My lawyer will sue you."
HARD = (
    "1) When are you open on Sunday? 2) How long does the phone stay open on Friday?"
    " 3) Which hours are other ones on Easter Monday? 4) When does the counter close?"
)


@pytest.fixture
async def wanted(shop):
    """Operators want something for questions about the opening hours."""

    @database_sync_to_async
    def want(**changes: object) -> None:
        TaskType.objects.exclude(name__in=["Business hours", "Shipping costs"]).delete()
        TaskType.objects.filter(name="Business hours").update(
            **{"tier": "", "points": 0, "answers_itself": False, "cacheable": False} | changes
        )
        library.learn()

    return want


@guards("routing/tier_choice.py", "if task.tier is Tier.CHEAP and least >= threshold:", "if False:")
@guards(
    "routing/tier_choice.py",
    "max(least, score.value + task.points)",
    "max(LOWEST, score.value + task.points)",
)
@pytest.mark.parametrize(
    ("changes", "said", "tier", "why"),
    [
        ({}, HOURS, "cheap", "is below 7"),
        ({"tier": "strong"}, HOURS, "strong", "but task type Business hours goes to the strong"),
        ({"points": 9}, HOURS, "strong", "task type Business hours +"),
        ({}, HARD, "strong", "reaches 7"),
        ({"tier": "cheap"}, HARD, "cheap", "but task type Business hours goes to the cheap tier"),
        ({"points": -9}, HARD, "cheap", "task type Business hours -"),
        ({}, GRAVE, "strong", "reaches 7"),
        ({"tier": "cheap"}, GRAVE, "strong", "the stakes weigh more than task type Business hours"),
        ({"points": -9}, GRAVE, "strong", "reaches 7"),
        ({"active": False, "tier": "strong"}, HOURS, "cheap", "is below 7"),
    ],
)
async def test_a_task_type_decides_unless_the_stakes_do(
    wanted, tab, worker, upstream, changes, said, tier, why
):
    await wanted(**changes)

    await tab.say(said)
    answer = await tab.answer()

    decision = await RouteDecision.objects.aget()
    assert why in decision.reason
    assert (answer.tier, decision.tier) == (tier, tier)
    assert (decision.task_type == "Business hours") == changes.get("active", True)
    assert decision.pinned == (changes.get("tier", "") if changes.get("active", True) else "")
