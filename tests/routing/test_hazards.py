"""Hazards that operators add to, leave out and try; and the scale that messages move."""

import json

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from routing import decisions, policies, stored_site_profile, tasks
from routing.analysis import hazards
from routing.models import Hazard, SiteKnowledge
from routing.tier_choice import Tier, Turn
from tests.guards import guards

pytestmark = pytest.mark.django_db

LIST, TRY = reverse("admin:routing_hazard_changelist"), reverse("admin:routing_hazard_try")


@pytest.fixture
def operator(client, settings):
    client.force_login(User.objects.create_superuser("owner"))
    return client


def saved(operator, row: Hazard | None, **given: str):
    form = {
        "about": "",
        "active": "on",
        "decisive": "",
        "hints": "",
        "examples": "",
        "left_out": "",
    }
    if row:
        given = {"name": row.name, **given}
        return operator.post(reverse("admin:routing_hazard_change", args=[row.pk]), form | given)
    return operator.post(reverse("admin:routing_hazard_add"), form | given)


def tier(text: str) -> Tier:
    return decisions.decide("reply:1", Turn(text, evidence=0.9), policies.current()).tier


def test_every_shipped_hazard_has_a_row():
    names = {each.name for each in hazards.shipped().listed}

    assert set(Hazard.objects.filter(shipped=True).values_list("name", flat=True)) == names


@guards(
    "routing/admin/hazards.py",
    "        super().save_model(request, obj, form, change)\n"
    "        transaction.on_commit(stored_site_profile.forget)\n",
    "        super().save_model(request, obj, form, change)\n",
)
def test_an_added_phrase_decides_at_once(operator, django_capture_on_commit_callbacks):
    text = "the flurbostat hums"
    before = tier(text)

    with django_capture_on_commit_callbacks(execute=True):
        saved(
            operator, Hazard.objects.get(name="fire, gas and electricity"), decisive="flurbostat*"
        )

    assert (before, tier(text)) == (Tier.CHEAP, Tier.STRONG)
    assert "flurbostat*" in operator.get(TRY, {"text": text}).content.decode()


@pytest.mark.parametrize(
    "text", ["My flurbostat hums and gets blue", "hello. my flurbostat hums and turns blue!"]
)
def test_a_message_like_an_added_example_is_dangerous(
    text, operator, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        saved(operator, None, name="flurbostats", examples="my flurbostat hums and turns blue")

    assert tier(text) == Tier.STRONG
    assert tier("Which colours does it come in?") == Tier.CHEAP


def test_a_shipped_phrase_can_be_ignored(operator, django_capture_on_commit_callbacks):
    row = Hazard.objects.get(name="fire, gas and electricity")
    found = stored_site_profile.current().hazards.signs("i smell gas")

    with django_capture_on_commit_callbacks(execute=True):
        saved(operator, row, left_out="\n".join(each.phrase for each in found))

    assert found
    assert not stored_site_profile.current().hazards.signs("i smell gas")


def test_a_hazard_is_switched_off(operator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        saved(operator, Hazard.objects.get(name="animals in danger"), active="")

    names = {each.name for each in stored_site_profile.current().hazards.listed}
    assert "animals in danger" not in names
    assert "travel papers" in names


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"decisive": "a"}, "is too short"),
        ({"left_out": "no such phrase"}, "is not among the shipped phrases"),
    ],
)
def test_what_tells_nothing_is_refused(given, words, operator):
    page = saved(operator, Hazard.objects.get(name="animals in danger"), **given)

    assert words in page.content.decode()


def test_a_hazard_of_ones_own_needs_something_to_tell_it_by(operator):
    page = saved(operator, None, name="flurbostats")

    assert "Add at least one phrase or example" in page.content.decode()


def test_shipped_hazards_are_listed_and_stay(operator):
    row = Hazard.objects.get(name="travel papers")

    page = operator.get(LIST).content.decode()
    gone = operator.post(reverse("admin:routing_hazard_delete", args=[row.pk]), {"post": "yes"})

    assert "travel papers" in page
    assert gone.status_code == 403


def test_a_message_is_tried(operator):
    page = operator.get(TRY, {"text": "I smell gas in the kitchen"}).content.decode()

    assert "fire, gas and electricity" in page
    assert "scores at least 8" in page
    assert "<strong>strong</strong> model answers" in page


def test_the_sites_own_messages_move_the_scale():
    policy = policies.current()
    usual = "Please compare these two in detail, and explain why, with figures, for each of them."
    for number in range(40):
        decisions.decide(f"reply:{number}", Turn(f"{usual} {number}"), policy)
    before = decisions.scored(Turn(usual), policy)[0].value

    tasks.rescale.apply(throw=True)
    tasks.rescale.apply(throw=True)
    stored_site_profile.forget()

    assert decisions.scored(Turn(usual), policy)[0].value < before
    assert SiteKnowledge.objects.get().words_seen == 40
    assert json.dumps(SiteKnowledge.objects.get().by_words)


def test_a_few_messages_move_nothing():
    for number in range(5):
        decisions.decide(f"reply:{number}", Turn("Hello?"), policies.current())

    stored_site_profile.rescale()

    assert SiteKnowledge.objects.get().by_words == []


@guards(
    "routing/analysis/score_scale.py",
    "(min(each, highest) for each in moved[: middle + 1])",
    "moved[: middle + 1]",
)
def test_many_dangers_make_none_of_them_cheap():
    policy = policies.current()
    danger = "There's a burning smell from my charger and the socket is hot"
    for number in range(100):
        decisions.decide(
            f"reply:{number}", Turn(f"{danger}. My order is {number}, call me"), policy
        )

    tasks.rescale.apply(throw=True)
    stored_site_profile.forget()

    assert decisions.scored(Turn("someone else is logged in as me"), policy)[0].value >= 7
