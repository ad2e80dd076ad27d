"""Articles for programs: the form of the admin, and a version against writing over each other."""

from typing import Annotated, Any

from django.contrib.admin.models import ADDITION, CHANGE
from django.db import transaction
from django.db.models import Q
from django.forms import modelform_factory
from django.http import HttpRequest
from ninja import Query, Router, Status

from chatsite.api import access, schemas
from chatsite.api.access import Bearer
from chatsite.api.errors import ERRORS, NotFound, conflict, invalid
from chatsite.knowledge.embeddings import embeddings
from chatsite.knowledge.models import Article, ArticleVersion

SEE, ADD = Bearer("knowledge.view_article"), Bearer("knowledge.add_article")
CHANGES = Bearer("knowledge.change_article")
FIELDS = ("slug", *ArticleVersion.SETTINGS)

# Null says something of these; of the others, as little as leaving them out.
MAY_BE_NULL = {"valid_from", "valid_until"}

Form = modelform_factory(Article, fields=FIELDS)

router = Router(tags=["articles"])


@router.get("", response={200: schemas.Articles, **ERRORS}, auth=SEE)
def list_articles(
    request: HttpRequest,
    published: Annotated[
        bool | None,
        Query(description="true: only published articles. false: only unpublished ones."),
    ] = None,
    slug: Annotated[str, Query(**schemas.NAME, description="Exact match.")] = "",
    after: Annotated[
        schemas.Id | None, Query(description="The `next` value of the previous page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> schemas.Articles:
    """By id, without their texts. Follow `next` until it is null."""
    wanted = Q(pk__gt=after or 0)
    if published is not None:
        wanted &= Q(published=published)
    if slug:
        wanted &= Q(slug=slug)
    page = list(Article.objects.filter(wanted).defer("body").order_by("pk")[: limit + 1])
    return schemas.Articles(
        articles=[schemas.ArticleLine.of(row) for row in page[:limit]],
        next=page[limit - 1].pk if len(page) > limit else None,
    )


@router.get("/{int:article_id}", response={200: schemas.Article, **ERRORS}, auth=SEE)
def read_article(request: HttpRequest, article_id: schemas.Id) -> schemas.Article:
    """With its text, in Markdown."""
    row = Article.objects.filter(pk=article_id).first()
    if row is None:
        raise NotFound("article")
    return schemas.Article.of(row)


@router.post("", response={201: schemas.Article, **ERRORS}, auth=ADD)
def add_article(request: HttpRequest, sent: schemas.NewArticle) -> Status[schemas.Article]:
    """Customers and the assistant see it once it is published."""
    with transaction.atomic():
        row = _saved(request, Article(), sent.dict())
        access.log(request, row, "Added.", ADDITION)
    return Status(201, schemas.Article.of(row))


@router.patch("/{int:article_id}", response={200: schemas.Article, **ERRORS}, auth=CHANGES)
def change_article(
    request: HttpRequest, article_id: schemas.Id, sent: schemas.ArticleChange
) -> schemas.Article:
    """What is sent changes, the rest stays. `version` is the one that you have read.

    Publish it by `published`: true. The version counts changes; those before stay in the admin's
    history.
    """
    with transaction.atomic():
        row = Article.objects.select_for_update().filter(pk=article_id).first()
        if row is None:
            raise NotFound("article")
        if row.version != sent.version:
            raise conflict(
                "other_version", f"The article is now version {row.version}. Read it again first."
            )
        wanted = {name: getattr(row, name) for name in FIELDS}
        told = sent.dict(exclude={"version"}, exclude_unset=True)
        changed = {n: v for n, v in told.items() if v is not None or n in MAY_BE_NULL}
        if {**wanted, **changed} != wanted:
            row = _saved(request, row, {**wanted, **changed})
            access.log(request, row, f"Changed {', '.join(sorted(changed))}.", CHANGE)
    return schemas.Article.of(row)


def _saved(request: HttpRequest, row: Article, fields: dict[str, Any]) -> Article:
    """Raises Problem, as the admin's form finds what is wrong."""
    form = Form(fields, instance=row)
    if not form.is_valid():
        raise invalid({name: " ".join(map(str, found)) for name, found in form.errors.items()})
    saved: Article = form.save(commit=False)
    saved.save(by=f"access token {access.token(request).name}")
    embeddings.ask_for_missing()
    return saved
