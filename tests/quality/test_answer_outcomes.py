"""What customers, staff and the verifier did becomes labels of the cheap answers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatsite.chat.actions import ask_for_person, rate, retry, staff_reply, take_over
from chatsite.chat.models import Message
from chatsite.quality import answer_outcomes, labels
from chatsite.quality.models import QualityLabel
from routing import decisions, policies
from routing.models import AnswerCheck, RouteDecision
from routing.tier_choice import Turn
from tests.chat.told import Told, prices

# By any of the tests below.
GUARDS = [
    (
        "chatsite/quality/answer_outcomes.py",
        "        stale.exclude(source=Source.JUDGED).delete()\n",
        "",
    ),
    (
        "chatsite/quality/answer_outcomes.py",
        "    rated = _replies(since, tier=Tier.CHEAP, rating__isnull=False)\n",
        "    rated = _replies(since, rating__isnull=False)\n",
    ),
    (
        "chatsite/quality/answer_outcomes.py",
        "        stale.exclude(source=Source.JUDGED).delete()\n",
        "        stale.delete()\n",
    ),
]

Source = QualityLabel.Source
Rating = Message.Rating


@pytest.fixture
def told(db) -> Told:
    prices()
    return Told().asks("When are you open?").answered()


def collected() -> set[tuple[int, str, float]]:
    answer_outcomes.collect(timezone.now() - timedelta(days=1))
    return set(QualityLabel.objects.values_list("reply", "source", "cheap"))


def give(told: Told, rating: Rating | None) -> None:
    rate.answer(told.public_id, told.visitor, told.reply.pk, rating)


@pytest.mark.parametrize(("rating", "cheap"), [(Rating.GOOD, 1.0), (Rating.BAD, 0.0)])
def test_a_rating_is_a_label_until_it_is_taken_back(told, rating, cheap):
    give(told, rating)
    first = collected()
    again = collected()
    give(told, None)

    assert first == again == {(told.reply.pk, Source.RATING, cheap)}
    assert collected() == set()


def test_a_rating_of_the_strong_answer_says_nothing_of_the_cheap_one(db):
    prices()
    told = Told().asks().answered(tier="strong")
    give(told, Rating.BAD)

    assert collected() == set()


@pytest.mark.parametrize(("tier", "expected"), [("cheap", {("retry", 0.0)}), ("strong", set())])
def test_an_answer_that_was_broken_off_and_asked_for_anew_would_not_do(db, tier, expected):
    prices()
    told = Told().asks()
    told.begins(tier)
    told.ends("It begins", "cut", "length", outcome="length")
    retry.reply(told.public_id, told.visitor, told.reply.pk)
    told.begins("strong")
    told.ends("All of it.")

    assert {(source, cheap) for _, source, cheap in collected()} == expected


def test_the_last_answer_before_a_person_would_not_do(told):
    first = told.reply.pk
    told.asks("Then on Sundays?").answered()
    take_over.conversation(told.conversation.pk, person := User.objects.create_user("nora"))
    last = told.reply.pk
    assert (last, Source.HANDOFF, 0.0) not in collected()

    staff_reply.send(told.conversation.pk, person, "At noon.")

    assert (last, Source.HANDOFF, 0.0) in collected()
    assert not QualityLabel.objects.filter(reply=first, source=Source.HANDOFF).exists()


def test_a_wish_for_a_person_is_a_label_as_long_as_it_stands(told):
    ask_for_person.request(told.public_id, told.visitor, wanted=True)
    wished = collected()
    ask_for_person.request(told.public_id, told.visitor, wanted=False)

    assert wished == {(told.reply.pk, Source.HANDOFF, 0.0)}
    assert collected() == set()


@pytest.mark.parametrize(
    ("following", "cheap"),
    [("When are you open, please?", 0.0), ("Do you ship to Norway by any chance?", 1.0)],
)
def test_what_is_asked_next_tells_whether_the_answer_did(told, following, cheap):
    answer = told.reply.pk
    told.asks(following).answered()
    turn = Turn(following, earlier=("When are you open?",))
    decisions.decide(told.reply.reference, turn, policies.current())

    assert collected() == {(answer, Source.FOLLOW_UP, cheap)}


def test_the_verifiers_doubt_is_an_opinion(told):
    AnswerCheck.objects.create(
        reference=told.reply.reference,
        call=told.reply.charge_reference,
        doubt=0.75,
        threshold=0.6,
        verifier="first day",
        findings=[],
        features={},
        outcome="failed",
    )

    assert collected() == {(told.reply.pk, Source.VERDICT, 0.25)}


def test_what_judges_said_stays(told):
    labels.add(told.reply.pk, Source.JUDGED, cheap=0.4, strong=0.9)

    assert collected() == {(told.reply.pk, Source.JUDGED, 0.4)}


def test_an_old_conversation_keeps_its_labels(told):
    give(told, Rating.BAD)
    collected()
    told.conversation.__class__.objects.update(active_at=timezone.now() - timedelta(days=9))

    assert collected() == {(told.reply.pk, Source.RATING, 0.0)}


def test_many_replies_take_few_queries(told, django_assert_max_num_queries):
    for number in range(12):
        Told(visitor=f"{number}").asks().answered()
    assert RouteDecision.objects.count() == 13

    with django_assert_max_num_queries(14):
        collected()
