"""The models page: what is listed today, what it would cost, and a pair adopted by one click."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import ledger
from billing.alerts.models import Alert, Delivery
from billing.ledger import Call
from billing.models import Budget, LedgerEntry, Price
from billing.prices import price_list
from billing.prices.pricing import Usage
from chatsite.llm import Listed
from chatsite.provider import batch_capable_models, model_list
from chatsite.provider.errors import NotSold
from chatsite.provider.model_choice import (
    cheaper_model_alert,
    comparison,
    model_adoption,
    successors,
)
from chatsite.provider.models import ProviderModel, Reading
from chatsite.staff import roles
from routing import policies
from routing.models import Policy
from routing.tier_choice import Tier
from tests.guards import guards

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = NOW.date()
OPENAI = [
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-5-nano",
    "gpt-5.4-nano",
    "gpt-5.6-luna",
    "gpt-5.6-terra",
    "gpt-5.6-sol",
    "gpt-6-luna",
    "gpt-6-sol",
    "gpt-6-astra",
    "gpt-6.1-terra",
    "gpt-6.1-sol",
    "text-embedding-3-small",
]
PAGE = reverse("admin:provider_providermodel_changelist")
PAIR = {"cheap": "gpt-6-luna", "strong": "gpt-6.1-sol", "begun_from": "1"}
ADOPT = reverse("admin:provider_providermodel_adopt")


@pytest.fixture
def prices() -> None:
    price_list.apply(price_list.compare(price_list.read(price_list.BUILT_IN)))


@pytest.fixture
def listed(prices) -> None:
    model_list.took([Listed(name) for name in [*OPENAI, "gpt-4", "gpt-3.5-turbo"]], NOW)


def in_use() -> tuple[str, str]:
    policy = policies.current()
    return policy.cheap_model, policy.strong_model


def signed_in(role: str) -> Client:
    roles.grant()
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def test_the_pair_for_today_is_of_the_newest_generation_and_worth_its_price(listed):
    pair = comparison.recommended(comparison.offers(NOW), TODAY)

    assert pair is not None
    assert (pair.cheap.model, pair.strong.model) == ("gpt-6-luna", "gpt-6.1-sol")
    assert pair.cheap.per_thousand < 500_000_000


def test_what_ends_soon_is_not_recommended(listed):
    ProviderModel.objects.filter(name__startswith="gpt-6").update(
        shuts_down_on=TODAY + timedelta(days=59)
    )

    pair = comparison.recommended(comparison.offers(NOW), TODAY)

    assert pair is not None
    assert pair.cheap.model == "gpt-5.6-luna"


def test_a_generation_of_one_model_has_its_strong_one_in_the_generation_before(prices):
    names = ["gpt-4o", "gpt-5.6-terra", "gpt-5.6-sol", "gpt-6-luna"]
    model_list.took([Listed(name) for name in names], NOW)

    assert in_use() == ("gpt-6-luna", "gpt-5.6-sol")


def test_of_another_server_the_cheapest_and_the_dearest_are_recommended(prices):
    for name, rate in (("mistral-small", 1), ("mistral-large", 9), ("mistral-vast", 50)):
        add_price(name, rate)
    model_list.took([Listed("mistral-small"), Listed("mistral-large"), Listed("mistral-vast")], NOW)

    assert in_use() == ("mistral-small", "mistral-large")


def add_price(name: str, rate: int) -> None:
    Price.objects.create(
        model=name, input=rate * 10**8, output=rate * 10**8, effective_from=NOW - timedelta(days=9)
    )


def test_a_new_site_begins_with_what_its_key_lists_and_says_so(prices):
    reading = model_list.took([Listed(name) for name in OPENAI], NOW)

    policy = Policy.objects.in_force().get()
    assert reading.problem == ""
    assert in_use() == ("gpt-6-luna", "gpt-6.1-sol")
    assert "gpt-3.5-turbo and gpt-4, but the provider lists neither" in policy.reason
    assert "gpt-6-luna ($0.245 for 1,000 typical answers)" in policy.reason
    assert policy.cheap_successor not in {"", *in_use()}
    html = signed_in("operators").get(PAGE).content.decode()
    assert "This pair is in use." in html
    assert "gpt-3.5-turbo and gpt-4, but the provider lists neither" in html


@pytest.mark.parametrize("why", ["listed", "changed", "in use", "no prices"])
def test_the_pair_stays_where_a_site_has_begun_or_the_defaults_are_listed(why, prices):
    names = list(OPENAI)
    if why == "listed":
        names += ["gpt-4", "gpt-3.5-turbo"]
    elif why == "changed":
        draft = policies.current().draft()
        draft.threshold = 6
        policies.adopt(draft, None, "Lower.")
    elif why == "in use":
        call()
    else:
        names = ["whisper-1"]

    model_list.took([Listed(name) for name in names], NOW)

    assert in_use() == ("gpt-3.5-turbo", "gpt-4")


ONE_EACH = Usage(1, 1)


def call(number: int = 1, worst: Usage = ONE_EACH) -> None:
    ledger.reserve(
        Call(f"reply:{number}:1", "answer", "gpt-4", "strong"),
        worst,
        expires_at=NOW + timedelta(minutes=2),
        now=NOW,
    )
    ledger.settle(f"reply:{number}:1", worst, outcome="stop", now=NOW)
    assert LedgerEntry.objects.exists()


def test_the_page_compares_and_one_click_adopts(listed):
    client = signed_in("operators")

    html = client.get(PAGE).content.decode()
    response = client.post(ADOPT, PAIR, follow=True)

    assert "Recommended today: gpt-6-luna and gpt-6.1-sol" in html
    assert "1,000 typical answers, by threshold" in html
    assert "922,000" in html
    assert in_use() == ("gpt-6-luna", "gpt-6.1-sol")
    assert "Version 2 is in force: " in response.content.decode()
    assert "This pair is in use." in response.content.decode()


def test_another_pair_is_compared_first(listed):
    html = signed_in("operators").get(PAGE, {"cheap": "gpt-4o-mini", "strong": "gpt-4o"})

    assert "The pair you chose: gpt-4o-mini and gpt-4o" in html.content.decode()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"cheap": "gpt-7", "strong": "gpt-6.1-sol", "begun_from": "1"}, "gpt-7 is not listed"),
        ({"cheap": "", "strong": "", "begun_from": "1"}, "It is not listed"),
        (
            {"cheap": "gpt-6-luna", "strong": "gpt-6.1-sol", "begun_from": "0"},
            "Nothing was changed",
        ),
        ({}, "Nothing was changed"),
    ],
)
def test_what_cannot_be_adopted_is_refused_in_words(listed, sent, why):
    response = signed_in("operators").post(ADOPT, sent, follow=True)

    assert why in response.content.decode()
    assert in_use() == ("gpt-3.5-turbo", "gpt-4")


@guards(
    "chatsite/provider/model_choice/cheaper_model_alert.py", "would > costs * (1 - WORTH)", "True"
)
def test_once_a_month_operators_are_told_what_would_cost_less(listed, settings):
    settings.ALERT_EMAILS = ["owner@shop.example"]
    cheaper_model_alert.look(NOW)
    assert not Alert.objects.exists()  # nothing was asked yet
    Budget.objects.update(active=False)
    call(2, Usage(900_000, 100_000))
    successors.used_since.cache_clear()

    for days in (0, 1, 6, 7):
        cheaper_model_alert.look(NOW + timedelta(days=days))

    november, december = Alert.objects.filter(rule="value").order_by("id")
    assert (november.window, december.window) == ("2026-11", "2026-12")
    assert november.subject == "gpt-6-luna and gpt-6.1-sol"
    assert "instead of $33.00" in november.text
    assert Delivery.objects.filter(alert=november, recipient="owner@shop.example").exists()
    html = signed_in("operators").get(reverse("admin:alerts_alert_changelist")).content.decode()
    assert "better-value models" in html


def test_a_pair_that_is_the_best_already_is_not_told_again(listed):
    Budget.objects.update(active=False)
    call(2, Usage(900_000, 100_000))
    successors.used_since.cache_clear()
    model_adoption.adopt("gpt-6-luna", "gpt-6.1-sol", None, None, NOW)

    cheaper_model_alert.look(NOW)

    assert not Alert.objects.exists()


def test_staff_may_not_adopt(listed):
    assert signed_in("staff").post(ADOPT, PAIR).status_code == 403
    assert in_use() == ("gpt-3.5-turbo", "gpt-4")


def test_the_threshold_has_the_effect_of_the_pair(listed):
    policy = policies.current()
    pair = comparison.recommended(comparison.offers(NOW), TODAY)
    assert pair is not None

    (step,) = comparison.steps(policy, pair, NOW)

    cheap, strong = 600_000_000 + 375_000_000, 36_000_000_000 + 15_000_000_000
    assert step.threshold == policy.threshold
    assert step.now == round(cheap * 0.7 + strong * 0.3)
    assert step.then == round(245_000_000 * 0.7 + 4_900_000_000 * 0.3)


def test_what_the_list_says_of_a_model_is_kept(listed):
    model_list.took([Listed("gpt-4"), Listed("vllm", 4096, date(2027, 1, 31))], NOW)

    row = ProviderModel.objects.get(name="vllm")
    assert (row.context, row.shuts_down_on) == (4096, date(2027, 1, 31))
    assert ProviderModel.objects.get(name="gpt-6-luna").context == 922_000
    assert Reading.objects.all()[0].problem == ""
    assert timezone.localdate(NOW) == TODAY


def test_offline_work_is_done_by_a_model_that_is_listed_and_sold_and_named(prices):
    model_list.took([Listed(name) for name in ("gpt-4", "gpt-3.5-turbo", *OPENAI)], NOW)

    judge = batch_capable_models.of_tier(Tier.STRONG, NOW)
    ProviderModel.objects.filter(name="gpt-5.6-sol").update(missing_since=NOW)
    other = batch_capable_models.of_tier(Tier.STRONG, NOW)
    html = signed_in("operators").get(PAGE).content.decode()

    assert judge.model == "gpt-5.6-sol"
    assert judge.why == "gpt-5.6-sol is used, because gpt-4 has no batch price."
    assert other.model == "gpt-6.1-sol"
    assert "gpt-6.1-sol is used, because gpt-4 has no batch price." in html


def test_where_nothing_listed_is_sold_in_batches_nobody_is_asked(prices):
    model_list.took([Listed("gpt-4"), Listed("gpt-3.5-turbo")], NOW)

    with pytest.raises(NotSold, match=r"gpt-4 or gpt-5\.6-sol"):
        batch_capable_models.of_tier(Tier.STRONG, NOW)
