"""What the database refuses of conversations, whoever asks."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chatsite.chat.models import (
    Attachment,
    CannedAnswer,
    Conversation,
    Handling,
    Message,
    ScoringShare,
    Summary,
)

LATER = timezone.now() + timedelta(minutes=1)
WRITING = {"state": "writing", "lease_until": LATER, "deadline": LATER}
SHARE = {"call": "score:1:1", "reply": "reply:1", "attempt": 1, "part": 0, "parts": 2}


@pytest.fixture
def conversation(db) -> Conversation:
    return Conversation.objects.create(visitor="v" * 64)


def reply(conversation: Conversation, **otherwise: object) -> Message:
    values = {"position": 1, "role": "assistant", "text": "At nine."}
    return Message.objects.create(conversation=conversation, **(values | otherwise))


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"role": "customer", **WRITING}, "chat_only_replies_are_jobs"),
        ({"role": "staff", "state": "cancelled"}, "chat_only_replies_are_jobs"),
        (WRITING | {"lease_until": None}, "chat_a_lease_while_writing"),
        ({"lease_until": LATER}, "chat_a_lease_while_writing"),
        (WRITING | {"deadline": None}, "chat_open_replies_have_a_deadline"),
        ({"state": "pending"}, "chat_open_replies_have_a_deadline"),
        ({"state": "failed"}, "chat_a_failure_has_a_reason"),
        ({"state": "cut"}, "chat_a_failure_has_a_reason"),
        ({"draft": "At ten."}, "chat_a_draft_has_a_stage"),
        ({"rating": 2}, "chat_only_complete_answers_are_rated"),
        ({"rating": 1, "role": "staff"}, "chat_only_complete_answers_are_rated"),
        ({"rating": -1, "state": "cancelled"}, "chat_only_complete_answers_are_rated"),
    ],
)
def test_a_message_that_cannot_be_is_refused(
    conversation, wrong: Mapping[str, object], constraint: str
):
    with refused(constraint), transaction.atomic():
        reply(conversation, **wrong)


@pytest.mark.parametrize("right", [{}, WRITING, {"state": "failed", "failure": "late"}])
def test_what_these_rules_are_broken_from_is_kept(conversation, right):
    assert reply(conversation, **right).pk


def test_a_position_is_one_messages(conversation):
    reply(conversation)

    with refused("chat_one_message_per_position|UNIQUE.*position"), transaction.atomic():
        reply(conversation)


def test_a_client_id_is_one_messages(conversation):
    client_id = uuid.uuid4()
    reply(conversation, role="customer", client_id=client_id)

    with refused("chat_one_message_per_client_id|UNIQUE.*client_id"), transaction.atomic():
        reply(conversation, role="customer", position=2, client_id=client_id)


def test_a_conversation_has_one_open_reply(conversation):
    reply(conversation, **WRITING)

    with refused("chat_one_open_reply|UNIQUE.*conversation_id"), transaction.atomic():
        reply(conversation, position=2, state="pending", deadline=LATER)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"reply": "reply:2"}, "chat_one_reply_per_part|UNIQUE.*part"),
        ({"part": 1}, "chat_one_scoring_call_per_attempt|UNIQUE.*attempt"),
        ({"reply": "reply:2", "part": 2}, "chat_a_part_of_the_parts"),
    ],
)
def test_a_share_of_a_call_that_cannot_be_is_refused(db, wrong, constraint):
    ScoringShare.objects.create(**SHARE)

    with refused(constraint), transaction.atomic():
        ScoringShare.objects.create(**(SHARE | wrong))


def test_a_reply_is_prepared_in_a_known_way(conversation):
    with refused("chat_canned_kind_is_known"), transaction.atomic():
        CannedAnswer.objects.create(
            reply=reply(conversation), kind="guessed", task_type="t", similarity=1, recognised_by=""
        )


def test_a_summary_says_something(conversation):
    with refused("chat_a_summary_says_something"), transaction.atomic():
        Summary.objects.create(conversation=conversation, text="", revision=1)


@pytest.mark.parametrize(
    "wrong", [{"satisfaction": 1}, {"satisfaction": 2, "satisfaction_at": LATER}]
)
def test_a_conversation_is_good_or_bad_at_some_time(conversation, wrong: Mapping[str, object]):
    with refused("chat_satisfaction_is_good_or_bad"), transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(**wrong)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({}, "chat_one_open_handling|chat_handling.conversation_id"),
        ({"ended_at": LATER}, "chat_a_handling_ends_somehow"),
        ({"end": "resolved"}, "chat_a_handling_ends_somehow"),
    ],
)
def test_people_handle_a_conversation_once_at_a_time(
    conversation, wrong: Mapping[str, object], constraint: str
):
    if not wrong:
        conversation.handlings.create(begun_at=LATER)

    with refused(constraint), transaction.atomic():
        Handling.objects.create(conversation=conversation, begun_at=LATER, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "image", "width": 4},
        {"kind": "image", "width": 4, "height": 3, "text": "x"},
        {"kind": "pdf"},
    ],
    ids=str,
)
def test_an_attachment_is_an_image_or_a_pdf(db, wrong):
    with refused("chat_attachments_are_images_or_pdf"), transaction.atomic():
        Attachment.objects.create(size=1, name="x", file="x", **wrong)
