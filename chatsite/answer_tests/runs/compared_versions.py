"""What a run compares: the site as it stands, and a change of something that shapes answers.

A change is kept as JSON, so that a run can go on in another process: `{"policy": {...}}` holds the
settings of the next version, `{"article": {...}}` and `{"task_type": {...}}` the fields of the row
with its `id`; null for a new one. `"gone": true` takes the row away.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing import clock
from chatsite.knowledge import current_search_index
from chatsite.knowledge.current_search_index import Audience, Held, Terms
from chatsite.knowledge.models import Edition
from chatsite.knowledge.search.index import Document
from routing import policies
from routing.models import Library, Policy, TaskType
from routing.task_types import library
from routing.task_types.library import Shelf

TERMS = ("audience", "valid_from", "valid_until")
ARTICLE = ("title", "slug", "body", "language", "published", *TERMS)
# No row has it.
NEW = -1
Change = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """Everything that shapes an answer. None: as it stands."""

    policy: Policy
    held: Held | None = None
    types: Shelf | None = None


def now() -> Version:
    return Version(policies.current())


def with_change(change: Change) -> Version:
    """The site with this change, whatever else has changed since it was written down."""
    policy = policies.current()
    if fields := change.get("policy"):
        policy = Policy(**fields)
    held = types = None
    if fields := change.get("article"):
        held = current_search_index.changed(_document(fields), fields["id"])
    if fields := change.get("task_type"):
        types = library.changed(_task_type(fields), fields["id"])
    return Version(policy, held, types)


def of_policy(policy: Policy) -> Change:
    """The settings of a draft or of a stored version."""
    own = [field for field in Policy._meta.concrete_fields if field.name in Policy.SETTINGS]
    return {"policy": {field.attname: getattr(policy, field.attname) for field in own}}


def of_row(kind: str, row: Any, *, gone: bool = False) -> Change:
    """`article` or `task_type`, as its form would save it."""
    names = ARTICLE if kind == "article" else TaskType.SETTINGS
    said = {name: getattr(row, name) for name in names}
    plain = {n: v.isoformat() if isinstance(v, datetime) else v for n, v in said.items()}
    return {kind: {"id": row.pk, "gone": gone, **plain}}


def digest(change: Change) -> str:
    """Of the change, and of what it changes: the same change to another state is another one."""
    state = [
        policies.current().version,
        *Edition.objects.values_list("value", flat=True),
        *Library.objects.values_list("edition", flat=True),
    ]
    return hashlib.sha256(json.dumps([change, state], sort_keys=True).encode()).hexdigest()


def _document(fields: Mapping[str, Any]) -> Document | None:
    """None where no customer would read it now."""
    audience, *moments = (fields.get(name) for name in TERMS)
    valid = (datetime.fromisoformat(at) if at else None for at in moments)
    terms = Terms(audience or Audience.EVERYONE, *valid)
    hidden = not fields["published"] or not terms.let(Audience.EVERYONE, clock.now())
    if fields["gone"] or hidden:
        return None
    return Document(
        fields["id"] or NEW, fields["title"], fields["slug"], fields["body"], fields["language"]
    )


def _task_type(fields: Mapping[str, Any]) -> TaskType | None:
    if fields["gone"]:
        return None
    return TaskType(pk=fields["id"] or NEW, **{name: fields[name] for name in TaskType.SETTINGS})
