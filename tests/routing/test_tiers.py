"""Which model answers for a tier: a table of what can stand in the way."""

import pytest

from routing.models import Policy
from routing.tier_choice import Tier
from routing.tiers import ModelHealth, scorer, slots
from tests.guards import guards

CHEAP, CHEAP_NEXT = "gpt-3.5-turbo", "gpt-5.6-terra"
STRONG, STRONG_NEXT = "gpt-4", "gpt-5.6-sol"


def health(gone: str = "", refused: str = "", paused: str = "", probes: str = "") -> ModelHealth:
    return ModelHealth(
        gone=frozenset(gone.split()),
        refused=frozenset(refused.split()),
        paused=set(paused.split()),
        probes=set(probes.split()),
    )


@guards("routing/tiers.py", "    if successor in missing:\n", "    if False:\n")
@pytest.mark.parametrize(
    ("tier", "given", "asked"),
    [
        (Tier.STRONG, {}, [STRONG]),
        (Tier.CHEAP, {}, [CHEAP]),
        # Gone: the successor, at once.
        (Tier.STRONG, {"gone": STRONG}, [STRONG_NEXT, STRONG]),
        (Tier.CHEAP, {"refused": CHEAP}, [CHEAP_NEXT, CHEAP]),
        # What a list leaves out together with its successor may be there all the same.
        (Tier.STRONG, {"gone": f"{STRONG} {STRONG_NEXT}"}, [STRONG]),
        (Tier.STRONG, {"refused": f"{STRONG} {STRONG_NEXT}"}, [CHEAP, STRONG]),
        (Tier.STRONG, {"gone": " ".join((CHEAP, CHEAP_NEXT, STRONG, STRONG_NEXT))}, [STRONG]),
        # Failing: the other tier, unless that one fails too.
        (Tier.STRONG, {"paused": STRONG}, [CHEAP, STRONG]),
        (Tier.CHEAP, {"paused": CHEAP}, [STRONG, CHEAP]),
        (Tier.STRONG, {"paused": f"{STRONG} {CHEAP}"}, [STRONG]),
        (Tier.STRONG, {"paused": STRONG, "gone": CHEAP}, [CHEAP_NEXT, STRONG]),
        (Tier.STRONG, {"gone": STRONG, "paused": STRONG_NEXT}, [CHEAP, STRONG_NEXT, STRONG]),
        (Tier.STRONG, {"paused": CHEAP}, [STRONG]),
    ],
)
def test_the_best_that_stands_answers(tier, given, asked):
    found = slots(tier, Policy(), health(**given))

    assert [slot.model for slot in found] == asked
    assert bool(found[0].why) == (found[0].model not in {STRONG, CHEAP} or found[0].tier != tier)
    limit = {Tier.STRONG: 900, Tier.CHEAP: 500}
    assert {slot.output_limit - limit[slot.tier] for slot in found} == {0}


def test_the_dearer_tier_stands_in_only_where_it_may():
    (slot,) = slots(Tier.CHEAP, Policy(), health(paused=CHEAP), rises=False)
    down, *_ = slots(Tier.STRONG, Policy(), health(paused=STRONG), rises=False)

    assert (slot.model, down.model) == (CHEAP, CHEAP)


def test_the_receipt_says_why_another_model_was_asked():
    gone, *_ = slots(Tier.STRONG, Policy(), health(gone=STRONG))
    failing, *_ = slots(Tier.STRONG, Policy(), health(paused=STRONG))

    assert gone.why == "gpt-4 is gone from the provider, so its successor gpt-5.6-sol was asked."
    assert failing.why == (
        "gpt-4 is failing and paused, so gpt-3.5-turbo of the cheap tier was asked."
    )


def test_a_successor_that_is_gone_too_succeeds_nobody():
    (slot,) = slots(Tier.STRONG, Policy(), health(gone=STRONG_NEXT))

    assert (slot.model, slot.successor) == (STRONG, "")


@guards("routing/tiers.py", "            self.probes.discard(model)\n", "")
def test_one_call_is_the_probe_and_the_others_go_round_it():
    now = health(probes=STRONG)

    first, second = slots(Tier.STRONG, Policy(), now), slots(Tier.STRONG, Policy(), now)

    assert (first[0].model, second[0].model) == (STRONG, CHEAP)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, CHEAP),
        ({"gone": CHEAP}, CHEAP_NEXT),
        ({"paused": CHEAP}, ""),
        ({"probes": CHEAP}, ""),
        ({"refused": f"{CHEAP} {CHEAP_NEXT}"}, ""),
        ({"paused": STRONG}, CHEAP),
    ],
)
def test_a_model_that_fails_scores_nothing(given, asked):
    assert scorer(Policy(), health(**given)) == asked
