"""Taking pages over as articles: what is new is added, what has changed there is changed here.

What was edited here since it came stays, and is reported.
"""

import hashlib
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from chatsite.knowledge.importing.readers import Page
from chatsite.knowledge.models import Article, ArticleSource, Import

MOST_SKIPPED = 500  # that a report names


def pages(found: Iterable[Page], into: Import) -> None:
    """Each in a transaction of its own: what is done is done, whatever comes after."""
    for page in found:
        try:
            with transaction.atomic():
                result = _page(page, into)
        except ValidationError as error:
            skip(into, page.source, " ".join(error.messages))
        else:
            setattr(into, result, getattr(into, result) + 1)


def skip(into: Import, what: str, why: str) -> None:
    into.left_out += 1
    if len(into.skipped) < MOST_SKIPPED:
        into.skipped.append([what[:300], why[:300]])


def _page(page: Page, into: Import) -> str:
    """The counter that it belongs to. Raises ValidationError."""
    digest = hashlib.sha256(f"{page.title}\0{page.body}\0{page.language}".encode()).hexdigest()
    known = ArticleSource.objects.select_related("article").filter(source=page.source).first()
    if known is None:
        article = Article(slug=_slug(page), published=into.publish)
    elif known.digest == digest:
        return "unchanged"
    elif known.article.version != known.version:
        raise ValidationError("Not updated, because it was edited here after the last import.")
    else:
        article = known.article
    article.title, article.body, article.language = page.title, page.body, page.language
    article.full_clean()
    article.save(by=str(into))
    ArticleSource.objects.update_or_create(
        article=article,
        defaults={"source": page.source, "digest": digest, "version": article.version},
    )
    return "changed" if known else "added"


def _slug(page: Page) -> str:
    """One that no article has."""
    longest = 70
    wanted = slugify(page.slug or page.title)[:longest].strip("-_")
    if not wanted:
        # A title in another script: an address that stays the same when it comes again.
        wanted = "article-" + hashlib.sha256(page.source.encode()).hexdigest()[:10]
    number, slug = 1, wanted
    while Article.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted}-{number}"
    return slug
