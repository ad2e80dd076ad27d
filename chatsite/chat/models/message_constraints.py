"""What the database holds of every message, and what it finds quickly."""

from django.db import models
from django.db.models import Q

CONSTRAINTS = [
    models.UniqueConstraint(
        fields=["conversation", "position"], name="chat_one_message_per_position"
    ),
    models.UniqueConstraint(
        fields=["conversation", "client_id"], name="chat_one_message_per_client_id"
    ),
    models.UniqueConstraint(
        fields=["conversation"],
        condition=Q(state__in=["pending", "writing"]),
        name="chat_one_open_reply",
    ),
    models.CheckConstraint(
        condition=Q(role="assistant") | Q(state="complete"),
        name="chat_only_replies_are_jobs",
    ),
    models.CheckConstraint(
        condition=Q(state="writing", lease_until__isnull=False)
        | (~Q(state="writing") & Q(lease_until__isnull=True)),
        name="chat_a_lease_while_writing",
    ),
    models.CheckConstraint(
        condition=Q(state__in=["pending", "writing"], deadline__isnull=False)
        | ~Q(state__in=["pending", "writing"]),
        name="chat_open_replies_have_a_deadline",
    ),
    models.CheckConstraint(
        condition=~Q(state__in=["cut", "failed"]) | ~Q(failure=""),
        name="chat_a_failure_has_a_reason",
    ),
    models.CheckConstraint(condition=Q(draft="") | ~Q(stage=""), name="chat_a_draft_has_a_stage"),
    models.CheckConstraint(
        condition=Q(rating__isnull=True)
        | Q(rating__in=[-1, 1], role="assistant", state="complete"),
        name="chat_only_complete_answers_are_rated",
    ),
]
INDEXES = [
    models.Index(
        fields=["due_at"],
        condition=Q(state__in=["pending", "writing"]),
        name="chat_open_replies",
    ),
    models.Index(
        fields=["ended_at"],
        condition=Q(ended_at__isnull=False),
        name="chat_answers_by_end",
    ),
    models.Index(
        fields=["conversation", "rating"],
        condition=Q(rating__isnull=False),
        name="chat_rated_answers",
    ),
    models.Index(
        fields=["conversation"],
        condition=Q(state__in=["cut", "failed"]),
        name="chat_failed_answers",
    ),
]
