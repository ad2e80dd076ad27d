"""Routing mistakes: the planted causes of a generated month come first, with what would help."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from chatsite.routing_mistakes import causes
from chatsite.staff import roles
from routing import policies
from routing.models import TaskType
from tests.chat.told import prices
from tests.guards import guards
from tests.monitor.people import signed_in
from tests.routing_mistakes import month

PAGE = reverse("routing_mistakes:list")


@pytest.fixture
def shop(db) -> None:
    prices()
    roles.grant()


@pytest.fixture
def operator(shop) -> Client:
    return signed_in(roles.OPERATORS)


def words(client: Client) -> str:
    return " ".join(client.get(PAGE).content.decode().split())


@guards(
    "chatsite/routing_mistakes/causes.py",
    "found.sort(key=lambda cause: -cause.excess)",
    "found.sort(key=lambda cause: -cause.judged)",
)
def test_the_three_planted_causes_come_first_in_95_of_100_months():
    right = 0
    for seed in range(100):
        replies = month.judged(seed)
        cheap = [(each.kind, each.name) for each in causes.too_cheap(replies).causes]
        dear = [(each.kind, each.name) for each in causes.too_dear(replies).causes]
        right += sorted(cheap[:2]) == sorted(month.PLANTED) and dear[:1] == month.PLANTED_DEAR

    assert right >= 95


def test_without_a_cause_hardly_any_is_named():
    named = 0
    for seed in range(40):
        plain = [each for each in month.judged(seed) if each.task_type == "Returns"]
        plain = [each for each in plain if month.FEATURES[0] not in dict(each.moved)]
        named += len(causes.too_cheap(plain).causes)

    # Of some 10 candidates in each of 40 months, 1 in 40 by chance.
    assert named <= 20


def test_the_page_names_them_with_answers_dollars_and_what_would_help(operator):
    repairs = TaskType.objects.create(name="Repairs", examples="can you repair my pen")
    month.store(month.judged(1, 400))

    page = words(operator)

    tables = re.findall(r"<tbody>(.*?)</tbody>", page)
    assert len(tables) == 2
    first = re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', tables[0])[:2]
    assert set(first) == {name for _, name in month.PLANTED}
    assert "Gift cards" in tables[1].partition("</th>")[0]
    assert "Send the task type “Repairs” to the strong model." in tables[0]
    assert reverse("admin:routing_tasktype_change", args=[repairs.pk]) in tables[0]
    assert re.search(r"threshold/\?threshold=[\d.]+&amp;days=30", page)
    assert "Open as a draft" in page


def test_the_suggested_threshold_catches_four_of_five():
    wrong = causes.too_cheap(month.judged(2)).causes[0]

    assert wrong.score is not None
    caught = sum(each.score >= wrong.score for each in wrong.wrong)
    assert caught / len(wrong.wrong) >= 0.8


def test_staff_see_mistakes_and_no_drafts(shop):
    month.store(month.judged(1, 300))

    page = words(signed_in(roles.STAFF))

    assert "Cheap answers that were not good enough" in page
    assert "Open as a draft" not in page


def test_a_site_without_labels_says_what_is_missing(operator):
    page = words(operator)

    assert page.count("not known yet") == 2
    assert "JUDGED_PER_NIGHT" in page


def test_a_model_without_a_price_is_said(operator):
    draft = policies.current().draft()
    draft.strong_model = "no-such-model"
    policies.adopt(draft, None, "unpriced")

    assert "Amounts cannot be worked out" in words(operator)
