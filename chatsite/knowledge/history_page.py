"""An article's history in the admin: its versions, what differs between two, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField
from django.http import HttpRequest
from django.utils import formats, timezone

from chatsite.knowledge import text_diff
from chatsite.knowledge.models import Article, ArticleVersion
from chatsite.knowledge.text_diff import Piece

State = Article | ArticleVersion


@dataclass(frozen=True, slots=True)
class Line:
    """A version: the newest one is the article itself."""

    number: int
    state: State
    is_current: bool = False

    @property
    def at(self) -> Any:
        return self.state.updated_at if isinstance(self.state, Article) else self.state.saved_at


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field, in words; the text has pieces instead."""

    name: str
    before: str
    after: str


def context(request: HttpRequest, article: Article) -> dict[str, Any]:
    """`from` and `to` in the address choose two versions; else what the last save changed."""
    lines = [Line(article.version, article, is_current=True)]
    lines += [Line(each.number, each) for each in article.versions.defer("body")]
    older = _chosen(lines, request.GET.get("from", "")) or lines[min(1, len(lines) - 1)]
    newer = _chosen(lines, request.GET.get("to", "")) or lines[0]
    older, newer = sorted((older, newer), key=lambda line: line.number)
    return {
        "lines": lines,
        "older": older,
        "newer": newer,
        "changes": _changes(older.state, newer.state),
        "pieces": _pieces(older.state, newer.state),
        "most": ArticleVersion.objects.MOST,
    }


def _chosen(lines: Sequence[Line], number: str) -> Line | None:
    return next((line for line in lines if str(line.number) == number), None)


def _pieces(old: State, new: State) -> list[Piece]:
    return text_diff.between(old.body, new.body)


def _changes(old: State, new: State) -> list[Change]:
    found = []
    for name in ArticleVersion.SETTINGS:
        if name != "body" and getattr(old, name) != getattr(new, name):
            label = str(Article._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            found.append(Change(label.capitalize(), _said(old, name), _said(new, name)))
    return found


def _said(state: State, name: str) -> str:
    field, value = Article._meta.get_field(name), getattr(state, name)
    if value is None or value == "":
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, CharField) and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if name.startswith("valid"):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return str(value)
