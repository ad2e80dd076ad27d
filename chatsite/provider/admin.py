"""The provider's models in the admin; only the day on which one ends is anybody's to edit."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import formats, timezone

from chatsite.provider import refused_parameters
from chatsite.provider.model_choice import model_page, successors
from chatsite.provider.models import ProviderModel, Reading
from routing import policies


class Listed(admin.SimpleListFilter):
    title = "listed"
    parameter_name = "listed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        listed = {"listed_at__isnull": False, "missing_since": None}
        match self.value():
            case "yes":
                return queryset.filter(**listed)
            case "no":
                return queryset.exclude(**listed)
        return queryset


@admin.register(ProviderModel)
class ProviderModelAdmin(admin.ModelAdmin[ProviderModel]):
    list_display = ["name", "used_as", "status", "tokens", "shuts_down_on", "asked_otherwise"]
    list_filter = [Listed]
    search_fields = ["name"]
    ordering = ["name"]
    show_facets = admin.ShowFacets.NEVER
    fields = [
        "name",
        "context",
        "image_tokens",
        "shuts_down_on",
        "used_as",
        "status",
        "asked_otherwise",
        "listed_at",
        "missing_since",
    ]
    readonly_fields = ["used_as", "status", "asked_otherwise", "listed_at", "missing_since"]
    actions = ["ask_as_documented"]

    def has_delete_permission(self, request: HttpRequest, obj: ProviderModel | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        adopt = self.admin_site.admin_view(model_page.adopt)
        return [
            path("adopt/", adopt, name="provider_providermodel_adopt"),
            *super().get_urls(),
        ]

    @admin.display(description="context (tokens)", ordering="context")
    def tokens(self, model: ProviderModel) -> str:
        return f"{model.context:,}" if model.context else "-"

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderModel | None = None) -> Any:
        return self.readonly_fields if obj is None else ["name", *self.readonly_fields]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": "The provider's models",
            "subtitle": None,
            "reading": _reading(),
            "comparison": model_page.context(request),
        }
        # The comparison's choice is no filter of the list.
        given = request.GET.copy()
        for name in ("cheap", "strong"):
            given.pop(name, None)
        request.GET = given  # type: ignore[assignment]  # a copy may be changed
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="used for")
    def used_as(self, model: ProviderModel) -> str:
        policy = policies.current()
        names = ("cheap_model", "cheap_successor", "strong_model", "strong_successor")
        slots = [name.replace("_", " ") for name in names if getattr(policy, name) == model.name]
        return ", ".join(slots) or "-"

    @admin.display(description="status")
    def status(self, model: ProviderModel) -> str:
        now = timezone.now()
        if model.is_gone(now):
            return "gone"
        if model.paused_until is not None:
            return f"paused after {model.failures} failures"
        return "listed" if model.listed_at else "not checked yet"

    @admin.display(description="changed requests")
    def asked_otherwise(self, model: ProviderModel) -> str:
        """What it refused of a request, and what is done about it."""
        return "; ".join(refused_parameters.in_words(model)) or "-"

    @admin.action(description="Send all fields again", permissions=["change"])
    def ask_as_documented(self, request: HttpRequest, queryset: QuerySet[ProviderModel]) -> None:
        changed = refused_parameters.forget(queryset)
        self.message_user(request, f"All fields are sent to {changed} models again.")


def _reading() -> str:
    """When the list was read last, and what came of it."""
    newest = Reading.objects.first()
    if newest is None:
        return "The provider's list has not been read yet. A worker reads it when it starts."
    when = formats.date_format(timezone.localtime(newest.read_at), "DATETIME_FORMAT")
    return successors.unread(newest) or f"Read on {when}: {newest.listed} models."
