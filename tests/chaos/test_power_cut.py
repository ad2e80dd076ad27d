"""A power cut: what a file system holds at a moment at which nothing was synchronised."""

import asyncio
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.stack import Stack, prepared
from tests.visitor import Browser, session
from tests.waiting import until

pytestmark = pytest.mark.chaos

MESSAGES = 40
# Charges that are there before the power goes; more are on their way.
CHARGED = MESSAGES // 4
ENTRIES = "SELECT reference, amount FROM billing_ledgerentry"


class Disk:
    """A file system of its own in a file."""

    def __init__(self, image: Path, at: Path) -> None:
        self.image, self.at = image, at
        at.mkdir()

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self.image, self.at], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.at], check=False)


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk", tmp_path / "mounted")
    with disk.image.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    try:
        subprocess.run(["mkfs.ext4", "-q", disk.image], check=True)
        disk.mount()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a file system is mounted by root alone: {error}")
    yield disk
    disk.unmount()


@pytest.fixture
def stack(disk, monkeypatch) -> Iterator[Stack]:
    prepared("sqlite")  # elsewhere: this disk goes away
    monkeypatch.setattr(tempfile, "tempdir", str(disk.at))
    with Stack(database="sqlite", upstream=["--tokens", "5"]) as stack:
        yield stack


async def ask(stack: Stack) -> set[str]:
    """Messages one after the other, while the answers to those before are written and charged.

    Returns those that were acknowledged.
    """
    acknowledged: set[str] = set()
    async with session() as browsers:
        tabs = [await Browser(browsers, stack.url).new_conversation() for _ in range(8)]
        for tab in tabs:
            tab.open()
        for number in range(MESSAGES):
            tab = tabs[number % len(tabs)]
            tab.say(f"What are your business hours? ({number})")
            while tab.outbox:
                assert await tab.news(within=60)
            acknowledged |= set(tab.acknowledged)
            await asyncio.sleep(0.2)  # what is said at once is answered together
        for tab in tabs:
            await tab.close()
    return acknowledged


def test_what_was_acknowledged_and_charged_is_there_after_a_power_cut(stack, disk, tmp_path):
    acknowledged = asyncio.run(ask(stack))
    until(lambda: len(stack.rows(ENTRIES)) > CHARGED, within=120, why=stack.workers[0].said)
    charged = stack.rows(ENTRIES)

    shutil.copyfile(disk.image, tmp_path / "copy")
    after = Disk(tmp_path / "copy", tmp_path / "after")
    after.mount()
    try:
        (file,) = after.at.glob("stack-*/chat.sqlite3")
        with closing(sqlite3.connect(file)) as database:
            stored = database.execute("SELECT client_id FROM chat_message").fetchall()
            entries = database.execute(ENTRIES).fetchall()
    finally:
        after.unmount()

    assert len(acknowledged) == MESSAGES
    assert {client_id.replace("-", "") for client_id in acknowledged} <= {row[0] for row in stored}
    assert set(charged) <= set(entries)
