"""The admin of this site: its apps in the order in which they are used."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin, ShowFacets
from django.contrib.admin.apps import SimpleAdminConfig
from django.http import HttpRequest
from django.utils.module_loading import import_string

from chatsite.staff.paging import FirstPages, IndexedList

# What is looked at every day first; an app that is not named here comes last.
APPS = [
    "shop",
    "chat",
    "inbox",
    "customer_mail",
    "business_hours",
    "widget",
    "api",
    "webhooks",
    "knowledge",
    "routing",
    "provider",
    "quality",
    "answer_tests",
    "summaries",
    "billing",
    "bills",
    "alerts",
    "offline",
    "auth",
    "account",
    "mfa",
    "usersessions",
    "staff",
]
MODELS = [
    "Conversation",
    "SavedAnswer",
    "CannedReply",
    "Article",
    "Policy",
    "TaskType",
    "Hazard",
    "Trial",
    "RouteDecision",
    "AnswerCheck",
    "Proposal",
    "QualityLabel",
    "Rubric",
    "CaseSet",
    "Case",
    "ProviderModel",
    "Budget",
    "BudgetPeriod",
    "PacingChange",
    "LedgerEntry",
    "Price",
    "Alert",
    "Delivery",
    "User",
    "Group",
]


class Admin(AdminSite):
    index_title = "Overview"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Under the name that the shop has by now."""
        name = import_string(settings.NAME_OF_SITE)()
        return {**super().each_context(request), "site_header": name, "site_title": name}

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every list may grow long."""
        # Facets count every row.
        quick: dict[str, Any] = {"paginator": FirstPages, "show_facets": ShowFacets.NEVER}
        if admin_class is None or admin_class.get_changelist is ModelAdmin.get_changelist:
            quick["get_changelist"] = lambda *_, **__: IndexedList
        super().register(model_or_iterable, admin_class, **{**quick, **options})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Apps and models in the order of the lists above, then by name."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(MODELS, model["object_name"]))
        return sorted(apps, key=lambda app: _place(APPS, app["app_label"]))


class AdminConfig(SimpleAdminConfig):
    default_site = "chatsite.staff.admin_site.Admin"


def _place(order: list[str], name: str) -> int:
    return order.index(name) if name in order else len(order)
