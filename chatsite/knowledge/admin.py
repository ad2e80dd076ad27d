"""Articles in the admin, and a page that shows what a question would find."""

from collections.abc import Sequence
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from billing import clock
from chatsite.knowledge import articles, current_search_index, history_page
from chatsite.knowledge.current_search_index import Audience
from chatsite.knowledge.embeddings import embeddings
from chatsite.knowledge.importing import import_page
from chatsite.knowledge.models import Article, ArticleVersion
from chatsite.knowledge.search import question


class ByValidity(admin.SimpleListFilter):
    title = "validity"
    parameter_name = "validity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "Valid now"), ("scheduled", "Scheduled"), ("expired", "Expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        now = clock.now()
        scheduled, expired = Q(valid_from__gt=now), Q(valid_until__lte=now)
        match self.value():
            case "scheduled":
                return queryset.filter(scheduled)
            case "expired":
                return queryset.filter(expired)
            case "now":
                return queryset.exclude(scheduled).exclude(expired)
        return queryset


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin[Article]):
    class Media:
        js = ["js/admin/preview.js"]

    when_empty = "No articles yet. The assistant answers from the articles you write here."
    list_display = ["title", "slug", "published", "validity", "audience", "version", "updated_at"]
    list_filter = ["published", ByValidity, "audience"]
    search_fields = ["title", "slug", "body"]
    date_hierarchy = "updated_at"
    actions = ["publish"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["version", "updated_at"]
    fields = [
        "title",
        "slug",
        "body",
        "language",
        "published",
        "audience",
        "valid_from",
        "valid_until",
        "version",
        "updated_at",
    ]
    object_history_template = "admin/knowledge/article/history.html"

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.question)
        view = self.admin_site.admin_view
        return [
            path("question/", page, name="knowledge_question"),
            path("preview/", view(self.preview), name="knowledge_preview"),
            path(
                "<int:article_id>/history/<int:number>/restore/",
                view(self.restore),
                name="knowledge_article_restore",
            ),
            path("import/", view(import_page.begin), name="knowledge_imports"),
            path("import/<int:import_id>/", view(import_page.report), name="knowledge_import"),
            *super().get_urls(),
        ]

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)

    @method_decorator(require_POST)
    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp_replace({"frame-ancestors": [SELF]}))
    def preview(self, request: HttpRequest) -> HttpResponse:
        """The help page of what the form holds; nothing is stored."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        title, body = (request.POST.get(name, "") for name in ("title", "body"))
        context = {"article": Article(title=title[:200], body=body[:50_000])}
        return render(request, "knowledge/article.html", context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "embedding": current_search_index.embedding_progress()}
        return super().changelist_view(request, context)

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        obj.save(by=request.user.get_username())
        embeddings.ask_for_missing()

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        """One by one, as each is a new version."""
        for article in queryset.filter(published=False):
            article.published = True
            article.save(by=request.user.get_username())
            self.log_change(request, article, "Published.")

    @admin.display(description="validity")
    def validity(self, article: Article) -> str:
        match article.validity(clock.now()):
            case "scheduled":
                return f"Scheduled: from {_day(article.valid_from)}"
            case "expired":
                return f"Expired: {_day(article.valid_until)}"
        return f"Until {_day(article.valid_until)}" if article.valid_until else "Always"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        article = self.get_object(request, object_id)
        if article is None or not self.has_view_permission(request, article):
            return super().history_view(request, object_id, extra_context)
        context = history_page.context(request, article)
        context["may_restore"] = self.has_change_permission(request, article)
        return super().history_view(request, object_id, {**context, **(extra_context or {})})

    @method_decorator(require_POST)
    @transaction.atomic
    def restore(self, request: HttpRequest, article_id: int, number: int) -> HttpResponse:
        """As the next version, so that it can be undone by restoring the one before."""
        found = ArticleVersion.objects.select_related("article")
        version = get_object_or_404(found, article=article_id, number=number)
        if not self.has_change_permission(request, version.article):
            raise PermissionDenied
        article = version.restored()
        article.save(by=request.user.get_username())
        self.log_change(request, article, f"Restored version {number}.")
        embeddings.ask_for_missing()
        said = f"Version {number} is restored, as version {article.version}."
        messages.success(request, said)
        return redirect("admin:knowledge_article_history", article.pk)

    def get_deleted_objects(
        self, objs: Sequence[Article] | QuerySet[Article], request: HttpRequest
    ) -> Any:
        """Without a line for each version in the history, which goes too."""
        listed, counts, needed, protected = super().get_deleted_objects(objs, request)
        return _without_versions(listed), counts, needed, protected

    def question(self, request: HttpRequest) -> HttpResponse:
        """Try a search: the articles it finds, in the order an answer is given them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text, chosen = request.GET.get("text", ""), request.GET.get("reader", "")
        reader = Audience(chosen) if chosen in Audience.values else Audience.EVERYONE
        context = {
            **self.admin_site.each_context(request),
            "title": "Try a search",
            "opts": self.opts,
            "text": text,
            "readers": Audience.choices,
            "reader": reader,
            "found": _found(text, reader) if text else None,
        }
        return render(request, "admin/knowledge/question.html", context)


def _day(moment: Any) -> str:
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def _without_versions(listed: Any) -> Any:
    name = str(ArticleVersion._meta.verbose_name).capitalize()
    kept = [
        _without_versions(each) if isinstance(each, list) else each
        for each in listed
        if isinstance(each, list) or not str(each).startswith(f"{name}:")
    ]
    return [each for each in kept if each != []]


def _found(text: str, reader: Audience) -> articles.Found:
    """As an answer would find it: by meaning too, where the articles are embedded."""
    asked = question.of(text)
    if not current_search_index.model_in_use():
        return articles.matching(asked, reader=reader)
    # Loads the provider's client, 30 MB, into the web process whose operator tries a question.
    from chatsite.knowledge.embeddings import question_embeddings

    return articles.matching(asked, question_embeddings.of_one(asked), reader=reader)
