"""The help pages: every published article, readable by anyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from chatsite.knowledge.models import Article


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "knowledge/index.html", {"articles": Article.objects.published()})


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Article.objects.published(), slug=slug)
    return render(request, "knowledge/article.html", {"article": found})
