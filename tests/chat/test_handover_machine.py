"""Whatever a customer and two members of staff do, in any order: a conversation has one voice."""

import os
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chatsite.chat.actions import (
    ask_for_person,
    end_reply,
    hand_back,
    resolve_or_snooze,
    staff_reply,
    take_over,
)
from chatsite.chat.errors import WithColleague
from chatsite.chat.models import Conversation, Message
from tests.chat.told import Told, prices

STAFF = st.integers(0, 1)
# Of 20 steps each; HANDOVERS=500 takes minutes.
HANDOVERS = int(os.environ.get("HANDOVERS", "25"))


class Handover(RuleBasedStateMachine):
    """The verbs of customer, worker and staff; `model` is what must be true after each."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Told(public_id=uuid.uuid4()).asks("Hello?")
        self.people = list(User.objects.order_by("id")[:2])
        self.handler: int | None = None
        self.wanted = False
        self.resolved = False

    @property
    def conversation(self) -> Conversation:
        return self.told.conversation

    @rule()
    def the_customer_writes(self):
        self.told.asks("And on Sundays?")
        self.resolved = False

    @rule(wanted=st.booleans())
    def the_customer_asks_for_a_person_or_cancels(self, wanted):
        ask_for_person.request(self.told.public_id, self.told.visitor, wanted)
        if self.handler is None:
            self.wanted = wanted
            self.resolved = self.resolved and not wanted

    @rule()
    def a_worker_begins_and_ends_an_answer(self):
        reply = self.conversation.messages.open().first()
        if reply:
            end_reply.end(reply, Message.State.COMPLETE, text="From nine to five.")

    @rule(person=STAFF)
    def staff_take_over(self, person):
        take_over.conversation(self.conversation.pk, self.people[person])
        self.handler, self.resolved = person, False

    @rule(person=STAFF)
    def staff_write(self, person):
        said = self.conversation.messages.filter(role="staff").count()
        try:
            staff_reply.send(self.conversation.pk, self.people[person], "Hello.", uuid.uuid4())
        except WithColleague:
            assert self.handler == 1 - person
            assert self.conversation.messages.filter(role="staff").count() == said
        else:
            assert self.handler in {None, person}
            self.handler, self.resolved = person, False

    @rule()
    def staff_hand_back(self):
        before = self.conversation.messages.count()
        hand_back.to_assistant(self.conversation.pk)
        assert self.conversation.messages.count() == before
        if self.handler is not None:
            self.handler, self.wanted = None, False

    @rule()
    def staff_resolve(self):
        resolve_or_snooze.resolve(self.conversation.pk)
        self.handler, self.wanted, self.resolved = None, False, True

    @rule()
    def staff_reopen(self):
        resolve_or_snooze.reopen(self.conversation.pk)
        self.resolved = False

    @rule(minutes=st.integers(1, 600))
    def staff_snooze(self, minutes):
        resolve_or_snooze.snooze(self.conversation.pk, timezone.now() + timedelta(minutes=minutes))

    @invariant()
    def it_has_one_voice(self):
        """P9: while a person answers, the assistant owes nothing."""
        still_open = self.conversation.messages.open().count()
        assert still_open <= (0 if self.handler is not None else 1)

    @invariant()
    def it_stands_as_was_decided(self):
        seen = self.conversation
        assert seen.handled_by_id == (
            None if self.handler is None else self.people[self.handler].pk
        )
        assert (seen.wants_person_since is not None) == self.wanted
        assert (seen.resolved_at is not None) == self.resolved

    @invariant()
    def positions_and_revision_only_grow(self):
        positions = list(self.conversation.messages.values_list("position", flat=True))
        assert positions == sorted(set(positions))
        assert not positions or positions[-1] <= self.conversation.revision


@pytest.mark.django_db
def test_five_hundred_steps_in_any_order_leave_one_voice():
    prices()
    for name in ("nora", "olga"):
        User.objects.create_user(name, is_staff=True)
    run_state_machine_as_test(
        Handover,
        settings=settings(
            max_examples=HANDOVERS,
            stateful_step_count=20,
            phases=[Phase.generate],  # a failure is shrunk by hand: each step is transactions
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
