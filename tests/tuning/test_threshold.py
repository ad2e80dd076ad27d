"""Operators move the threshold and see what that would have done before they save it."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import formats, timezone

from chatsite.chat.models import Conversation, Message
from chatsite.provider.models import ProviderModel
from chatsite.quality import labels
from chatsite.quality.models import QualityLabel
from chatsite.tuning.threshold import newest_replies
from routing import policies
from routing.models import Policy, RouteDecision
from tests.guards import guards

PAGE = "/admin/threshold/"
SAVE = PAGE + "save/"


def text(response) -> str:
    """What a reader sees, runs of white space as one space."""
    body = re.sub(r"<(script|style|head).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def save(client: Client, **changes: object):
    sent = {"threshold": 6, "begun_from": 1, "reason": "Fewer complaints."} | changes
    return client.post(SAVE, sent)


@pytest.fixture
def traffic(answered):
    """Three cheap answers of $0.0008 and a strong one of $0.042, each of 1,000 and 200 tokens."""
    for score in (2.0, 5.0, 6.5):
        answered(score, f"One of {score:g}?")
    return answered(10.0, "I was charged twice!")


def test_the_effect_of_a_lower_threshold_is_seen_before_it_is_saved(operator, traffic):
    page = operator.get(PAGE, {"threshold": "5"})

    effect = page.context["preview"].effect
    assert (effect.to_strong, effect.to_cheap) == (2, 0)
    assert effect.then.cost == 3 * 800_000 + 42_000_000
    assert effect.now.cost == 800_000 + 3 * 42_000_000
    assert (effect.then.share, effect.now.share) == (0.25, 0.75)
    words = text(page)
    assert "2 of 4 messages would have moved: 2 to the strong tier." in words
    assert "Cost $0.0444 $0.127 +$0.0824" in words
    assert "no ratings" in words
    assert Policy.objects.count() == 1


def test_a_higher_threshold_moves_answers_to_the_cheap_tier(operator, traffic):
    effect = operator.get(PAGE, {"threshold": "11"}).context["preview"].effect

    assert (effect.to_strong, effect.to_cheap) == (0, 1)
    assert effect.now.cost == 4 * 800_000
    assert effect.saved == 1 - 3_200_000 / (4 * 42_000_000)


def test_the_messages_that_would_move_lead_to_their_conversations(operator, traffic):
    page = operator.get(PAGE, {"threshold": "6"})

    words = text(page)
    assert "One of 6.5? score 6.5 cheap → strong $0.0008 → $0.042" in words
    assert "One of 5?" not in words
    conversation = Message.objects.get(text="One of 6.5?").conversation_id
    assert f'href="/admin/chat/conversation/{conversation}/change/"' in page.content.decode()


def test_many_that_would_move_are_paged_through(operator, answered):
    for number in range(21):
        answered(6.0, f"Question {number}?")

    first = text(operator.get(PAGE, {"threshold": "6"}))
    second = text(operator.get(PAGE, {"threshold": "6", "page": "2"}))

    assert "Question 20?" in first
    assert "Question 0?" not in first
    assert "Question 0?" in second
    assert "Older" in first
    assert "Newer" in second


def test_the_page_with_everything_takes_seventeen_queries(operator, traffic):
    ProviderModel.objects.filter(name="gpt-3.5-turbo").update(missing_since=timezone.now())
    labels.add(traffic.reply.pk, QualityLabel.Source.RATING, 1.0)
    asked = {"threshold": "6", "days": "7"}

    operator.get(PAGE, asked)
    with CaptureQueriesContext(connection) as queries:
        page = operator.get(PAGE, asked)

    assert page.context["preview"].moved
    # Two of them are the permissions: Django asks for the user's own and the groups' apart.
    assert len(queries) <= 17, [query["sql"][:100] for query in queries]


def test_what_became_of_them_is_told(operator, traffic):
    Message.objects.filter(role="assistant", tier="cheap").update(rating=-1)
    Conversation.objects.update(wants_person_since=traffic.conversation.created_at)

    words = text(operator.get(PAGE, {"threshold": "5"}))

    assert "Of these, with a person or waiting for one 2" in words
    assert "Rated by customers 0 helpful, 2 not helpful" in words


def test_older_traffic_is_left_out(operator, traffic):
    RouteDecision.objects.filter(score=6.5).update(
        decided_at=traffic.conversation.created_at - timedelta(days=10)
    )

    week = operator.get(PAGE, {"threshold": "5", "days": "7"}).context["preview"].effect
    month = operator.get(PAGE, {"threshold": "5", "days": "30"}).context["preview"].effect

    assert (week.then.replies, month.then.replies) == (3, 4)


def test_what_was_not_the_scores_doing_stays(operator, traffic):
    RouteDecision.objects.filter(score=6.5).update(tier="strong")

    effect = operator.get(PAGE, {"threshold": "11"}).context["preview"].effect

    assert (effect.then.strong, effect.now.strong) == (2, 1)


@pytest.mark.parametrize("why", [{"pinned": "cheap"}, {"threshold": 11.0}], ids=str)
def test_what_a_task_type_pins_or_a_full_budget_barred_stays(operator, traffic, why):
    RouteDecision.objects.filter(score=6.5).update(**why)

    page = operator.get(PAGE, {"threshold": "2"})

    assert page.context["preview"].effect.to_strong == 2
    assert "One of 6.5?" not in text(page)


def test_what_raised_the_threshold_then_raises_it_again(operator, traffic):
    # As a budget that runs low does: 6.5 was compared with 8, not with 7.
    RouteDecision.objects.filter(score=6.5).update(threshold=8.0)

    at_6 = operator.get(PAGE, {"threshold": "6"}).context["preview"].effect
    at_5 = operator.get(PAGE, {"threshold": "5.5"}).context["preview"].effect

    assert (at_6.to_strong, at_5.to_strong) == (0, 1)


@pytest.mark.parametrize(("threshold", "to_strong"), [("7", 1), ("8", 1), ("8.1", 0)])
def test_a_danger_is_strong_from_its_least_score_down_whatever_a_budget_raised(
    operator, traffic, threshold, to_strong
):
    # Below the policy's threshold of 9 its stakes did not weigh more than what a budget saved.
    draft = policies.current().draft()
    draft.threshold = 9
    policy = policies.adopt(draft, None, "Fewer strong answers.")
    decided = {"policy": policy, "score": 8.5, "least": 8, "threshold": 10}
    RouteDecision.objects.filter(score=6.5).update(**decided)

    preview = operator.get(PAGE, {"threshold": threshold}).context["preview"]

    assert preview.effect.to_strong == len(preview.moved) == to_strong


def test_a_models_scores_are_weighed_again_where_the_rules_decide(operator, traffic):
    RouteDecision.objects.filter(score=6.5).update(analyzer="model")

    page = operator.get(PAGE, {"threshold": "5"})

    # The rules gave "?", which is what was routed, less than 5.
    assert page.context["preview"].weighed_again == 1
    assert page.context["preview"].effect.to_strong == 1
    assert "1 messages had been scored by a model" in text(page)


def test_an_answer_without_usage_keeps_what_it_was_charged(operator, answered):
    conversation = answered(3.0).asks("And on Sundays?")
    conversation.begins("cheap", 3.0)
    conversation.fails("timeout")
    conversation.begins("cheap", 3.0)
    conversation.ends()

    effect = operator.get(PAGE, {"threshold": "1"}).context["preview"].effect

    # 2,000 tokens in and 500 out were reserved.
    assert effect.then.cost == 2 * 800_000 + 1_750_000
    assert effect.now.cost == 2 * 42_000_000 + 1_750_000


def test_a_target_saving_finds_its_threshold(operator, traffic):
    page = operator.get(PAGE, {"aim": "saving", "saving": "70"})

    assert page.context["draft"].threshold == 6.6
    assert "6.6 is the lowest threshold that saves 70 %" in text(page)


def test_a_target_that_no_threshold_reaches_is_refused_in_words(operator, traffic):
    words = text(operator.get(PAGE, {"aim": "saving", "saving": "99"}))

    assert "No threshold saves 99 %: the most is 98.1 %." in words


@pytest.mark.parametrize(
    ("percent", "threshold", "share"),
    [(50, 5.1, "50.0 %"), (30, 6.6, "25.0 %"), (0, 10.1, "0.0 %")],
)
def test_a_target_share_is_a_quantile_of_the_sites_own_scores(
    operator, traffic, percent, threshold, share
):
    page = operator.get(PAGE, {"aim": "strong", "strong": percent})

    assert page.context["draft"].threshold == threshold
    assert f"at most {percent} % to the strong tier: {share}" in text(page)


def test_a_share_that_no_threshold_reaches_is_refused_in_words(operator, traffic):
    RouteDecision.objects.filter(score=6.5).update(pinned="strong", tier="strong")

    words = text(operator.get(PAGE, {"aim": "strong", "strong": "10"}))

    assert "No threshold sends 10 % or less to the strong tier: 25.0 % went there" in words


def test_quality_without_labels_is_not_measured(operator, traffic):
    words = text(operator.get(PAGE, {"aim": "quality", "quality": "95"}))

    assert "Quality not measured: to be sure of 95 % takes 52 labelled answers" in words
    assert "Quality kept not measured: no answer from these days is labelled" in words


def test_a_target_quality_finds_the_highest_threshold_that_surely_keeps_it(operator, answered):
    for number in range(60):
        reply = answered(2.0 if number % 2 else 5.0, f"Question {number}?").reply
        labels.add(reply.pk, QualityLabel.Source.RATING, 0.0 if number == 0 else 1.0)

    page = operator.get(PAGE, {"aim": "quality", "quality": "95"})

    assert page.context["draft"].threshold == 5
    assert "5 is the highest threshold that surely (95 %) keeps 95 %" in text(page)
    assert "100.0 % of the strong tier's, surely 95.7 % or more, by 60 labelled" in text(page)


def test_an_opinion_of_the_verifier_measures_no_quality(operator, traffic):
    labels.add(traffic.reply.pk, QualityLabel.Source.VERDICT, 1.0)

    assert "no answer from these days is labelled" in text(operator.get(PAGE))


def test_saving_makes_the_next_version(operator, traffic):
    response = save(operator, threshold="6.5")

    assert response.status_code == 302
    policy = Policy.objects.get(is_current=True)
    assert (policy.version, policy.threshold, policy.reason) == (2, 6.5, "Fewer complaints.")
    assert policy.changes == ["threshold 7 → 6.5"]
    assert policy.author is not None
    assert policy.author.username == "olga"
    assert LogEntry.objects.get().object_id == str(policy.pk)
    words = text(operator.get(PAGE))
    assert "Version 2 is in force: threshold 7 → 6.5." in words
    assert "Undo: return to version 1" in words


def test_undo_returns_to_the_version_before(operator, traffic):
    save(operator)
    page = operator.get(PAGE).content.decode()
    undo = re.search(r'action="(/admin/routing/policy/\d+/return/)"', page)
    assert undo

    operator.post(undo[1])

    assert (policies.current().version, policies.current().threshold) == (3, 7)


def test_a_colleagues_change_is_not_undone_unseen(operator, traffic):
    save(operator, threshold=6.5)

    response = save(operator, threshold=5)

    assert response.status_code == 409
    assert "Version 2 was saved by olga while you were editing: threshold 7 → 6.5." in text(
        response
    )
    assert 'value="Fewer complaints."' in response.content.decode()
    assert policies.current().threshold == 6.5
    assert 'name="begun_from" value="2"' in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"reason": " "}, 422, "This field is required."),
        ({"threshold": "7"}, 409, "version 1, which is in force, has the same settings"),
        ({"threshold": "0.5"}, 422, "Threshold: Enter at least 1"),
        ({"threshold": "nan"}, 422, "Threshold: Enter a number."),
        ({"begun_from": ""}, 422, "This field is required."),
    ],
)
def test_what_cannot_be_saved_is_refused_in_words(operator, traffic, changes, status, said):
    response = save(operator, **changes)

    assert response.status_code == status
    assert said in text(response)
    assert Policy.objects.count() == 1


@pytest.mark.parametrize(
    "query",
    [
        {"threshold": "x"},
        {"threshold": "nan"},
        {"threshold": "1e400"},
        {"threshold": "-3"},
        {"days": "9"},
        {"days": "seven"},
        {"aim": "everything"},
        {"aim": "saving", "saving": "much"},
        {"aim": "strong", "strong": "101"},
        {"page": "0"},
        {"page": "99999999999999999999"},
        {"version": "99999999999999999999"},
        {"version": "77"},
    ],
    ids=str,
)
def test_a_bad_question_is_answered_as_if_it_were_not_asked(operator, traffic, query):
    response = operator.get(PAGE, query)

    assert response.status_code == 200
    assert response.context["draft"].threshold == 7


def test_a_site_without_traffic_says_so(operator, answered):
    assert "No message was answered in the last 30 days" in text(operator.get(PAGE))


def test_a_model_without_a_price_is_said_and_nothing_breaks(operator, traffic):
    drafted = policies.current().draft()
    drafted.strong_model = "gpt-9"
    policies.adopt(drafted, None, "A newer one.")

    assert "gpt-9" in text(operator.get(PAGE, {"threshold": "5"}))


def test_an_earlier_versions_settings_can_be_looked_at(operator, traffic):
    save(operator, threshold=5)

    page = operator.get(PAGE, {"version": "1"})

    assert page.context["draft"].threshold == 7
    assert page.context["changes"] == ["threshold 5 → 7"]


def test_htmx_is_given_the_effect_alone_and_says_it_aloud(operator, traffic):
    page = operator.get(PAGE, {"threshold": "5"}, headers={"HX-Request": "true"})

    body = page.content.decode()
    assert "<html" not in body
    assert body.strip().startswith('<section class="effect" id="effect"')
    assert 'id="said" role="status" aria-live="polite" hx-swap-oob="innerHTML">At 5, 2 of 4' in body


def test_staff_see_the_effect_and_strangers_nothing(staff, client, traffic):
    page = staff.get(PAGE, {"threshold": "5"})

    assert "At 5, 2 of 4" in page.content.decode()
    assert "Save this threshold" not in page.content.decode()
    assert save(staff).status_code == 403
    assert client.get(PAGE).status_code == 302
    assert Policy.objects.count() == 1


def test_a_link_cannot_save(operator, traffic):
    assert operator.get(SAVE, {"threshold": 6}).status_code == 405


def test_the_policys_pages_lead_here(operator, traffic):
    first = Policy.objects.get()
    for page in ("", "add/", f"{first.pk}/change/"):
        assert f'href="{PAGE}' in operator.get(f"/admin/routing/policy/{page}").content.decode()


def test_the_page_needs_nothing_that_the_content_security_policy_forbids(operator, traffic):
    body = operator.get(PAGE, {"threshold": "5"}).content.decode()

    assert not re.search(r"\s(?:style|on\w+)=", body)
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", body)


@pytest.fixture
def only_two(monkeypatch, answered, traffic) -> None:
    """The two newest of five messages are looked at: scores 6.5 and 2, both cheap."""
    monkeypatch.setattr(newest_replies, "MOST", 2)
    for score in (6.5, 2.0):
        reply = answered(score, f"New, of {score:g}?").reply
        labels.add(reply.pk, QualityLabel.Source.RATING, 1.0)


@guards("chatsite/tuning/threshold/newest_replies.py", 'found["cut"] or begin', "begin")
def test_of_more_messages_than_can_be_looked_at_the_newest_are_and_it_is_said(operator, only_two):
    old = RouteDecision.objects.earliest("decided_at")
    labels.add(int(old.reference.removeprefix("reply:")), QualityLabel.Source.RATING, 0.0)
    Message.objects.filter(role="assistant").update(rating=-1)
    since = timezone.localtime(RouteDecision.objects.order_by("-decided_at")[1].decided_at)

    page = operator.get(PAGE, {"threshold": "5"})

    words, preview = text(page), page.context["preview"]
    said = f"the newest 2 of 6 messages, since {formats.date_format(since, 'j F, H:i')}"
    assert f"These are {said}. All figures are for these messages." in words
    assert "At 5, on the newest messages of the last 30 days" in words
    assert "1 of 2 messages would have moved: 1 to the strong tier." in words
    assert preview.effect.then.cost == 2 * 800_000
    assert preview.effect.now.cost == 800_000 + 42_000_000
    assert {effect.then.replies for effect in preview.drawn} == {2}
    assert preview.fates.bad == 1
    assert preview.quality.losses == (0.0, 0.0)
    assert "New, of 6.5? score 6.5 cheap → strong" in words
    assert "One of 6.5?" not in words


@pytest.mark.parametrize(
    ("aim", "said"),
    [
        ({"aim": "strong", "strong": "50"}, "at most 50 % to the strong tier: 50.0 %"),
        ({"aim": "saving", "saving": "98"}, "6.6 is the lowest threshold that saves 98 %"),
        ({"aim": "quality"}, "takes 52 labelled answers or more, and the newest messages have 2."),
    ],
    ids=["strong", "saving", "quality"],
)
def test_targets_are_looked_for_in_the_messages_that_are_looked_at(operator, only_two, aim, said):
    assert said in text(operator.get(PAGE, aim))


def test_a_page_that_looks_at_all_messages_says_nothing_of_it(operator, traffic, monkeypatch):
    monkeypatch.setattr(newest_replies, "MOST", 4)

    page = operator.get(PAGE, {"threshold": "5"})

    assert "These are the newest" not in text(page)
    assert page.context["preview"].effect.then.replies == 4
