"""What operators and staff are told about the tiers' models, and what a change would cost."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from billing.models import Price, Tally
from chatsite.provider.model_choice import successors
from chatsite.provider.models import ProviderModel, Reading
from chatsite.staff import roles
from routing import policies
from routing.tier_choice import Tier
from tests.guards import guards
from tests.provider.lists import took

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ALL = ["gpt-3.5-turbo", "gpt-5.6-terra", "gpt-4", "gpt-5.6-sol"]
DOLLAR = 10**9


@pytest.fixture
def prices() -> None:
    for model, rates in {"gpt-4": (30, 60), "gpt-5.6-sol": (4, 20)}.items():
        Price.objects.create(
            model=model,
            effective_from=NOW - timedelta(days=400),
            input=rates[0] * DOLLAR,
            output=rates[1] * DOLLAR,
        )


@pytest.fixture(autouse=True)
def _no_end_is_announced() -> None:
    ProviderModel.objects.update(shuts_down_on=None)


def ends(name: str, after: timedelta) -> None:
    ProviderModel.objects.filter(name=name).update(shuts_down_on=(NOW + after).date())


def told() -> successors.Notice:
    (notice,) = successors.banner(NOW).notices
    return notice


def signed_in(role: str) -> Client:
    roles.grant()
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_of_models_that_are_well_nothing_is_said(prices):
    took(ALL, NOW)

    assert successors.banner(NOW).notices == []
    assert successors.banner(NOW).unread == ""


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (61, None),
        (60, "shuts down on 23 Jan 2027, in 60 days."),
        (1, "shuts down on 25 Nov 2026, at once."),
        (-32, "was to shut down on 23 Oct 2026; the provider still lists it."),
    ],
)
def test_an_end_is_told_sixty_days_before(days, words, prices):
    took(ALL, NOW)
    ends("gpt-4", timedelta(days=days))

    found = successors.banner(NOW).notices

    assert [notice.what for notice in found] == (
        [f"gpt-4 of the strong tier {words}"] if words else []
    )


def test_the_first_models_come_with_their_announced_end():
    ProviderModel.objects.all().delete()
    for _ in range(2):
        import_module("chatsite.provider.migrations.0002_announced_shutdowns").note(apps, None)

    assert [notice.model for notice in successors.banner(NOW).notices] == ["gpt-3.5-turbo", "gpt-4"]


def test_a_model_that_is_gone_is_told_with_its_successor(prices):
    took(ALL[:2] + ALL[3:], NOW)

    notice = told()

    assert (notice.tier, notice.state) == (Tier.STRONG, "gone")
    assert notice.what == (
        "gpt-4 of the strong tier is gone from the provider. Its successor gpt-5.6-sol answers."
    )
    # 1,200 tokens in and 250 out, 1,000 times.
    assert notice.effect == (
        "By the price list, 1,000 typical answers cost $9.80 with gpt-5.6-sol"
        " and $51.00 with gpt-4."
    )


def test_the_effect_is_on_the_last_thirty_days(prices):
    took(ALL[:2] + ALL[3:], NOW)
    for days, tokens in ((1, 1_000_000), (29, 1_000_000), (31, 5_000_000)):
        Tally.objects.create(
            quarter=NOW - timedelta(days=days),
            tier="strong",
            model="gpt-4",
            purpose="answer",
            outcome="stop",
            input_tokens=tokens,
            cached_tokens=tokens // 2,
            output_tokens=tokens // 10,
            **dict.fromkeys(
                (
                    *("calls", "reasoning_tokens", "amount", "estimated_amount"),
                    *("compared_amount", "milliseconds"),
                    *(f"within_{bound}s" for bound in (1, 2, 4, 8, 16, 32)),
                ),
                1,
            ),
        )

    # 2,000,000 in and 200,000 out; cached input has no price of its own.
    assert told().effect == (
        "By the price list, the strong tier's tokens of the last 30 days cost"
        " $12.00 with gpt-5.6-sol and $72.00 with gpt-4."
    )


def test_a_successor_without_a_price_is_told():
    took(ALL[:2] + ALL[3:], NOW)

    assert told().effect == "gpt-5.6-sol has no price, so it is not used yet."


@pytest.mark.parametrize(
    ("successor", "words"),
    [
        ("gpt-7", "and its successor gpt-7 is gone too. Choose another model."),
        ("", "and no successor is named. Choose another model."),
    ],
)
def test_where_no_successor_stands_by_another_has_to_be_chosen(successor, words, prices):
    draft = policies.current().draft()
    draft.strong_successor = successor
    policies.adopt(draft, None, "Another.")
    took(ALL[:2], NOW)

    notice = told()

    assert words in notice.what
    assert (notice.successor, notice.effect) == ("", "")


def test_a_model_that_fails_is_told(prices):
    ProviderModel.objects.filter(name="gpt-4").update(
        failures=7, failing_since=NOW, paused_until=NOW + timedelta(seconds=30)
    )

    assert "has failed 7 times since 24 Nov 2026, 10:00 and is paused." in told().what


@guards(
    "templates/admin/provider/_banner.html",
    "{% if notice.successor and perms.routing.add_policy %}",
    "{% if notice.successor %}",
)
@pytest.mark.parametrize("role", ["staff", "operators"])
def test_the_banner_is_on_every_page_and_proposes_the_change(role, prices):
    took(ALL[:2] + ALL[3:], NOW)
    client = signed_in(role)

    pages = [
        client.get(reverse(f"admin:{name}")) for name in ("index", "chat_conversation_changelist")
    ]

    for page in pages:
        assert "Its successor gpt-5.6-sol answers." in text(page.content.decode())
    links = re.findall(r'href="(/admin/routing/policy/add/\?[^"]+)"', pages[0].content.decode())
    assert len(links) == (role == "operators")
    if links:
        form = client.get(links[0].replace("&amp;", "&")).context["adminform"].form
        assert form["strong_model"].value() == "gpt-5.6-sol"
        assert form["strong_successor"].value() == ""
        assert form["reason"].value() == "gpt-5.6-sol succeeds gpt-4"
        assert form["cheap_model"].value() == "gpt-3.5-turbo"


@guards(
    "chatsite/context_processors.py",
    "    return successors.banner(timezone.now(), in_force) if may_see else None\n",
    "    return successors.banner(timezone.now(), in_force)\n",
)
def test_who_may_not_see_models_sees_no_banner(client):
    took(ALL[:2] + ALL[3:], NOW)
    user = User.objects.create_user("sam", is_staff=True)
    client.force_login(user)

    assert "gpt-4" not in client.get(reverse("admin:index")).content.decode()


def test_a_list_that_is_not_believed_is_told():
    took([], NOW)

    page = text(signed_in("staff").get(reverse("admin:index")).content.decode())

    assert "It lists 0 models and none that the policy names." in page
    assert "Until it can be, a model counts as gone when the provider refuses it." in page


def test_models_are_listed_and_only_their_last_day_is_edited():
    took(ALL[:2] + ALL[3:], NOW)
    operator, staff = signed_in("operators"), signed_in("staff")
    strong = ProviderModel.objects.get(name="gpt-4")
    page = reverse("admin:provider_providermodel_change", args=[strong.pk])
    sent = {"name": "gpt-4o", "shuts_down_on": "2027-03-01", "failures": "9"}

    listed = text(operator.get(reverse("admin:provider_providermodel_changelist")).content.decode())
    refused = staff.post(page, sent)
    changed = operator.post(page, sent)

    assert "gone" in listed
    assert "strong model" in listed
    assert "3 models." in listed
    assert (refused.status_code, changed.status_code) == (403, 302)
    strong.refresh_from_db()
    assert (strong.name, str(strong.shuts_down_on), strong.failures) == ("gpt-4", "2027-03-01", 0)


def test_where_no_list_was_read_the_page_says_so():
    page = signed_in("staff").get(reverse("admin:provider_providermodel_changelist"))

    assert not Reading.objects.exists()
    assert "has not been read yet" in text(page.content.decode())
