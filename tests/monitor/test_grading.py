"""Staff grade answers blind, and the judge is held to what they say."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from chatsite.monitor.grading import grader_agreement, grading
from chatsite.monitor.models import Grade
from chatsite.quality import labels
from chatsite.quality.learning import training_examples
from chatsite.quality.models import QualityLabel
from chatsite.tuning.threshold import quality_curve
from tests.chat.told import NOW
from tests.guards import guards
from tests.monitor.people import told


def test_a_grade_given_again_replaces_the_first(staff):
    replies = [told(number).reply for number in range(3)]
    page = staff.get(reverse("monitor:grade")).content.decode()
    assert all(f'name="grade-{reply.pk}"' in page for reply in replies)

    for verdict in ("wrong", "right"):
        staff.post(reverse("monitor:save_grades"), {f"grade-{replies[0].pk}": verdict})

    assert list(Grade.objects.values_list("reply", "verdict")) == [(replies[0].pk, "right")]
    left = staff.get(reverse("monitor:grade")).content.decode()
    assert f'name="grade-{replies[0].pk}"' not in left


@pytest.mark.parametrize("fields", [{"grade-999": "right"}, {"grade-x": "right"}])
def test_a_grade_for_no_answer_is_refused(staff, fields):
    assert staff.post(reverse("monitor:save_grades"), fields).status_code == 400


def test_a_verdict_that_does_not_exist_is_refused(staff):
    reply = told(1).reply

    response = staff.post(reverse("monitor:save_grades"), {f"grade-{reply.pk}": "great"})

    assert response.status_code == 400
    assert not Grade.objects.exists()


def test_the_judge_is_compared_with_staff(shop):
    nora = User.objects.create_user("nora")
    for number in range(30):
        reply = told(number).reply
        right = number % 2 == 0
        Grade.objects.create(reply=reply, by=nora, verdict="right" if right else "unsafe")
        labels.add(reply.pk, QualityLabel.Source.JUDGED, cheap=float(right or number == 1))

    found = grading.trust().judge

    assert found.pairs == 30
    assert found.kappa == pytest.approx(0.933, abs=0.001)


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([], 0.0),
        ([("right", "right")] * 20 + [("wrong", "wrong")] * 20, 1.0),
        ([("right", "wrong"), ("right", "right"), ("wrong", "right"), ("wrong", "wrong")] * 10, 0),
        ([("right", "wrong"), ("wrong", "right")] * 10, -1.0),
    ],
)
def test_kappa_is_one_for_agreement_and_zero_for_chance(pairs, kappa):
    assert grader_agreement.kappa(pairs).kappa == pytest.approx(kappa)


@pytest.mark.parametrize(("agrees", "counts"), [(True, True), (False, False)])
@guards(
    "chatsite/quality/labels.py",
    "return () if trust is None or trust.is_enough else (Source.JUDGED,)",
    "return ()",
)
def test_a_judge_who_disagrees_with_staff_does_not_count(staff, agrees, counts):
    replies = [told(number).reply for number in range(24)]
    for number, reply in enumerate(replies):
        good = number % 2 == 0
        labels.add(reply.pk, QualityLabel.Source.JUDGED, cheap=float(good))
        verdict = "right" if good == agrees else "wrong"
        staff.post(reverse("monitor:save_grades"), {f"grade-{reply.pk}": verdict})

    left = training_examples.read()

    assert bool(left) == counts
    assert bool(quality_curve.since(NOW - timedelta(days=30)).labels) == counts
    assert grading.trust().is_enough == counts


def test_of_a_strong_answer_the_judges_word_about_it_is_compared(shop):
    nora = User.objects.create_user("nora")
    reply = told(1, "strong").reply
    Grade.objects.create(reply=reply, by=nora, verdict="right")
    labels.add(reply.pk, QualityLabel.Source.JUDGED, cheap=0.0, strong=1.0)

    assert grading.trust().judge.kappa == 1.0
