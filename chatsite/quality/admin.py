"""Improvements for operators to accept or reject, and the labels behind them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from chatsite.quality.errors import Decided, Stale
from chatsite.quality.labels import FIRM
from chatsite.quality.learning import improvement_proposals, proposal_summary
from chatsite.quality.learning.training_results import LEAST_LABELS
from chatsite.quality.models import Proposal, QualityLabel, Rubric
from chatsite.quality.rubric_admin import RubricAdmin
from routing import policies
from routing.admin import WrittenByCode
from routing.models import LearnedModel

admin.site.register(Rubric, RubricAdmin)


@admin.register(Proposal)
class ProposalAdmin(WrittenByCode):
    list_display = ["made_at", "what", "how", "ranking", "labels", "state", "decided"]
    list_filter = ["state", "learned__kind"]
    list_select_related = ["learned", "decided_by"]
    date_hierarchy = "made_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("quality.decide_proposal")

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"quality_proposal_{name}",
            )
            for name, view in {"accept": self.accept, "reject": self.reject}.items()
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        so_far = QualityLabel.objects.filter(weight__gte=FIRM).values("reply").distinct().count()
        context = {
            "title": "Improvements to review",
            "subtitle": f"{so_far:,} replies are labelled so far. From {LEAST_LABELS} on, a better "
            "model is proposed at night. It is used only after somebody has accepted it.",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = Proposal.objects.select_related("learned", "against", "policy", "decided_by")
        if not object_id.isdecimal():
            raise Http404
        proposal = get_object_or_404(found, pk=object_id)
        in_force = policies.current()
        context = {
            **(extra_context or {}),
            "title": str(proposal),
            "subtitle": "",
            "proposal": proposal,
            "is_open": proposal.state == Proposal.State.OPEN,
            "is_stale": improvement_proposals.is_stale(proposal, in_force),
            "may_decide": self.has_decide_permission(request),
            "sentences": proposal_summary.sentences(proposal, in_force),
            "table": proposal_summary.table(proposal),
            "draft": _draft(proposal),
            "is_measured": proposal_summary.is_measured(proposal),
            "measured_on": proposal_summary.measured_on(proposal),
        }
        return super().change_view(request, object_id, form_url, context)

    def accept(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        try:
            policy = improvement_proposals.accept(pk, request.user)
        except Proposal.DoesNotExist as error:
            raise Http404 from error
        except (Decided, Stale) as error:
            self.message_user(request, f"{error}. Nothing was changed.", messages.WARNING)
            return self._back(pk)
        proposal = get_object_or_404(Proposal, pk=pk)
        self.log_addition(request, policy, policy.reason)
        self.log_change(request, proposal, f"Accepted: {policy}.")
        self.message_user(
            request,
            f"{policy} is in force: {'; '.join(policy.changes)}. You can go back on its page.",
            messages.SUCCESS,
        )
        return self._back(pk)

    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        try:
            proposal = improvement_proposals.reject(pk, request.user)
        except Proposal.DoesNotExist as error:
            raise Http404 from error
        except Decided as error:
            self.message_user(request, f"{error}. Nothing was changed.", messages.WARNING)
            return self._back(pk)
        self.log_change(request, proposal, "Rejected.")
        self.message_user(request, "Rejected. The model in use stays.", messages.SUCCESS)
        return self._back(pk)

    @staticmethod
    def _back(pk: int) -> HttpResponse:
        return redirect(reverse("admin:quality_proposal_change", args=[pk]))

    @admin.display(description="what", ordering="learned__kind")
    def what(self, proposal: Proposal) -> str:
        return proposal.learned.get_kind_display()

    @admin.display(description="ranking (APGR)")
    def ranking(self, proposal: Proposal) -> str:
        ranking = proposal_summary.table(proposal)[0]
        if not proposal_summary.is_measured(proposal):
            return "not measured"
        return f"{ranking.learned}, in force {ranking.in_force}"

    @admin.display(description="labels", ordering="learned__labels")
    def labels(self, proposal: Proposal) -> int:
        return proposal.learned.labels

    @admin.display(description="decided", ordering="decided_at")
    def decided(self, proposal: Proposal) -> str:
        return f"by {proposal.decided_by}" if proposal.decided_by else ""


def _draft(proposal: Proposal) -> dict[str, str]:
    """What the next version's form is filled in with, so that it can be tried from there."""
    model, threshold = improvement_proposals.SETTINGS[LearnedModel.Kind(proposal.learned.kind)]
    return {model: str(proposal.learned_id), threshold: str(proposal.threshold)}


@admin.register(QualityLabel)
class LabelAdmin(WrittenByCode):
    when_empty = (
        "No labels yet. Every night, ratings and what customers do after an answer become labels."
    )
    SHOWN = (
        "conversation",
        "source",
        "cheap",
        "strong",
        "weight",
        "confidence",
        "rubric",
        "said_at",
    )
    list_display = SHOWN
    # The first column leads to the conversation, and a link in a link leads nowhere.
    list_display_links = ["source"]
    # Django's date_hierarchy asks every label for its month.
    list_filter = ["source", "said_at"]
    # What has an index.
    sortable_by = ["said_at"]
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ["reply"]
    show_full_result_count = False
    fields = SHOWN

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="reply")
    def conversation(self, label: QualityLabel) -> str:
        page = reverse("admin:chat_conversation_change", args=[label.reply.conversation_id])
        return format_html(
            '<a href="{}#message-{}">{}</a>', page, label.reply_id, label.reply.reference
        )
