"""Who saves what would break a test is asked first, and named the tests."""

import re

import pytest
from django.urls import reverse

from chatsite.answer_tests.models import Case, CaseSet, Run
from chatsite.answer_tests.runs import run_worker
from chatsite.knowledge.models import Article
from routing import policies
from routing.models import Policy, TaskType
from tests.answer_tests.conftest import SHIPPING
from tests.guards import guards
from tests.upstream.scripts import Says


@pytest.fixture(autouse=True)
def _answers_from_the_articles(upstream) -> None:
    """The model says the article's first sentence, as it stands in the prompt."""

    async def reads(exchange) -> None:
        system = exchange.call.body["messages"][0]["content"]
        found = re.search(r"## Shipping costs\n(.*)", system)
        await Says(found[1] if found else "I could not find that.")(exchange)

    upstream.otherwise = reads


def edited(body: str) -> dict[str, str]:
    return {
        "title": "Shipping costs",
        "slug": "shipping",
        "body": body,
        "language": "",
        "published": "on",
        "audience": "everyone",
        "_save": "Save",
    }


def change_page() -> str:
    return reverse("admin:knowledge_article_change", args=[Article.objects.get(slug="shipping").pk])


def words(response) -> str:
    return " ".join(response.content.decode().split())


@guards(
    "chatsite/answer_tests/save_confirmation_middleware.py",
    "return None if _is_clear(run) else _page(request, candidate, run)",
    "return None",
)
def test_an_article_that_breaks_a_test_is_not_saved_unasked(norway, operator):
    broken = edited(SHIPPING.replace("€14.95", "€19.95"))
    asked = operator.post(change_page(), broken)
    run_worker.advance(Run.objects.get().pk)
    again = operator.post(change_page(), broken)

    assert asked.status_code == again.status_code == 200
    assert "Nothing is saved yet." in words(asked)
    assert "1 test would break" in words(again)
    assert "How much is shipping to Norway?" in words(again)
    assert Run.objects.count() == 1
    assert "€14.95" in Article.objects.get(slug="shipping").body


def test_who_has_seen_it_may_save_anyway(norway, operator):
    broken = edited(SHIPPING.replace("€14.95", "€19.95"))
    operator.post(change_page(), broken)
    run_worker.advance(Run.objects.get().pk)
    page = words(operator.post(change_page(), broken))
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))

    response = operator.post(change_page(), kept)

    assert response.status_code == 302
    assert kept["_save"] == "Save"
    assert "€19.95" in Article.objects.get(slug="shipping").body


def test_an_article_that_breaks_nothing_is_saved_as_soon_as_that_is_known(norway, operator):
    better = edited(SHIPPING + " Parcels leave each day.")
    asked = operator.post(change_page(), better)
    run_worker.advance(Run.objects.get().pk)
    live = operator.get(reverse("answer_tests:progress", args=[Run.objects.get().pk]) + "?asks=1")

    saved = operator.post(change_page(), better)

    assert asked.status_code == 200
    assert "data-clear" in words(live)
    assert saved.status_code == 302


def test_a_test_that_failed_before_is_not_the_changes_doing(norway, operator):
    Case.objects.update(must_say="€99")
    operator.post(change_page(), edited(SHIPPING + " More."))
    run_worker.advance(Run.objects.get().pk)

    assert operator.post(change_page(), edited(SHIPPING + " More.")).status_code == 302


def test_deleting_an_article_that_a_test_needs_asks(norway, operator):
    address = reverse(
        "admin:knowledge_article_delete", args=[Article.objects.get(slug="shipping").pk]
    )
    operator.post(address, {"post": "yes"})
    run_worker.advance(Run.objects.get().pk)

    assert "1 test would break" in words(operator.post(address, {"post": "yes"}))
    assert Article.objects.filter(slug="shipping").exists()


def test_a_policy_that_breaks_a_test_asks(norway, operator):
    page = reverse("admin:routing_policy_add")
    in_force = policies.current()
    form = {
        "claims_band": "0",
        **{name: value for name in Policy.SETTINGS if (value := getattr(in_force, name))},
        "threshold": "1",
        "reason": "All strong",
        "begun_from": in_force.version,
    }
    operator.post(page, form)
    run_worker.advance(Run.objects.get().pk)

    said = words(operator.post(page, form))

    assert "1 test would break" in said
    assert "threshold 7 → 1" in said
    assert policies.current().threshold == 7


def test_moving_the_threshold_on_its_page_asks_too(norway, operator):
    sent = {"threshold": "1", "reason": "All", "begun_from": policies.current().version}
    operator.post(reverse("tuning:save"), sent)
    run_worker.advance(Run.objects.get().pk)

    assert "1 test would break" in words(operator.post(reverse("tuning:save"), sent))


def test_a_task_type_that_breaks_a_test_asks(norway, operator):
    form = {
        "name": "Shipping",
        "description": "",
        "active": "on",
        "examples": "how much is shipping\nwhat does shipping to norway cost\nshipping price",
        "phrases": "shipping to norway",
        "tier": "strong",
        "points": "0",
        "approved_answer": "",
    }
    page = reverse("admin:routing_tasktype_add")
    operator.post(page, form)
    run_worker.advance(Run.objects.get().pk)

    assert "1 test would break" in words(operator.post(page, form))
    assert not TaskType.objects.exists()


def test_a_form_that_is_not_valid_is_answered_by_its_own_page(norway, operator):
    response = operator.post(change_page(), edited(""))

    assert "This field is required." in words(response)
    assert not Run.objects.exists()


def test_sets_that_are_not_checked_before_saving_hold_nobody_up(norway, operator):
    CaseSet.objects.update(guards=False)

    assert operator.post(change_page(), edited(SHIPPING + " More.")).status_code == 302
    assert not Run.objects.exists()


def test_who_may_not_save_starts_no_run(norway, staff):
    assert staff.post(change_page(), edited(SHIPPING + " More.")).status_code == 403
    assert not Run.objects.exists()


def test_the_same_change_to_another_state_is_tested_anew(norway, operator):
    better = edited(SHIPPING + " Parcels leave each day.")
    operator.post(change_page(), better)
    run_worker.advance(Run.objects.get().pk)
    Article.objects.filter(slug="hours").update(body="Closed.")

    assert operator.post(change_page(), better).status_code == 200
    assert Run.objects.count() == 2
