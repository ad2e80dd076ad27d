"""The team is told that a customer waits: by mail, once, and others if nobody comes."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from chatsite.business_hours.models import OpeningHours, TeamCalendar
from chatsite.chat.actions import ask_for_person, take_over
from chatsite.chat.models import Conversation
from chatsite.inbox import notify, tasks
from chatsite.inbox.models import Notice, TeamNotifications
from tests.chat.told import Told


@pytest.fixture
def team(db) -> TeamNotifications:
    return TeamNotifications.objects.create(
        emails="desk@shop.example\nnora@shop.example",
        escalate_after=10,
        escalation_emails="boss@shop.example",
    )


@pytest.fixture
def waiting(team, told: Told) -> Told:
    ask_for_person.request(told.public_id, told.visitor, True)
    return told


def waits_since(told: Told, moment: datetime) -> None:
    Conversation.objects.update(wants_person_since=moment)


def test_a_request_is_mailed_to_the_team_once(waiting, mailoutbox, settings):
    tasks.tell_team()
    tasks.tell_team()

    (mail,) = mailoutbox
    assert mail.to == ["desk@shop.example", "nora@shop.example"]
    assert "A customer asks for a person" in mail.subject
    assert f"/inbox/{waiting.conversation.pk}/" in mail.body
    assert "My pen leaks." in mail.body
    assert Notice.objects.get().state == Notice.State.SENT


def test_a_second_request_is_told_again(waiting, mailoutbox):
    tasks.tell_team()
    ask_for_person.request(waiting.public_id, waiting.visitor, False)
    ask_for_person.request(waiting.public_id, waiting.visitor, True)
    tasks.tell_team()

    assert len(mailoutbox) == 2


def test_others_are_told_when_nobody_comes(waiting, mailoutbox):
    tasks.tell_team()
    waits_since(waiting, timezone.now() - timedelta(minutes=9))
    tasks.tell_team()
    assert [mail.to for mail in mailoutbox if "Nobody" in mail.subject] == []

    waits_since(waiting, timezone.now() - timedelta(minutes=11))
    tasks.tell_team()

    assert [mail.to for mail in mailoutbox if "Nobody" in mail.subject] == [["boss@shop.example"]]


def test_at_night_nobody_is_woken_and_the_wait_begins_in_the_morning(waiting):
    TeamCalendar.objects.create(time_zone="UTC")
    OpeningHours.objects.create(weekday=0, opens=time(9), closes=time(17))
    waits_since(waiting, datetime(2026, 3, 2, 3, tzinfo=UTC))

    def escalated(hour: int, minute: int) -> bool:
        notify.look(datetime(2026, 3, 2, hour, minute, tzinfo=UTC))
        return Notice.objects.filter(kind=Notice.Kind.ESCALATED).exists()

    assert not escalated(4, 0)
    assert not escalated(9, 9)
    assert escalated(9, 10)


def test_who_is_answered_by_then_is_not_announced(waiting, nora, mailoutbox):
    notify.look(timezone.now())
    take_over.conversation(waiting.conversation.pk, nora)

    notify.deliver(timezone.now())

    assert mailoutbox == []
    assert Notice.objects.get().state == Notice.State.NOT_NEEDED


def test_without_anybody_to_tell_nothing_is_owed(waiting):
    TeamNotifications.objects.all().delete()

    tasks.tell_team()

    assert not Notice.objects.exists()


def test_what_is_no_address_is_refused(team):
    team.emails = "desk@shop.example\nnora"

    with pytest.raises(ValidationError, match="nora is not an e-mail address"):
        team.full_clean()
