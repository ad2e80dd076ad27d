"""Tests and their sets in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html

from chatsite.answer_tests.models import Case, CaseSet, Result


@admin.register(CaseSet)
class CaseSetAdmin(admin.ModelAdmin[CaseSet]):
    when_empty = "No test set yet. A set holds tests that are run together."
    list_display = ["name", "tests", "guards"]
    list_filter = ["guards"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaseSet]:
        return super().get_queryset(request).annotate(number=Count("cases"))

    @admin.display(ordering="number")
    def tests(self, tests: CaseSet) -> int:
        return int(vars(tests)["number"])


@admin.register(Case)
class CaseAdmin(admin.ModelAdmin[Case]):
    when_empty = "No test yet. Add one here, import a file, or add an answer from a conversation."
    list_display = ["__str__", "set", "expects", "last_result"]
    list_filter = ["set", "tier", "language"]
    list_select_related = ["set"]
    search_fields = ["question", "must_say"]
    sortable_by = ["set"]
    fieldsets = [
        (None, {"fields": ["set", "question", "earlier"]}),
        (
            "The answer",
            {
                "fields": [
                    "must_say",
                    "must_not_say",
                    "sources",
                    ("tier", "person", "language"),
                ],
                "description": "Blank fields are not checked.",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        newest = Result.objects.filter(case=OuterRef("pk"), side=Result.Side.NOW)
        ended = newest.exclude(state=Result.State.WAITING).order_by("-id")
        last = Subquery(ended.values("state")[:1])
        return super().get_queryset(request).annotate(last_state=last)

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        # Once a person has read and saved it, it no longer depends on the answer.
        obj.reply = None
        super().save_model(request, obj, form, change)

    @admin.display(description="the answer must")
    def expects(self, case: Case) -> str:
        wanted = case.wanted
        parts = [f"say {', '.join(wanted.must_say)}" if wanted.must_say else ""]
        parts.append(f"not say {', '.join(wanted.must_not_say)}" if wanted.must_not_say else "")
        parts.append(f"come from the {wanted.tier} model" if wanted.tier else "")
        if wanted.person is not None:
            parts.append("offer a person" if wanted.person else "not offer a person")
        return "; ".join(filter(None, parts))[:160]

    @admin.display(description="last result")
    def last_result(self, case: Case) -> str:
        state = vars(case)["last_state"]
        if not state:
            return "not run yet"
        return format_html('<span data-result="{}">{}</span>', state, state)
