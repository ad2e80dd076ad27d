"""Events are written in the transaction in which they happen, so that none is lost or invented."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol
from uuid import uuid4

from django.db import connection

from billing import clock
from chatsite.webhooks.models import Endpoint, Event, EventDelivery, Kind

# Seconds for which a process believes what it has read of the endpoints: without any, an event
# costs nothing.
BELIEVED = 2.0


class Deleted(Protocol):
    """As events know them: `conversation:1`."""

    @property
    def conversations(self) -> frozenset[str]: ...


def record(
    kind: Kind, conversation: str, content: dict[str, Any], identity: str = ""
) -> Event | None:
    """Queue it for each endpoint that receives this kind. The same identity again changes nothing.

    The worker that sends looks every few seconds, so that nobody waits for a broker here.
    """
    told = [pk for pk, kinds in _told(int(clock.now().timestamp() // BELIEVED)) if kind in kinds]
    return _owed(told, kind, conversation, content, identity) if told else None


def test(endpoint: Endpoint) -> Event:
    """A test event, to this endpoint alone."""
    event = _owed([endpoint.pk], Kind.TEST, "", {"text": "This is a test."})
    assert event is not None
    return event


def with_conversations(deleted: Deleted) -> None:
    """What events say of conversations that are deleted, sent or not."""
    Event.objects.filter(conversation__in=deleted.conversations).delete()


def again(deliveries: Sequence[EventDelivery]) -> None:
    """An operator wants these sent once more, now."""
    keys = [each.pk for each in deliveries]
    EventDelivery.objects.filter(pk__in=keys).update(
        state=EventDelivery.State.DUE, tries=0, due_at=clock.now()
    )
    mine = {each.endpoint_id for each in deliveries}
    Endpoint.objects.filter(pk__in=mine).update(paused_until=None)


def forget_endpoints() -> None:
    """Read them again: this process has changed them."""
    _told.cache_clear()


@lru_cache(maxsize=1)
def _told(_: int) -> list[tuple[int, frozenset[str]]]:
    return [
        (endpoint.pk, frozenset(endpoint.kinds or Kind.values))
        for endpoint in Endpoint.objects.filter(is_on=True)
    ]


def _owed(
    endpoints: list[int], kind: Kind, conversation: str, content: dict[str, Any], identity: str = ""
) -> Event | None:
    if identity and Event.objects.filter(identity=identity).exists():
        return None
    event = Event(
        identity=identity or f"event:{uuid4().hex}",
        kind=kind,
        conversation=conversation,
        content=content,
        happened_at=clock.now(),
    )
    fields = [field for field in Event._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        # By hand: the ORM takes 2 ms of CPU for these two, within a customer's message.
        cursor.execute(
            f"""
            INSERT INTO webhooks_event ({", ".join(str(field.column) for field in fields)})
            VALUES ({", ".join(["%s"] * len(fields))}) RETURNING id
            """,  # noqa: S608 - our own words
            values,
        )
        (event.pk,) = cursor.fetchone()
        # One that was deleted within these seconds is owed nothing.
        cursor.execute(
            f"""
            INSERT INTO webhooks_eventdelivery (endpoint_id, event_id, state, tries, due_at, result)
            SELECT id, %s, 'due', 0, %s, '' FROM webhooks_endpoint
            WHERE id IN ({", ".join(["%s"] * len(endpoints))})
            """,  # noqa: S608 - our own words
            [
                event.pk,
                connection.ops.adapt_datetimefield_value(event.happened_at),
                *endpoints,
            ],
        )
    return event
