"""The library of task types: what a message is recognised as, by this process's copy of it."""

import hashlib
import json
import logging
import textwrap
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from django.db import connection

from routing import lessons, recognition
from routing.choice import Task, Tier
from routing.errors import BadRecogniser
from routing.models import Library, TaskType
from routing.recognition import Kind, Likeness, Recogniser

logger = logging.getLogger(__name__)

# Characters of an example on a receipt.
MOST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a process has loaded. Types that are not learned yet are not recognised."""

    edition: str | None
    recogniser: Recogniser | None = None
    types: dict[int, TaskType] | None = None


class _Loaded:
    shelf: _Shelf = _Shelf(None)


_HERE: Final = _Loaded()


def recognise(text: str) -> Task | None:
    """The task type that the text is of; None where of none. One short query."""
    found = likeness(text)
    if found is None or not found[0].is_one:
        return None
    return _task(*found)


def likeness(text: str) -> tuple[Likeness, TaskType] | None:
    """The type that the text is most like, even where that is not much, and how much."""
    shelf = _newest()
    if shelf.recogniser is None or not shelf.types:
        return None
    found = shelf.recogniser.likeness(text)
    if found is None or found.key not in shelf.types:
        return None
    return found, shelf.types[found.key]


def learn() -> bool:
    """Learn from the examples as they stand, and whether anything was to be learned.

    Takes half a second for 20 types. Safe to repeat and to run twice at once.
    """
    kinds = [_kind(each) for each in TaskType.objects.active().order_by("id")]
    taught = _fingerprint(kinds)
    if Library.objects.filter(taught=taught).exists():
        return False
    recogniser = lessons.learn(kinds)
    Library.objects.change(recogniser=recogniser.text(), taught=taught)
    logger.info("%d task types learned", len(kinds))
    return True


def _newest() -> _Shelf:
    with connection.cursor() as cursor:
        # By hand: put together anew for each reply, the ORM's takes ten times as long.
        cursor.execute("SELECT edition FROM routing_library")
        found = cursor.fetchone()
    edition = found[0] if found else None
    if _HERE.shelf.edition != edition:
        _HERE.shelf = _load()
    return _HERE.shelf


def _load() -> _Shelf:
    # First the edition: what changes in between has another one, and is loaded next time.
    library = Library.objects.first()
    if library is None:
        return _Shelf(None)
    types = {each.pk: each for each in TaskType.objects.active()}
    try:
        recogniser = recognition.read(library.recogniser) if library.recogniser else None
    except BadRecogniser as error:
        logger.error("No task type is recognised until they are learned again: %s", error)
        recogniser = None
    return _Shelf(library.edition, recogniser, types)


def _kind(task_type: TaskType) -> Kind:
    return Kind(
        task_type.pk,
        tuple(task_type.said),
        tuple(filter(None, map(recognition.phrase, task_type.deciding))),
        tuple(filter(None, (task_type.name, task_type.description))),
    )


def _fingerprint(kinds: Sequence[Kind]) -> str:
    basis = json.dumps([recognition.FORMAT, *map(astuple, kinds)])
    return hashlib.sha256(basis.encode()).hexdigest()


def _task(found: Likeness, task_type: TaskType) -> Task:
    return Task(
        name=task_type.name,
        similarity=round(found.closeness, 2),
        is_certain=found.is_certain,
        why=_why(found),
        tier=Tier(task_type.tier) if task_type.tier else None,
        points=task_type.points,
        approved=task_type.approved_answer,
        answers_itself=task_type.answers_itself,
        is_cacheable=task_type.cacheable,
    )


def _why(found: Likeness) -> str:
    if found.phrase:
        return f"says “{found.phrase}”"
    return f"like “{textwrap.shorten(found.example, MOST_SHOWN, placeholder=' …')}”"
