"""Kept answers in the admin: what is given again, how often, and what that has saved."""

from typing import Any

from django.contrib import admin
from django.db.models import (
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from billing import money
from chatsite.chat.models import CannedAnswer, Message, SavedAnswer
from chatsite.knowledge import current_search_index
from routing.models import RouteDecision, Trial

# Characters of a question on a line of the list.
SHOWN = 90


class SavedAnswerAdmin(admin.ModelAdmin[SavedAnswer]):
    """Saved and given again by the site itself; an operator can only delete one."""

    when_empty = "No saved answers yet. Answers are saved for task types that allow it."
    list_display = ["question", "task_type", "status", "hits", "saved", "cost_each", "saved_at"]
    list_filter = ["task_type"]
    date_hierarchy = "saved_at"
    search_fields = ["reply__conversation__messages__text"]
    search_help_text = "Words from the question or the answer"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = [
        "question",
        "answer",
        "task_type",
        "status",
        "hits",
        "hit_at",
        "saved",
        "cost_each",
        "saved_at",
        "conversation",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedAnswer]:
        asked = Message.objects.filter(
            conversation=OuterRef("reply__conversation"),
            role=Message.Role.CUSTOMER,
            position__lt=OuterRef("reply__position"),
        ).order_by("position")
        reference = Concat(Value("reply:"), Cast(OuterRef("reply"), CharField()))
        tried = Trial.objects.running().filter(kind=Trial.Kind.AB).values("policy")
        of_other_policy = RouteDecision.objects.filter(reference=reference).exclude(
            Q(policy__is_current=True) | Q(policy__in=tried)
        )
        found = super().get_queryset(request).select_related("reply__conversation")
        return found.annotate(
            asked=Subquery(asked.values("text")[:1]),
            is_of_now=Q(knowledge__in=current_search_index.editions()),
            of_other_policy=Exists(of_other_policy),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        given = CannedAnswer.objects.filter(kind=CannedAnswer.Kind.SAVED)
        totals = given.aggregate(times=Count("id"), saved=Coalesce(Sum("saved"), 0))
        approved = CannedAnswer.objects.filter(kind=CannedAnswer.Kind.APPROVED).count()
        context = {
            "given": totals["times"],
            "saved": money.shown(totals["saved"]),
            "approved": approved,
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    @admin.display(description="question")
    def question(self, answer: SavedAnswer) -> str:
        return Truncator(str(vars(answer)["asked"])).chars(SHOWN)

    @admin.display(description="answer")
    def answer(self, answer: SavedAnswer) -> SafeString:
        return answer.reply.html

    @admin.display(description="status")
    def status(self, answer: SavedAnswer) -> str:
        if answer.reply.rating == Message.Rating.BAD:
            return "rated not helpful: not used"
        if not vars(answer)["is_of_now"]:
            return "articles have changed: not used"
        return "policy has changed: not used" if vars(answer)["of_other_policy"] else "in use"

    @admin.display(description="saved", ordering="hits")
    def saved(self, answer: SavedAnswer) -> str:
        return money.shown(answer.saved)

    @admin.display(description="original cost", ordering="cost")
    def cost_each(self, answer: SavedAnswer) -> str:
        return money.shown(answer.cost)

    @admin.display(description="conversation")
    def conversation(self, answer: SavedAnswer) -> SafeString:
        conversation = answer.reply.conversation
        address = reverse("admin:chat_conversation_change", args=[conversation.pk])
        return format_html('<a href="{}">{}</a>', address, conversation)
