"""Queued writes that share one commit.

The commit is half of what a small write costs, so verbs that wait at the same moment run in one
transaction. Each verb still succeeds or fails by itself: when one raises, all are undone and each
runs again alone. A verb must therefore do nothing but database work, and leave the rest (waking a
worker, telling the tabs) to `transaction.on_commit` or to whoever awaited it.

Goes when Django has transactions that async code awaits, which django/channels #1937 and
django/new-features #7 ask for, and one of them costs no commit of its own.
"""

import asyncio
import fcntl
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

from django.db import connection, transaction

logger = logging.getLogger(__name__)
S = TypeVar("S")
T = TypeVar("T")

# More would hold the locks of the first while the last still runs.
MOST_PER_COMMIT = 32
# PostgreSQL's word to one of two transactions that wait for each other, as a worker's and a web
# process's groups may: the other has gone on, so that the verb finds its rows free.
DEADLOCK, MOST_DEADLOCKS = "40P01", 5

_own_turn = threading.Lock()


def _nothing() -> None:
    """A look of verbs that need none."""


@dataclass(slots=True)
class _Queued:
    verb: Callable[[Any], Any] | None  # None: the look is all
    look: Callable[[], Any]
    seen: Any = None
    outcome: Future[Any] = field(default_factory=Future)

    def looked(self) -> bool:
        """Whether the look, before any transaction, raised nothing."""
        try:
            self.seen = self.look()
        except BaseException as error:  # handed to the awaiting caller
            self.fails(error)
            return False
        return True

    def fails(self, error: BaseException) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)

    def run(self) -> Any:
        assert self.verb is not None
        return self.verb(self.seen)

    def alone(self) -> None:
        """Run in a transaction of its own; whatever it raises belongs to who asked."""
        for left in reversed(range(MOST_DEADLOCKS)):
            try:
                with transaction.atomic():
                    result = self.run()
            except BaseException as error:  # handed to the awaiting caller
                if left and getattr(error.__cause__, "sqlstate", "") == DEADLOCK:
                    continue
                self.fails(error)
            else:
                self.outcome.set_result(result)
            return


class GroupedWrites:
    """One thread with one database connection that runs verbs for an event loop."""

    def __init__(self, name: str) -> None:
        self._queue: SimpleQueue[_Queued | None] = SimpleQueue()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, verb: Callable[[], T]) -> T:
        """The verb's result once it is committed. Raises what the verb raises.

        A cancelled caller does not stop a verb: it may already be committed.
        """
        result: T = await self._outcome(_Queued(lambda _: verb(), _nothing))
        return result

    async def look_and_run(self, look: Callable[[], S], verb: Callable[[S], T]) -> T:
        """The same with a verb that takes what `look` has read, which nobody had to wait for.

        It reads before the verb's transaction, so that the verb has to notice what changed since.
        """
        result: T = await self._outcome(_Queued(verb, look))
        return result

    async def look(self, look: Callable[[], T]) -> T:
        """What it reads, outside of any transaction. Raises what it raises."""
        result: T = await self._outcome(_Queued(None, look))
        return result

    async def _outcome(self, queued: _Queued) -> Any:
        self._queue.put(queued)
        outcome = asyncio.wrap_future(queued.outcome)
        # Looked at even where who asked has gone: asyncio logs what nobody looks at as an error.
        outcome.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(outcome)

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while not self._closing:
            group: list[_Queued] = []
            try:
                self._take(self._queue.get(), group)
                self._take_what_waits(group)
                if group:
                    with turn_to_write():
                        self._take_what_waits(group)  # whoever came meanwhile
                        self._commit(group)
                _reconnect_after_errors()
            except BaseException as error:
                # Out of file descriptors or memory: whoever asked is told, and may ask again. The
                # thread goes on, since nobody would start another.
                logger.exception("%d grouped writes failed together", len(group))
                for queued in group:
                    queued.fails(error)
        connection.close()

    def _take_what_waits(self, group: list[_Queued]) -> None:
        while len(group) < MOST_PER_COMMIT and not self._queue.empty():
            self._take(self._queue.get(), group)

    def _take(self, queued: _Queued | None, group: list[_Queued]) -> None:
        """Into the group, unless its look fails or is all; None is the end."""
        if queued is None:
            self._closing = True
        elif queued.looked():
            if queued.verb is None:
                queued.outcome.set_result(queued.seen)
            else:
                group.append(queued)

    def _commit(self, group: list[_Queued]) -> None:
        if len(group) == 1:
            group[0].alone()
            return
        try:
            with transaction.atomic():
                results = [queued.run() for queued in group]
        except Exception as error:  # each gets its own below
            logger.info("%d grouped writes run one by one after %r", len(group), error)
            _reconnect_after_errors()
            for queued in group:
                queued.alone()
            return
        for queued, result in zip(group, results, strict=True):
            queued.outcome.set_result(result)


def _reconnect_after_errors() -> None:
    """Keep the thread's connection while it works; Django's own way opens one for each group."""
    if connection.errors_occurred:
        connection.close_if_unusable_or_obsolete()


@contextmanager
def turn_to_write() -> Iterator[None]:
    """Wait for this process's turn where the database has one writer at a time.

    SQLite asks for its lock again and again, after sleeps that grow to 100 ms; a file's lock wakes
    the next writer at once. With one web process and one worker: 24 messages/s without, 91 with.
    Of a process one thread waits for the file and the others behind it: in a flood a hundred of a
    web process wait, and the worker, which ends all answers, had one of a hundred turns.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with _own_turn, open(f"{connection.settings_dict['NAME']}.turn", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
