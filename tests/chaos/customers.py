"""Customers who go on while everything breaks: bursts, double clicks, second tabs, leaving."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp

from tests.page import Entry, Page
from tests.visitor import UNREACHABLE, Browser, Tab

T = TypeVar("T")

EASY = (
    "What are your business hours?",
    "Do you ship to Switzerland, and what does it cost?",
    "How long is the warranty?",
    "Where is my parcel?",
)
HARD = (
    "I have three questions about returns:\n1. My pen shows a quality problem after I used it.\n"
    "2. I opened a limited edition and want to return it.\n3. I bought from outside the EU.\n"
    "How is each handled, and what does it cost me?"
)

# Seconds. A message ends within 90; then a tab that missed it looks within 5.
ENDS_WITHIN = 97.0
LIVE_WITHIN = 7.0
# P5: after a reconnect.
CURRENT_WITHIN = 2.0
# A button that was pressed into a dead connection has no effect.
TAKEN_WITHIN = 5.0
# How long the site may be away before a customer is given up.
AWAY = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    client_id: str
    text: str
    twice: bool


@dataclass
class Story:
    """One conversation from the browser's side."""

    number: int
    conversation: str = ""
    said: list[Said] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    retried: set[int] = field(default_factory=set)
    left: int = 0
    connections: int = 0
    # By kind of check, what went wrong in words.
    wrong: list[tuple[str, str]] = field(default_factory=list)
    # What the last tab showed, and how long a tab took to be current after it reconnected.
    shown: list[Entry] = field(default_factory=list)
    current_after: float = 0.0
    browser: Browser | None = None


class Customer:
    def __init__(
        self, session: aiohttp.ClientSession, url: str, number: int, chance: random.Random
    ) -> None:
        self.browser = Browser(session, url)
        self.chance = chance
        self.story = Story(number, browser=self.browser)
        self.tabs: list[Tab] = []
        # The tab in which something may be said at any moment.
        self.talking: Tab | None = None

    async def visit(self) -> Story:
        """A whole conversation."""
        tab = await self._reached(self.browser.new_conversation)
        self.story.conversation = tab.conversation
        self._open(tab)
        for _ in range(self.chance.choice((1, 1, 2, 2, 3))):
            await self._say_something(tab)
            leaves = self.chance.random()
            if leaves < 0.1:
                tab = await self._leave_and_return(tab)
            elif leaves < 0.2:
                await self._lose_connection(tab)
            self.talking = tab
            await self._read_to_the_end(tab)
            await self._retry(tab)
            await asyncio.sleep(self.chance.uniform(0.2, 2))
            self.talking = None
            await self._read_to_the_end(tab)
        await self._compare(tab)
        for each in self.tabs:
            await self._close(each)
        return self.story

    def _open(self, tab: Tab) -> None:
        self.tabs.append(tab)
        tab.open()

    async def _close(self, tab: Tab) -> None:
        await tab.close()
        story = self.story
        story.acknowledged |= set(tab.acknowledged)
        story.refused |= tab.refused
        story.connections += tab.connections
        for words in tab.wrong:
            kind = "one voice" if "in progress" in words else "shown once"
            story.wrong.append((kind, f"{story.conversation}: {words}"))
        story.wrong += [("no target", f"{story.conversation}: {what}") for what in tab.page.missed]
        self.tabs.remove(tab)

    async def _say_something(self, tab: Tab) -> None:
        """One message or a burst, each perhaps twice."""
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            said = self._say(tab, twice=self.chance.random() < 0.2)
            if said.twice:
                await self._say_again(tab, said.text, said.client_id)
            await asyncio.sleep(self.chance.choice((0, 0, 0.05, 0.4, 1.5)))

    def interject(self) -> None:
        """Say one thing more, now, if there is a tab that can."""
        if self.talking is not None and self.talking.connected:
            self._say(self.talking, twice=False)

    def is_cut_off(self) -> None:
        """Whatever was sent may have arrived or not."""
        for tab in self.tabs:
            tab.cut()

    def _say(self, tab: Tab, *, twice: bool) -> Said:
        said = self.story.said
        question = HARD if self.chance.random() < 0.1 else self.chance.choice(EASY)
        text = f"{question} ({self.story.number}.{len(said)})"
        said.append(Said(tab.say(text), text, twice))
        return said[-1]

    async def _say_again(self, tab: Tab, text: str, client_id: str) -> None:
        """A double click, a second tab, or a browser that sends the form as well."""
        how = self.chance.choice(("click", "tab", "form"))
        if how == "click":
            tab.say(text, client_id)
            return
        try:
            other = await self.browser.tab(tab.conversation)
            if how == "tab":
                self._open(other)
                other.say(text, client_id)
            else:
                await other.say_by_form(text, client_id)
                self.story.acknowledged |= set(other.acknowledged)
        except UNREACHABLE:
            return  # the first tab still has it

    async def _leave_and_return(self, tab: Tab) -> Tab:
        """In the middle of the answer, with what was not sent yet kept in the browser."""
        await self._until_it_is_written(tab)
        await self._close(tab)
        self.story.left += 1
        await asyncio.sleep(self.chance.uniform(0, 6))
        new = await self._reached(lambda: self.browser.tab(tab.conversation))
        new.outbox |= tab.outbox
        self._open(new)
        return new

    async def _lose_connection(self, tab: Tab) -> None:
        """In the middle of the answer; once it is back, the tab lacks nothing that is stored."""
        await self._until_it_is_written(tab)
        await tab.close()
        await asyncio.sleep(self.chance.uniform(0, 3))
        tab.open()
        for _ in range(100):
            if tab.connected:
                break
            await asyncio.sleep(0.05)
        connection, stored = tab.connections, await self._reached(self._stored)
        await asyncio.sleep(CURRENT_WITHIN)
        if not tab.connected or tab.connections != connection:
            return  # broken again meanwhile
        shown = {entry.id: entry for entry in tab.entries()}
        for entry in stored:
            text = shown[entry.id].text if entry.id in shown else None
            # A shorter text that is no beginning belongs to a newer attempt.
            if text is None or (text != entry.text and entry.text.startswith(text)):
                self._note("tabs equal the database", f"lacks {entry}, has {text!r}")

    async def _until_it_is_written(self, tab: Tab) -> None:
        """For two seconds at most."""
        for _ in range(20):
            if any(entry.state == "writing" for entry in tab.entries()):
                break
            await asyncio.sleep(0.1)

    async def _read_to_the_end(self, tab: Tab) -> None:
        """Until every message is taken and nothing is being written."""
        until = time.monotonic() + ENDS_WITHIN
        while not _at_rest(tab):
            if time.monotonic() > until:
                self._note("ended in the tab", f"after {ENDS_WITHIN:.0f} s: {_last(tab)}")
                return
            if tab.outbox:
                # Not acknowledged yet: its 90 seconds have not begun.
                until = time.monotonic() + ENDS_WITHIN
            await tab.news(within=0.5)

    async def _retry(self, tab: Tab) -> None:
        """Half of those who see an error press its button, once."""
        failed = [entry for entry in tab.entries() if entry.state in {"failed", "cut"}]
        if failed and not self.story.retried and self.chance.random() < 0.5:
            self.story.retried.add(failed[-1].id)
            tab.retry(failed[-1].id)
            pressed = time.monotonic()
            while failed[-1] in tab.entries() and time.monotonic() < pressed + TAKEN_WITHIN:
                await tab.news(within=0.5)
            await self._read_to_the_end(tab)

    async def _compare(self, tab: Tab) -> None:
        """Every tab with what the database holds: as it stands, and after a reconnect."""
        for each in self.tabs:
            if not await self._shows_what_is_stored(each, LIVE_WITHIN):
                self._note("tabs follow live", await self._difference(each))
        await tab.close()
        tab.open()
        if not await self._shows_what_is_stored(tab, CURRENT_WITHIN):
            self._note("tabs equal the database", await self._difference(tab))
        self.story.shown = tab.entries()

    async def _shows_what_is_stored(self, tab: Tab, within: float) -> bool:
        """The time counts while the tab is connected."""
        connected, since = -1, 0.0
        given_up = time.monotonic() + AWAY
        while time.monotonic() < given_up:
            if not tab.connected or tab.connections != connected:
                connected, since = tab.connections, time.monotonic()
                if not tab.connected:
                    await asyncio.sleep(0.05)
                    continue
            stored = await self._reached(self._stored)
            if tab.entries() == stored:
                self.story.current_after = time.monotonic() - since
                return True
            if tab.connected and tab.connections == connected and time.monotonic() - since > within:
                return False
            await tab.news(within=0.1)
        return False

    async def _stored(self) -> list[Entry]:
        return Page(await self.browser.get(f"/c/{self.story.conversation}/")).entries()

    async def _difference(self, tab: Tab) -> str:
        stored = await self._reached(self._stored)
        shown = tab.entries()
        pairs = zip(stored, shown, strict=False)
        first = next(((one, two) for one, two in pairs if one != two), None)
        return f"{len(stored)} stored, {len(shown)} shown, first difference {first}"

    async def _reached(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Again until the site is back. Raises the last of UNREACHABLE."""
        until = time.monotonic() + AWAY
        while True:
            try:
                return await ask()
            except UNREACHABLE:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.3)

    def _note(self, kind: str, words: str) -> None:
        self.story.wrong.append((kind, f"{self.story.conversation}: {words}"))


def _at_rest(tab: Tab) -> bool:
    entries = tab.entries()
    waits = bool(tab.outbox) or any(entry.open for entry in entries)
    return not waits and bool(entries) and entries[-1].role == "assistant"


def _last(tab: Tab) -> str:
    entries = tab.entries()
    return f"{len(tab.outbox)} unsent, last {entries[-1] if entries else None}"
