"""The help pages: the articles for everyone; staff read the others there too."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing import clock
from chatsite.knowledge import articles
from chatsite.knowledge.current_search_index import Audience
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
    every = Article.objects.readable(Audience.EVERYONE, clock.now())
    return render(request, "knowledge/index.html", {"articles": every.defer("body")})


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    may_see_all = request.user.is_staff and request.user.has_perm("knowledge.view_article")
    reader = Audience.STAFF if may_see_all else Audience.EVERYONE
    found = Article.objects.readable(reader, clock.now()).filter(slug=slug).first()
    if found is None:
        return render(request, "knowledge/missing.html", status=404)
    return render(request, "knowledge/article.html", {"article": found})
