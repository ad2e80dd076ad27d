"""A web process's own look at the database: what no frame told it, it finds within 5 s."""

import asyncio
import logging
from functools import partial
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db import DatabaseError

from chatsite.chat import change_announcements, displayed_messages
from chatsite.chat.actions import end_reply
from chatsite.chat.live import bus
from chatsite.runtime import repeat_forever

logger = logging.getLogger(__name__)

LOOKS_EVERY = 5.0  # seconds
# Conversations asked for in one statement; SQLite takes no more than some thousand values.
MOST_AT_ONCE = 500

_watches: WeakKeyDictionary[bus.Live, asyncio.Task[None]] = WeakKeyDictionary()


def start() -> None:
    """Look from now on, once per event loop."""
    here = bus.here()
    if here not in _watches or _watches[here].done():
        _watches[here] = asyncio.create_task(repeat_forever.repeat(partial(_watch, here)))


async def _watch(here: bus.Live) -> None:
    await asyncio.sleep(LOOKS_EVERY)
    try:
        await look(here)
    except DatabaseError as error:
        logger.warning("The database does not answer: %s", error)


async def look(here: bus.Live) -> None:
    """End what is overdue, bring tabs up to date that no frame has reached, and tell who waits for
    a person their place.
    """
    # Also where no worker is left that could end a reply in time (P2).
    for change in await database_sync_to_async(end_reply.end_overdue)():
        change_announcements.announce(change, here)
    watched = here.conversations()
    for start_at in range(0, len(watched), MOST_AT_ONCE):
        some = watched[start_at : start_at + MOST_AT_ONCE]
        revisions = await database_sync_to_async(displayed_messages.revisions)(some)
        for conversation in some:
            here.expect(conversation, revisions.get(conversation))
    if watched:
        places = await database_sync_to_async(displayed_messages.places)()
        for conversation in watched:
            here.place(conversation, places.get(conversation, 0))
