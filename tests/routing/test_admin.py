"""Operators tune the policy in the admin; staff look."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from routing import decisions, policies
from routing.models import Policy, RouteDecision
from routing.tier_choice import Turn

pytestmark = pytest.mark.django_db

LIST = "admin:routing_policy_changelist"


def signed_in(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator() -> Client:
    return signed_in("olga", "view_policy", "add_policy", "view_routedecision")


@pytest.fixture
def staff() -> Client:
    return signed_in("stan", "view_policy", "view_routedecision")


def form(client: Client, **changes: object) -> dict[str, object]:
    """What the form to change the policy sends when only this is edited."""
    initial = client.get(reverse("admin:routing_policy_add")).context["adminform"].form.initial
    return {name: "" if value is None else value for name, value in initial.items()} | {
        "reason": "To see what it does.",
        **changes,
    }


def send(client: Client, sent: dict[str, object]):
    return client.post(reverse("admin:routing_policy_add"), sent)


def choose(client: Client, *versions: Policy):
    """Take the list's action with these versions ticked."""
    ticked = [version.pk for version in versions]
    sent = {"action": "return_to_selected", "_selected_action": ticked}
    return client.post(reverse(LIST), sent, follow=True)


def errors(response) -> str:
    assert response.status_code == 200, "it was accepted"
    return str(response.context["errors"].data)


def text(response) -> str:
    """The page's words."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_an_operator_changes_the_threshold(operator):
    response = send(operator, form(operator, threshold="6.5"))

    assert response.status_code == 302
    policy = Policy.objects.get(is_current=True)
    assert (policy.version, policy.threshold) == (2, 6.5)
    assert policy.author is not None
    assert policy.author.username == "olga"
    assert policy.reason == "To see what it does."
    assert Policy.objects.get(version=1).threshold == 7
    assert LogEntry.objects.get().object_id == str(policy.pk)


def test_a_version_may_be_stored_to_be_tried_first(operator):
    changes = {"analyzer": "rules", "reason": "To see.", "_to_be_tried": "Store it"}

    response = send(operator, form(operator, **changes))

    stored = Policy.objects.get(version=2)
    assert (stored.analyzer, stored.is_current) == ("rules", False)
    assert stored.changes == ["analyzer learned → rules"]
    assert policies.current().version == 1
    assert response["Location"] == reverse("admin:routing_policy_change", args=[stored.pk])
    assert "Version 2 is stored and not in force." in text(operator.get(response["Location"]))


def test_the_form_begins_from_what_is_in_force(operator):
    send(operator, form(operator, threshold="6.5", strong_output_limit="1200"))

    page = operator.get(reverse("admin:routing_policy_add"))

    initial = page.context["adminform"].form.initial
    assert (initial["threshold"], initial["strong_output_limit"]) == (6.5, 1200)
    assert "reason" not in initial
    assert "Longest answer in tokens, 16 to 4096." in text(page)
    assert "1: all scored messages. 11: none." in text(page)
    proposed = operator.get(reverse("admin:routing_policy_add"), {"threshold": "6.2"})
    assert proposed.context["adminform"].form.initial["threshold"] == "6.2"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("reason", "", "This field is required."),
        ("reason", "   ", "This field is required."),
        ("threshold", "0.5", "Enter at least 1."),
        ("threshold", "11.5", "Enter at most 11."),
        ("threshold", "nan", "Enter a number."),
        ("doubt_threshold", "-0.1", "Enter at least 0. At 0, every cheap answer is written again."),
        ("doubt_threshold", "1.1", "Enter at most 1. At 1, the answer check is off."),
        ("cheap_output_limit", "15", "Enter at least 16 tokens"),
        ("strong_output_limit", "5000", "Enter at most 4096 tokens"),
        ("temperature", "2.5", "Enter at most 2."),
        ("cheap_model", "", "This field is required."),
        ("strong_model", "gpt 4", "without spaces"),
        ("cheap_successor", "gpt-3.5-turbo", "A model cannot be its own successor."),
        ("analyzer", "guess", "Select a valid choice."),
        ("threshold", "7", "Nothing was changed. Version 1 is already in force."),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_words(operator, field, value, said):
    response = send(operator, form(operator, **{field: value}))

    assert said in errors(response)
    assert Policy.objects.count() == 1


def test_line_ends_of_a_browser_are_no_change(operator):
    criteria = policies.current().criteria.replace("\n", "\r\n")

    response = send(operator, form(operator, criteria=criteria))

    assert "Nothing was changed" in errors(response)


def test_a_colleagues_change_is_not_undone_unseen(operator):
    begun = form(operator, temperature="0.5")
    send(operator, form(operator, threshold="6.5"))

    response = send(operator, begun)

    said = errors(response)
    assert "Version 2 was saved by olga while you were editing: threshold 7 → 6.5." in said
    assert policies.current().threshold == 6.5


def test_the_history_is_told_in_words(operator):
    send(operator, form(operator, threshold="6.5", strong_model="gpt-4-turbo"))

    page = operator.get(reverse(LIST))

    words = text(page)
    assert "threshold 7 → 6.5; strong model gpt-4 → gpt-4-turbo" in words
    assert "To see what it does." in words
    assert "olga" in words
    assert [policy.version for policy in page.context["cl"].result_list] == [2, 1]
    assert words.count("in force") == 1


def test_a_longer_history_takes_no_more_queries(operator):
    counts = []
    for threshold in range(2, 7):
        send(operator, form(operator, threshold=threshold))
        with CaptureQueriesContext(connection) as queries:
            operator.get(reverse(LIST))
        counts.append(len(queries))

    assert counts == counts[:1] * 5


def test_a_version_is_shown_and_cannot_be_edited(operator):
    first = Policy.objects.get()
    page = reverse("admin:routing_policy_change", args=[first.pk])

    shown = operator.get(page)

    assert "the first version" in text(shown)
    assert 'name="threshold"' not in shown.content.decode()
    assert operator.post(page, {"threshold": 1}).status_code == 403
    assert operator.post(reverse("admin:routing_policy_delete", args=[first.pk])).status_code == 403
    assert Policy.objects.get().threshold == 7


def test_not_even_an_administrator_edits_a_version(admin_client):
    page = reverse("admin:routing_policy_change", args=[Policy.objects.get().pk])

    assert 'name="threshold"' not in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"threshold": 1}).status_code == 403


def test_one_click_returns_to_an_earlier_version(operator):
    first = Policy.objects.get()
    send(operator, form(operator, threshold="6.5"))
    button = reverse("admin:routing_policy_return", args=[first.pk])
    page = operator.get(reverse("admin:routing_policy_change", args=[first.pk]))
    assert f'formaction="{button}"' in page.content.decode()

    response = operator.post(button, follow=True)

    assert "Version 3 is in force: threshold 6.5 → 7." in text(response)
    policy = Policy.objects.get(is_current=True)
    assert (policy.version, policy.threshold) == (3, 7)
    assert policy.reason == "Return to version 1: What the site came with."
    assert policy.author is not None
    assert policy.author.username == "olga"
    assert LogEntry.objects.filter(object_id=str(policy.pk)).count() == 1


def test_the_list_returns_to_one_chosen_version(operator):
    first = Policy.objects.get()
    send(operator, form(operator, threshold="6.5"))

    refused = choose(operator, *Policy.objects.all())
    choose(operator, first)

    assert "Select exactly one version." in text(refused)
    assert (policies.current().version, policies.current().threshold) == (3, 7)


def test_the_version_in_force_offers_no_return(operator):
    current = Policy.objects.get()
    page = operator.get(reverse("admin:routing_policy_change", args=[current.pk]))
    assert "Return to this version" not in text(page)
    assert "formaction" not in page.content.decode()

    button = reverse("admin:routing_policy_return", args=[current.pk])
    response = operator.post(button, follow=True)

    assert "version 1, which is in force, has the same settings" in text(response)
    assert Policy.objects.count() == 1


def test_a_return_is_asked_for_by_a_button_and_not_by_a_link(operator):
    first = Policy.objects.get()
    send(operator, form(operator, threshold="6.5"))

    assert operator.get(reverse("admin:routing_policy_return", args=[first.pk])).status_code == 405
    assert operator.post(reverse("admin:routing_policy_return", args=[99])).status_code == 404
    assert policies.current().version == 2


def test_staff_look_and_do_not_touch(staff, operator):
    first = Policy.objects.get()
    send(operator, form(operator, threshold="6.5"))
    page = staff.get(reverse("admin:routing_policy_change", args=[first.pk]))

    assert staff.get(reverse(LIST)).status_code == 200
    assert page.status_code == 200
    assert "formaction" not in page.content.decode()
    assert staff.get(reverse("admin:routing_policy_add")).status_code == 403
    assert send(staff, {}).status_code == 403
    assert staff.post(reverse("admin:routing_policy_return", args=[first.pk])).status_code == 403
    choose(staff, first)
    assert policies.current().version == 2


def test_others_see_nothing(client):
    stranger = signed_in("sam")
    for name in (LIST, "admin:routing_policy_add", "admin:routing_routedecision_changelist"):
        assert stranger.get(reverse(name)).status_code == 403
        assert client.get(reverse(name)).status_code == 302


def test_decisions_are_found_and_read(staff):
    policy = policies.current()
    decisions.decide("reply:7", Turn("What are your business hours?", evidence=1.0), policy)
    decisions.decide("reply:8", Turn("I was charged twice!"), policy)
    everything = reverse("admin:routing_routedecision_changelist")

    found = staff.get(everything, {"q": "disputed"})
    cheap = staff.get(everything, {"tier__exact": "cheap"})

    assert [decision.reference for decision in found.context["cl"].result_list] == ["reply:8"]
    assert [decision.reference for decision in cheap.context["cl"].result_list] == ["reply:7"]
    one = RouteDecision.objects.get(reference="reply:8")
    page = text(staff.get(reverse("admin:routing_routedecision_change", args=[one.pk])))
    assert "stakes: disputed payments and lost money" in page
    assert "Threshold" in page


def test_decisions_are_not_edited_even_by_an_administrator(admin_client):
    decisions.decide("reply:7", Turn("Hello"), policies.current())
    one = RouteDecision.objects.get()

    for name, arguments in (("add", []), ("change", [one.pk]), ("delete", [one.pk])):
        page = reverse(f"admin:routing_routedecision_{name}", args=arguments)
        assert admin_client.post(page, {"post": "yes"}).status_code == 403
    assert RouteDecision.objects.get().tier == "cheap"


def test_no_page_needs_what_the_content_security_policy_forbids(operator):
    send(operator, form(operator, threshold="6.5"))
    decisions.decide("reply:7", Turn("Hello"), policies.current())
    first, one = Policy.objects.get(version=1), RouteDecision.objects.get()
    for page in (
        reverse(LIST),
        reverse("admin:routing_policy_add"),
        reverse("admin:routing_policy_change", args=[first.pk]),
        reverse("admin:routing_routedecision_changelist"),
        reverse("admin:routing_routedecision_change", args=[one.pk]),
    ):
        html = operator.get(page).content.decode()
        assert not re.search(r"\s(?:style|on\w+)=", html)
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)", html)
