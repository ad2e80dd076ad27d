"""Articles in the admin, and a page that shows what a question would find."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from chatsite.celery import app
from chatsite.knowledge import articles
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import question

# By name: a web process that imported the task would load the provider's client, 30 MB.
EMBED = "chatsite.knowledge.tasks.embed_articles"


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin[Article]):
    when_empty = "No articles yet. The assistant answers from the articles you write here."
    list_display = ["title", "slug", "published", "version", "updated_at"]
    list_filter = ["published"]
    search_fields = ["title", "slug", "body"]
    date_hierarchy = "updated_at"
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["version", "updated_at"]
    fields = ["title", "slug", "body", "language", "published", "version", "updated_at"]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.question)
        return [path("question/", page, name="knowledge_question"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "embedding": articles.embedding_progress()}
        return super().changelist_view(request, context)

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # A hint: without a broker, each minute's look finds the article.
        transaction.on_commit(partial(app.send_task, EMBED, retry=False), robust=True)

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
