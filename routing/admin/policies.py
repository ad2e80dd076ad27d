"""The policy's versions: the history, and the form of the next one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from routing import policies
from routing.admin.written_by_code_admin import WrittenByCode
from routing.errors import NothingChanged, Overtaken
from routing.models import Policy

# How a version's settings are shown and asked for.
_SETTINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "Choosing the model",
        {
            "fields": [
                "threshold",
                "analyzer",
                "band",
                "score_wait",
                "learned_analyzer",
                "criteria",
            ],
            "description": "The score says how likely it is that a cheap answer is not good "
            "enough. 1: it is good enough. 10: it is not.",
        },
    ),
    (
        "Answer check",
        {
            "fields": [
                "doubt_threshold",
                "claims_band",
                "learned_verifier",
                "doubted_answers",
                "unconfirmed_text",
                "unchecked_answers",
                "link_hosts",
            ],
            "description": "Every finished answer is checked on this server. "
            "Does it answer the question? Do the articles support it? Is it in "
            "the customer's language? If a cheap answer is doubted and the "
            "budgets allow it, the strong model writes it again. Meanwhile the "
            "customer sees that the answer is being checked.",
        },
    ),
    ("Cheap model", {"fields": ["cheap_model", "cheap_successor", "cheap_output_limit"]}),
    ("Strong model", {"fields": ["strong_model", "strong_successor", "strong_output_limit"]}),
    ("Writing answers", {"fields": ["temperature", "call_seconds"]}),
    ("Searching articles", {"fields": ["embedding_model"]}),
)


# The button that stores a version without putting it in force.
TO_BE_TRIED = "_to_be_tried"


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # no [] at run time
    """The next version, begun from the one in force."""

    begun_from = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Policy
        fields = [*Policy.SETTINGS, "reason"]
        widgets = {
            "threshold": forms.NumberInput(attrs={"min": 1, "max": 11, "step": 0.1}),
            "band": forms.NumberInput(attrs={"min": 0, "max": 9, "step": 0.1}),
            "claims_band": forms.NumberInput(attrs={"min": 0, "max": 1, "step": 0.05}),
            "doubt_threshold": forms.NumberInput(attrs={"min": 0, "max": 1, "step": 0.05}),
            "temperature": forms.NumberInput(attrs={"min": 0, "max": 2, "step": 0.1}),
            "call_seconds": forms.NumberInput(attrs={"min": 5, "max": 80}),
            "cheap_output_limit": forms.NumberInput(attrs={"min": 16, "max": 4096}),
            "strong_output_limit": forms.NumberInput(attrs={"min": 16, "max": 4096}),
            "criteria": forms.Textarea(attrs={"rows": 12, "cols": 100}),
            "unconfirmed_text": forms.Textarea(attrs={"rows": 3, "cols": 80}),
            "link_hosts": forms.Textarea(attrs={"rows": 3, "cols": 40}),
            "reason": forms.TextInput(attrs={"size": 80}),
        }

    def clean_criteria(self) -> str:
        """Browsers send other line ends than were stored; that is no change."""
        criteria: str = self.cleaned_data["criteria"]
        return criteria.replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """Refuse to undo unseen what somebody else has just saved."""
        given: dict[str, Any] = super().clean() or {}
        try:
            in_force = policies.locked(given.get("begun_from"))
        except Overtaken as error:
            raise ValidationError(str(error)) from error
        for tier in ("cheap", "strong"):
            if given.get(f"{tier}_model") == given.get(f"{tier}_successor"):
                self.add_error(f"{tier}_successor", "A model cannot be its own successor.")
        if in_force and not self.errors and not Policy(**self._settings()).changes_from(in_force):
            raise ValidationError(f"Nothing was changed. {in_force} is already in force.")
        return given

    def _settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in Policy.SETTINGS}


@admin.register(Policy)
class PolicyAdmin(WrittenByCode):
    form = PolicyForm
    # No filters: a history is short, and its words need the width.
    list_display = [
        "version",
        "status",
        "threshold",
        "scored_by",
        "models",
        "what_changed",
        "reason",
        "saved",
    ]
    search_fields = ["reason", "cheap_model", "strong_model", "author__username"]
    date_hierarchy = "created_at"
    list_select_related = ["author", "replaces"]
    actions = ["return_to_selected"]

    def get_fieldsets(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        if obj is None:
            why = ("Why", {"fields": ["reason", "begun_from"]})
            return [*_SETTINGS, why]
        fields = ["version", "is_current", "all_changes", "reason", "author", "created_at"]
        return [("This version", {"fields": fields}), *_SETTINGS]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin from the settings in force; a link may propose others (`?threshold=6.5`)."""
        in_force = Policy.objects.in_force().first()
        if in_force is None:
            return {}
        settings = {name: getattr(in_force, name) for name in Policy.SETTINGS}
        proposed = super().get_changeform_initial_data(request)
        return {**settings, **proposed, "begun_from": in_force.version}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **(extra_context or {}),
            "title": "Change the policy",
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().add_view(request, form_url, context)

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        store = policies.propose if TO_BE_TRIED in request.POST else policies.adopt
        store(obj, request.user, obj.reason)

    def response_add(
        self, request: HttpRequest, obj: Policy, post_url_continue: str | None = None
    ) -> HttpResponse:
        """What is to be tried first leads to its page, and that to its effect."""
        if TO_BE_TRIED not in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, f"{obj} is stored and not in force.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:routing_policy_change", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_POST(self.return_to_version))
        return [path("<int:pk>/return/", page, name="routing_policy_return"), *super().get_urls()]

    def return_to_version(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button on an earlier version's page."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        self._return(request, get_object_or_404(Policy, pk=pk))
        return HttpResponseRedirect(reverse("admin:routing_policy_changelist"))

    @admin.action(description="Return to this version", permissions=["add"])
    def return_to_selected(self, request: HttpRequest, queryset: QuerySet[Policy]) -> None:
        chosen = list(queryset[:2])
        if len(chosen) == 1:
            self._return(request, chosen[0])
        else:
            self.message_user(request, "Select exactly one version.", messages.ERROR)

    def _return(self, request: HttpRequest, version: Policy) -> None:
        try:
            adopted = policies.return_to(version, request.user)
        except NothingChanged as error:
            self.message_user(request, f"{error}.", messages.WARNING)
            return
        self.log_addition(request, adopted, adopted.reason)
        words = f"{adopted} is in force: {'; '.join(adopted.changes)}."
        self.message_user(request, words, messages.SUCCESS)

    @admin.display(description="changed")
    def all_changes(self, version: Policy) -> str:
        return "\n".join(version.changes)

    @admin.display(description="")
    def status(self, version: Policy) -> str:
        return "✓ in force" if version.is_current else ""

    @admin.display(description="analyzer", ordering="analyzer")
    def scored_by(self, version: Policy) -> str:
        return version.analyzer

    @admin.display(description="cheap, strong model")
    def models(self, version: Policy) -> str:
        return f"{version.cheap_model}, {version.strong_model}"

    @admin.display(description="saved", ordering="created_at")
    def saved(self, version: Policy) -> str:
        when = formats.date_format(timezone.localtime(version.created_at), "DATETIME_FORMAT")
        return f"{when}, {version.author}" if version.author else when

    @admin.display(description="changed")
    def what_changed(self, version: Policy) -> str:
        """Rewritten criteria in short; the version's page has more of them."""
        return "; ".join(Truncator(change).chars(60) for change in version.changes)
