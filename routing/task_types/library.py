"""The library of task types: what a message is recognised as, by this process's copy of it."""

import hashlib
import json
import logging
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import lru_cache

from django.db import connection

from routing.errors import BadRecogniser
from routing.models import Library, TaskType
from routing.task_types import recognition, recognition_training
from routing.task_types.recognition import Kind, Likeness, Recogniser
from routing.tier_choice import Task, Tier

logger = logging.getLogger(__name__)

# Characters of an example on a receipt.
MOST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a process has loaded. Types that are not learned yet are not recognised."""

    recogniser: Recogniser | None = None
    types: Mapping[int, TaskType] = field(default_factory=dict)


def recognise(text: str, shelf: Shelf | None = None) -> Task | None:
    """The task type that the text is of; None where of none. One short query.

    `shelf`: other types than those that are learned now.
    """
    found = likenesses(text, 1, shelf)
    return _task(*found[0]) if found and found[0][0].is_one else None


def likenesses(text: str, most: int, shelf: Shelf | None = None) -> list[tuple[Likeness, TaskType]]:
    """The types that the text is most like, even where that is not much; the likeliest first."""
    shelf = shelf or _newest()
    if shelf.recogniser is None:
        return []
    found = shelf.recogniser.likenesses(text, most)
    # What has been learned may be older than the types.
    return [(each, shelf.types[each.key]) for each in found if each.key in shelf.types]


def changed(task_type: TaskType | None, instead_of: int | None) -> Shelf:
    """The types as they would be learned with this one, instead of the one of this id.

    Unsaved, it has a primary key that no other has. None takes the other away.
    """
    types = [each for each in TaskType.objects.active().order_by("id") if each.pk != instead_of]
    if task_type and task_type.active:
        types.append(task_type)
    recogniser = recognition_training.learn([_kind(each) for each in types]) if types else None
    return Shelf(recogniser, {each.pk: each for each in types})


def is_learned() -> bool:
    """Whether messages are recognised by the examples as they stand."""
    return Library.objects.filter(taught=_fingerprint(_kinds())).exists()


def learn() -> bool:
    """Learn from the examples as they stand, and whether anything was to be learned.

    Takes a fifth of a second for 20 types. Safe to repeat and to run twice at once.
    """
    kinds = _kinds()
    taught = _fingerprint(kinds)
    if Library.objects.filter(taught=taught).exists():
        return False
    recogniser = recognition_training.learn(kinds)
    Library.objects.change(recogniser=recogniser.text(), taught=taught)
    logger.info("%d task types learned", len(kinds))
    # What was saved meanwhile had its hint, which may have found the examples as they were before.
    learn()
    return True


def _newest() -> Shelf:
    with connection.cursor() as cursor:
        # By hand: put together anew for each reply, the ORM's takes ten times as long.
        cursor.execute("SELECT edition FROM routing_library")
        found = cursor.fetchone()
    return _read(found[0]) if found else Shelf()


@lru_cache(maxsize=2)
def _read(edition: str) -> Shelf:
    """This edition or a newer one, read once by each process."""
    library = Library.objects.get()
    try:
        recogniser = recognition.read(library.recogniser) if library.recogniser else None
    except BadRecogniser as error:
        logger.error("No task type is recognised until they are learned again: %s", error)
        recogniser = None
    return Shelf(recogniser, {each.pk: each for each in TaskType.objects.active()})


def _kinds() -> list[Kind]:
    return [_kind(each) for each in TaskType.objects.active().order_by("id")]


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
        why=why(found),
        tier=Tier(task_type.tier) if task_type.tier else None,
        points=task_type.points,
        approved=task_type.approved_answer,
        answers_itself=task_type.answers_itself,
        is_cacheable=task_type.cacheable,
    )


def why(found: Likeness) -> str:
    """What it was recognised by, as a phrase."""
    if found.phrase:
        return f"says “{found.phrase}”"
    return f"like “{textwrap.shorten(found.example, MOST_SHOWN, placeholder=' …')}”"
