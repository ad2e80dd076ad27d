"""The sample's rows: noted when they are loaded, found again, and told from the owner's own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from billing.models import Budget
from chatsite.answer_tests.models import CaseSet
from chatsite.demo.models import SampleRow
from chatsite.knowledge.models import Article
from chatsite.shop.models import FirstQuestion, Shop
from routing.models import TaskType


@dataclass(frozen=True, slots=True)
class Kind:
    """`fields` are what makes a row the owner's once it is edited."""

    model: type[Model]
    fields: tuple[str, ...]
    title: str


KINDS: Mapping[str, Kind] = {
    "article": Kind(Article, ("title", "body"), "Articles"),
    "task_type": Kind(
        TaskType,
        ("name", "description", "examples", "tier", "approved_answer"),
        "Task types, with their approved answers",
    ),
    "question": Kind(FirstQuestion, ("text", "label"), "Suggested questions"),
    "shop": Kind(
        Shop,
        ("name", "greeting", "introduction", "email", "phone", "address"),
        "Name, greeting and contact",
    ),
    "tests": Kind(CaseSet, ("name",), "Answer tests"),
    "budget": Kind(Budget, ("limit",), "Budgets"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What there still is of one kind."""

    kind: Kind
    untouched: tuple[Any, ...]
    edited: tuple[Any, ...]


def note(kind: str, row: Model) -> None:
    """Note that this row came with the sample."""
    SampleRow.objects.update_or_create(
        kind=kind, key=row.pk, defaults={"digest": digest(KINDS[kind], row)}
    )


def found() -> dict[str, Found]:
    """By kind, without kinds that have no rows left."""
    noted: dict[str, dict[int, str]] = {}
    for row in SampleRow.objects.all():
        noted.setdefault(row.kind, {})[row.key] = row.digest
    return {
        name: each
        for name, kind in KINDS.items()
        if (each := _found(kind, noted.get(name, {}))).untouched or each.edited
    }


def digest(kind: Kind, row: Model) -> str:
    said = [getattr(row, name) for name in kind.fields]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _found(kind: Kind, digests: Mapping[int, str]) -> Found:
    rows = kind.model._default_manager.filter(pk__in=digests).order_by("pk")
    untouched = tuple(row for row in rows if digest(kind, row) == digests[row.pk])
    return Found(kind, untouched, tuple(row for row in rows if row not in untouched))
