"""The whole configuration as one file: exported here, imported elsewhere.

What is taken over is checked as the admin checks it, all of it or nothing. Rows are known by a name
of theirs, so that a second import changes only what has changed. Nothing is deleted.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model

from billing.models import Budget, Price
from chatsite.business_hours.models import DayOff, OpeningHours, TeamCalendar
from chatsite.inbox.models import CannedReply, TeamNotifications
from chatsite.knowledge.models import Article, ArticleVersion
from chatsite.shop import logos
from chatsite.shop.models import FirstQuestion, Shop
from routing import policies
from routing.errors import NothingChanged
from routing.models import Policy, TaskType
from routing.policies import Author

FORMAT = 1
# Models trained on this site mean nothing on another site.
_OF_THIS_SITE = {"learned_analyzer", "learned_verifier"}


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one kind. `known_by` tells one from another; with none, there is one row."""

    name: str
    model: type[Model]
    known_by: tuple[str, ...]
    fields: tuple[str, ...]
    is_append_only: bool = False


PARTS = (
    Part(
        "shop",
        Shop,
        (),
        ("name", "accent", "greeting", "introduction", "email", "phone", "address", "files"),
    ),
    Part("first_questions", FirstQuestion, ("text",), ("label", "position")),
    Part("calendar", TeamCalendar, (), ("time_zone", "country")),
    Part("opening_hours", OpeningHours, ("weekday", "opens", "closes"), ()),
    Part("days_off", DayOff, ("day",), ("reason",)),
    Part(
        "notifications",
        TeamNotifications,
        (),
        ("emails", "escalate_after", "escalation_emails"),
    ),
    Part("canned_replies", CannedReply, ("name",), ("text",)),
    Part("articles", Article, ("slug",), ArticleVersion.SETTINGS),
    Part("task_types", TaskType, ("name",), TaskType.SETTINGS[1:]),
    Part(
        "budgets",
        Budget,
        ("name",),
        (
            "scope",
            "key",
            "period",
            "limit",
            "active",
            "reserve",
            "warning_lines",
            "economise_from",
            "economise_by",
            "economise_curve",
            "cheap_only_from",
            "approved_from",
            "later_from",
            "paces_itself",
            "pace_at_most",
        ),
    ),
    Part(
        "prices",
        Price,
        ("model", "service_tier", "effective_from"),
        ("input", "cached_input", "cache_write", "output", "source"),
        is_append_only=True,
    ),
)


class BadConfiguration(Exception):
    """Why nothing was imported: a sentence for each problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(slots=True)
class Line:
    """The result of importing one part."""

    part: str
    added: int = 0
    changed: int = 0
    unchanged: int = 0


def export(now: datetime) -> dict[str, Any]:
    """JSON can hold it: an object of parts."""
    found: dict[str, Any] = {"chatsite": FORMAT, "exported_at": now.isoformat()}
    for part in PARTS:
        rows = [_said(part, row) for row in part.model._default_manager.order_by("pk")]
        found[part.name] = rows if part.known_by else (rows or [{}])[0]
    if shop := Shop.objects.first():
        found["shop"]["logo"] = base64.b64encode(bytes(shop.logo)).decode()
    policy = policies.current()
    found["policy"] = {name: getattr(policy, name) for name in _policy_fields()}
    plain: dict[str, Any] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return plain


def take_over(file: bytes, author: Author, *, only_show: bool = False) -> list[Line]:
    """Raises BadConfiguration, with every problem of the file."""
    said = _read(file)
    problems: list[str] = []
    with transaction.atomic():
        report = [
            _take_part(part, said[part.name], problems) for part in PARTS if part.name in said
        ]
        if "policy" in said and not problems:
            report.append(_take_policy(said["policy"], author, problems))
        if problems or only_show:
            transaction.set_rollback(True)
    if problems:
        raise BadConfiguration(problems)
    return report


def _read(file: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(file)
    except (ValueError, RecursionError) as error:
        raise BadConfiguration(["This is not a JSON file."]) from error
    if not isinstance(said, dict) or said.get("chatsite") != FORMAT:
        raise BadConfiguration([f"This is not a chatsite configuration (format {FORMAT})."])
    unknown = said.keys() - {part.name for part in PARTS} - {"chatsite", "exported_at", "policy"}
    if unknown:
        raise BadConfiguration([f"Not known here: {', '.join(sorted(unknown))}."])
    return said


def _take_part(part: Part, given: Any, problems: list[str]) -> Line:
    line = Line(part.name.replace("_", " "))
    rows = given if part.known_by else [given] if given else []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append(f"{part.name}: this is not a list of entries.")
        return line
    for number, row in enumerate(rows, 1):
        try:
            _take_row(part, dict(row), line)
        except ValidationError as error:
            known = " ".join(str(row.get(name, "")) for name in part.known_by)
            words = " ".join(error.messages)
            problems.append(f"{part.name}, {known[:80] or f'entry {number}'}: {words}")
    return line


def _take_row(part: Part, given: dict[str, Any], line: Line) -> None:
    """Raises ValidationError."""
    logo = _logo(given.pop("logo", "")) if part.model is Shop else b""
    unknown = given.keys() - set(part.known_by) - set(part.fields)
    if unknown:
        raise ValidationError(f"Not known here: {', '.join(sorted(map(str, unknown)))}.")
    values = {name: _value(part, name, said) for name, said in given.items()}
    known = {name: values.get(name) for name in part.known_by}
    row = part.model._default_manager.filter(**known).first()
    is_new = row is None
    row = row or part.model(**known)
    if part.is_append_only and not is_new:
        line.unchanged += 1
        return
    before = {name: getattr(row, name) for name in part.fields}
    for name, value in values.items():
        setattr(row, name, value)
    if isinstance(row, FirstQuestion):
        row.shop = Shop.objects.get_or_create(id=1)[0]
    has_logo = isinstance(row, Shop) and bool(logo) and bytes(row.logo) != logo
    if has_logo:
        row.logo = logo  # type: ignore[attr-defined]  # it is a Shop
    if not is_new and not has_logo and before == {n: getattr(row, n) for n in part.fields}:
        line.unchanged += 1
        return
    if not isinstance(row, Shop):
        row.full_clean()
    else:
        row.full_clean(exclude=["id"], validate_constraints=False)
    if isinstance(row, Article):
        row.save(by="a configuration file")
    else:
        row.save()
    line.added += is_new
    line.changed += not is_new


def _value(part: Part, name: str, said: Any) -> Any:
    """Raises ValidationError, which names the field."""
    try:
        return part.model._meta.get_field(name).to_python(said)  # type: ignore[union-attr]
    except ValidationError as error:
        raise ValidationError(f"{name}: {' '.join(error.messages)}") from error


def _logo(said: Any) -> bytes:
    """Raises ValidationError."""
    try:
        png = base64.b64decode(str(said), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValidationError("logo: not base64.") from error
    return logos.read(BytesIO(png), len(png)) if png else b""


def _take_policy(given: Any, author: Author, problems: list[str]) -> Line:
    """As the next version, where it says anything else than the one in force."""
    line = Line("policy")
    if not isinstance(given, dict) or given.keys() - _policy_fields():
        problems.append("policy: it has settings that are not known here.")
        return line
    draft: Policy = policies.current().draft()
    try:
        for name, said in given.items():
            value = Policy._meta.get_field(name).to_python(said)  # type: ignore[union-attr]
            setattr(draft, name, value)
        draft.reason = "Imported from a configuration file"
        draft.full_clean(exclude=["version", "author", "replaces"], validate_constraints=False)
        policies.adopt(draft, author, draft.reason)
        line.changed = 1
    except NothingChanged:
        line.unchanged = 1
    except ValidationError as error:
        problems.append(f"policy: {' '.join(error.messages)}")
    return line


def _policy_fields() -> set[str]:
    return set(Policy.SETTINGS) - _OF_THIS_SITE


def _said(part: Part, row: Model) -> dict[str, Any]:
    names = (*part.known_by, *part.fields)
    return {name: getattr(row, name) for name in names}
