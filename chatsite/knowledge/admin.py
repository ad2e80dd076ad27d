"""Articles in the admin, and a page that shows what a question would find."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from chatsite.knowledge import articles
from chatsite.knowledge.models import Article


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin[Article]):
    when_empty = "No article yet. Answers are made of what is written here."
    list_display = ["title", "slug", "published", "version", "updated_at"]
    list_filter = ["published"]
    search_fields = ["title", "slug", "body"]
    date_hierarchy = "updated_at"
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["version", "updated_at"]
    fields = ["title", "slug", "body", "published", "version", "updated_at"]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.question)
        return [path("question/", page, name="knowledge_question"), *super().get_urls()]

    def question(self, request: HttpRequest) -> HttpResponse:
        """Try a question: the articles it finds, in the order an answer is given them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.GET.get("text", "")
        context = {
            **self.admin_site.each_context(request),
            "title": "Try a question",
            "opts": self.opts,
            "text": text,
            "found": articles.matching(text) if text else None,
        }
        return render(request, "admin/knowledge/question.html", context)
