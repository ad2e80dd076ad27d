"""Writes that share a commit: one whose asker has gone, and processes that take turns."""

import asyncio
import contextlib
import fcntl
import gc
import os
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from chatsite.runtime.grouped_writes import GroupedWrites, turn_to_write
from tests.guards import guards
from tests.waiting import until


@guards(
    "chatsite/runtime/grouped_writes.py",
    "        outcome.add_done_callback(lambda done: done.cancelled() or done.exception())\n",
    "",
)
@pytest.mark.django_db(transaction=True)
async def test_a_write_that_fails_after_its_asker_has_gone_is_no_error_in_the_log():
    said: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    begun, gone = threading.Event(), threading.Event()
    writes = GroupedWrites("tests")

    def verb() -> None:
        begun.set()
        gone.wait(5)
        raise ValueError("refused")

    asker = asyncio.create_task(writes.run(verb))
    await asyncio.to_thread(begun.wait, 5)
    asker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asker
    gone.set()
    await asyncio.to_thread(writes.close)
    await asyncio.sleep(0)
    del asker
    gc.collect()
    await asyncio.sleep(0)

    assert said == []


def waiting_for(path: str) -> int:
    """Descriptors of this process that are open on the file."""
    return sum(os.path.realpath(each) == path for each in Path("/proc/self/fd").iterdir())


def is_in(function: str, thread: threading.Thread) -> bool:
    assert thread.ident is not None
    frame = sys._current_frames().get(thread.ident)
    return frame is not None and frame.f_code.co_name == function


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers")
@guards("chatsite/runtime/grouped_writes.py", "with _own_turn, open(", "with open(")
@pytest.mark.django_db(transaction=True)
def test_a_process_with_many_writers_takes_no_more_turns_than_one_with_one():
    path = os.path.realpath(f"{connection.settings_dict['NAME']}.turn")
    done = []

    def write() -> None:
        with turn_to_write():
            done.append(threading.get_ident())

    threads = [threading.Thread(target=write) for _ in range(8)]
    with open(path, "w") as others:
        fcntl.flock(others, fcntl.LOCK_EX)
        for thread in threads:
            thread.start()
        until(lambda: all(is_in("turn_to_write", thread) for thread in threads), within=10)
        assert waiting_for(path) == 2
    for thread in threads:
        thread.join()

    assert len(done) == len(threads)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
async def test_two_writes_that_wait_for_each_other_are_both_done():
    for name in ("a", "b"):
        await Group.objects.acreate(name=name)
    both = threading.Barrier(2)

    def verb(first: str, second: str) -> int:
        done = Group.objects.filter(name=first).update(name=first)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(2)
            both.abort()  # whoever comes again waits for nobody
        return done + Group.objects.filter(name=second).update(name=second)

    writers = [GroupedWrites(name) for name in ("one", "another")]
    orders = (partial(verb, "a", "b"), partial(verb, "b", "a"))
    done = await asyncio.gather(*map(GroupedWrites.run, writers, orders))
    for writer in writers:
        await asyncio.to_thread(writer.close)

    assert done == [2, 2]
