"""What was decided, before an answer and after it."""

from django.contrib import admin
from django.http import HttpRequest

from routing import score_display
from routing.admin.written_by_code_admin import WrittenByCode
from routing.models import AnswerCheck, RouteDecision


@admin.register(RouteDecision)
class RouteDecisionAdmin(WrittenByCode):
    list_display = ["reference", "tier", "points", "needed", "reason", "decided_at"]
    # Neither Django's date_hierarchy nor a filter by analyzer: both read every decision.
    list_filter = ["tier", "policy", "decided_at"]
    # Those that have an index.
    sortable_by = ["reference", "decided_at"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["reference__exact", "reason"]
    search_help_text = "Reference of a reply, such as reply:12, or words from a reason"
    list_select_related = ["policy"]
    # Counting a large table for each page costs more than the page.
    show_full_result_count = False
    fields = [
        "reference",
        "tier",
        "points",
        "needed",
        "analyzer",
        "policy",
        "reason",
        "moves",
        "flip",
        "detour",
        "left_out",
        "seen",
        "decided_at",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="score")
    def points(self, decision: RouteDecision) -> str:
        return score_display.score(decision.score)

    @admin.display(description="threshold")
    def needed(self, decision: RouteDecision) -> str:
        return score_display.score(decision.threshold)

    @admin.display(description="what moved the score")
    def moves(self, decision: RouteDecision) -> str:
        return "; ".join(f"{name} {points:+g}" for name, points in decision.moved) or "nothing"

    @admin.display(description="other tier")
    def flip(self, decision: RouteDecision) -> str:
        return decision.flip or "The score did not decide the tier."

    @admin.display(description="measured features")
    def seen(self, decision: RouteDecision) -> str:
        return "; ".join(f"{name}: {_in_words(value)}" for name, value in decision.features.items())


@admin.register(AnswerCheck)
class VerdictAdmin(WrittenByCode):
    list_display = ["call", "doubted", "needed", "reason", "outcome", "checked_at"]
    # As for decisions: neither a date_hierarchy nor a filter by verifier.
    list_filter = ["outcome", "checked_at"]
    sortable_by = ["doubted", "checked_at"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["reference__exact"]
    search_help_text = "Reference of a reply, such as reply:12"
    show_full_result_count = False
    fields = ["call", "reason", "outcome", "verifier", "moved", "measured", "checked_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="doubt", ordering="doubt")
    def doubted(self, verdict: AnswerCheck) -> str:
        return score_display.probability(verdict.doubt, beside=verdict.threshold)

    @admin.display(description="threshold")
    def needed(self, verdict: AnswerCheck) -> str:
        return score_display.probability(verdict.threshold)

    @admin.display(description="findings, in points of ten")
    def moved(self, verdict: AnswerCheck) -> str:
        return "; ".join(f"{name}: {points:+g}" for name, points in verdict.findings) or "nothing"

    @admin.display(description="measured features")
    def measured(self, verdict: AnswerCheck) -> str:
        return "; ".join(f"{name}: {value:g}" for name, value in verdict.features.items())


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
