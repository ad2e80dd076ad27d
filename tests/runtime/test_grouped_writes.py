"""Writes that share a commit: what becomes of one whose asker has gone."""

import asyncio
import contextlib
import gc
import threading
from typing import Any

import pytest

from chatsite.runtime.grouped_writes import GroupedWrites
from tests.guards import guards


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
