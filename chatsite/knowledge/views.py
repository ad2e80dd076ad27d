"""The help pages: every published article, readable by anyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from chatsite.knowledge import articles
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import question

# Characters of a search, and pages that it finds at most.
LONGEST, MOST_FOUND = 200, 20


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All pages, or those that answer what is asked, the best first."""
    asked = " ".join(request.GET.get("q", "").split())[:LONGEST]
    if asked:
        found = articles.matching(question.of(asked), limit=MOST_FOUND).matches
        return render(request, "knowledge/index.html", {"articles": found, "asked": asked})
    return render(request, "knowledge/index.html", {"articles": Article.objects.published()})


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Article.objects.published(), slug=slug)
    return render(request, "knowledge/article.html", {"article": found})
