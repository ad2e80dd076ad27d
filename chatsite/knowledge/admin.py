"""Articles in the admin, and a page that shows what a question would find."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from chatsite.knowledge import articles, embeddings, import_page
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import question


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin[Article]):
    class Media:
        js = ["js/preview.js"]

    when_empty = "No articles yet. The assistant answers from the articles you write here."
    list_display = ["title", "slug", "published", "version", "updated_at"]
    list_filter = ["published"]
    search_fields = ["title", "slug", "body"]
    date_hierarchy = "updated_at"
    actions = ["publish"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["version", "updated_at"]
    fields = ["title", "slug", "body", "language", "published", "version", "updated_at"]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.question)
        view = self.admin_site.admin_view
        return [
            path("question/", page, name="knowledge_question"),
            path("preview/", view(self.preview), name="knowledge_preview"),
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
        context = {**(extra_context or {}), "embedding": articles.embedding_progress()}
        return super().changelist_view(request, context)

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        embeddings.ask_for_missing()

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        """One by one, as each is a new version."""
        for article in queryset.filter(published=False):
            article.published = True
            article.save()
            self.log_change(request, article, "Published.")

    def question(self, request: HttpRequest) -> HttpResponse:
        """Try a search: the articles it finds, in the order an answer is given them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.GET.get("text", "")
        context = {
            **self.admin_site.each_context(request),
            "title": "Try a search",
            "opts": self.opts,
            "text": text,
            "found": _found(text) if text else None,
        }
        return render(request, "admin/knowledge/question.html", context)


def _found(text: str) -> articles.Found:
    """As an answer would find it: by meaning too, where the articles are embedded."""
    asked = question.of(text)
    if not articles.model_in_use():
        return articles.matching(asked)
    # Loads the provider's client, 30 MB, into the web process whose operator tries a question.
    from chatsite.knowledge import meaning

    return articles.matching(asked, meaning.of_one(asked))
