"""The judge's rubric in the admin: written anew as a version, read, and returned to."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from chatsite.quality.errors import NothingChanged
from chatsite.quality.judges import rubric, rubric_versions
from chatsite.quality.models import JudgeTrust, QualityLabel, Rubric
from routing import score_display
from routing.admin.written_by_code_admin import WrittenByCode

JUDGED = (
    QualityLabel.objects.filter(source=QualityLabel.Source.JUDGED, rubric=OuterRef("version"))
    .order_by()
    .values("rubric")
)
TRUST = JudgeTrust.objects.filter(id=OuterRef("version"))


class RubricForm(forms.ModelForm[Rubric]):
    class Meta:
        model = Rubric
        fields = ("text", "reason")
        widgets = {"text": forms.Textarea(attrs={"rows": 22, "cols": 90})}

    def clean_text(self) -> str:
        text = "\n".join(self.cleaned_data["text"].splitlines()).strip()
        if text == rubric_versions.in_force().text:
            raise forms.ValidationError("These criteria are in force already.")
        return text


class RubricAdmin(WrittenByCode):
    form = RubricForm
    list_display = ["version", "status", "reason", "by", "created_at", "judged", "agreement"]
    list_select_related = ["author"]
    when_empty = "No answer has been judged yet. The shipped rubric is stored with the first."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rubric]:
        number = Subquery(JUDGED.annotate(number=Count("pk")).values("number"))
        found: QuerySet[Rubric] = super().get_queryset(request)
        return found.annotate(
            judgements=Coalesce(number, 0),
            kappa=Subquery(TRUST.values("kappa")),
            pairs=Subquery(TRUST.values("pairs")),
        )

    def get_fields(self, request: HttpRequest, obj: Rubric | None = None) -> Any:
        if obj is None:
            return ["text", "reason"]
        return ["is_current", "text", "always", "reason", "by", "created_at", "chosen", "judged"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"text": rubric_versions.in_force().text}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rubric_versions.in_force()  # which is stored by now
        subtitle = (
            "The criteria by which the nightly judge grades. Each change makes a new version."
        )
        context = {"title": "The judge's rubric", "subtitle": subtitle, **(extra_context or {})}
        return super().changelist_view(request, context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": "Change the judge's rubric",
            "always": rubric.ALWAYS,
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            **(extra_context or {}),
        }
        return super().add_view(request, form_url, context)

    def save_model(self, request: HttpRequest, obj: Rubric, form: Any, change: bool) -> None:
        adopted = rubric_versions.adopt(obj.text, request.user, obj.reason)
        obj.pk, obj.version = adopted.pk, adopted.version

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_POST(self.return_to_version))
        return [path("<int:pk>/return/", page, name="quality_rubric_return"), *super().get_urls()]

    def return_to_version(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        version = get_object_or_404(Rubric, pk=pk)
        try:
            rubric_versions.return_to(version, request.user)
        except NothingChanged as error:
            self.message_user(request, f"{error}.", messages.WARNING)
        else:
            self.log_change(request, version, "Put in force again.")
            words = f"{version} is in force. All answers from now on are judged by it."
            self.message_user(request, words, messages.SUCCESS)
        return redirect(reverse("admin:quality_rubric_changelist"))

    @admin.display(description="")
    def status(self, version: Rubric) -> str:
        return "✓ in force" if version.is_current else ""

    @admin.display(description="by", ordering="author")
    def by(self, version: Rubric) -> str:
        return "the product" if version.is_shipped else str(version.author or "a deleted account")

    @admin.display(description="put in force")
    def chosen(self, version: Rubric) -> str:
        if version.chosen_at is None:
            return "when it was first used"
        return f"{version.chosen_at:%Y-%m-%d %H:%M} by {version.chosen_by or 'a deleted account'}"

    @admin.display(description="always added")
    def always(self, version: Rubric) -> str:
        return rubric.ALWAYS

    @admin.display(description="answers judged")
    def judged(self, version: Rubric) -> int:
        return int(vars(version)["judgements"])

    @admin.display(description="agreement with staff (kappa)")
    def agreement(self, version: Rubric) -> str:
        known = vars(version)
        if known["kappa"] is None or known["pairs"] < JudgeTrust.FEWEST:
            return f"not known yet ({known['pairs'] or 0} of {JudgeTrust.FEWEST} answers)"
        return f"{score_display.probability(known['kappa'])} on {known['pairs']} answers"
