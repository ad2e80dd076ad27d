"""The inbox with 200 open conversations and 20 members of staff at once: clicks, events, memory.

    python -m tests.load.inbox [--seconds 30] [--staff 20] [--conversations 200]

Each member of staff has a conversation open in a tab, replies in it and looks at others; the tab is
brought the queue of those who wait, nearly half of all, and reads its conversation anew when the
customer writes: then the event has arrived. Asked: a click under 200 ms, an event under 1 s. Where
others use the machine, only the CPU says much.
"""

import argparse
import asyncio
import random
import sys
import time
import uuid
from dataclasses import dataclass, field

import aiohttp
import orjson

from tests.load import phases, run
from tests.load.accounts import Accounts
from tests.load.chats import Chat
from tests.load.phases import QUESTION, Pace, Site, Spread
from tests.stack import Stack, Usage
from tests.tables import show

PACE = Pace(first_token=0.2, per_second=25, tokens=20)
# Seconds between two clicks of one person, and between two messages of one customer.
CLICK_EVERY, ASK_EVERY = 3.0, 10.0
CSRF = "c" * 32


@dataclass(slots=True)
class Seen:
    """Microseconds."""

    clicks: dict[str, list[int]] = field(default_factory=dict)
    events: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    web: list[Usage] = field(default_factory=list)  # before the first click, and at each quarter


class Agent:
    """One person's inbox."""

    def __init__(self, url: str, cookies: dict[str, str], number: int, own: int, seen: Seen):
        self.url, self.own, self.seen = url, own, seen
        headers = {"Origin": url, "HX-Request": "true"}
        self.session = aiohttp.ClientSession(cookies=cookies | {"csrftoken": CSRF}, headers=headers)
        self.sent: list[float] = []  # when its own customer wrote
        self.dice = random.Random(number)

    async def click(self, what: str, path: str, **fields: str) -> None:
        begun = time.monotonic()
        if fields:
            said = self.session.post(
                self.url + path, data=fields | {"csrfmiddlewaretoken": CSRF}, allow_redirects=True
            )
        else:
            said = self.session.get(self.url + path)
        async with said as response:
            await response.read()
            if response.status != 200:
                self.seen.refused.append(f"{what}: {response.status}")
        took = int(1e6 * (time.monotonic() - begun))
        self.seen.clicks.setdefault(what, []).append(took)

    async def listen(self, conversation: str) -> None:
        """As the page does: say what is open, and read that anew when told so."""
        socket = await self.session.ws_connect(f"{self.url}/ws/inbox/?queue=waiting")
        await socket.send_str(orjson.dumps({"here": conversation, "typing": False}).decode())
        async for message in socket:
            if orjson.loads(message.data).get("here"):
                sent, self.sent = self.sent, []
                await self.click("conversation, read anew", f"/inbox/{self.own}/live/")
                self.seen.events += [int(1e6 * (time.monotonic() - begun)) for begun in sent]

    async def work(self, until: float, conversations: list[int]) -> None:
        await asyncio.sleep(self.dice.uniform(0, CLICK_EVERY))
        await self.click("take over", f"/inbox/{self.own}/take/", x="1")
        while time.monotonic() < until:
            await self.click("open a conversation", f"/inbox/{self.dice.choice(conversations)}/")
            await asyncio.sleep(CLICK_EVERY)
            words = {"text": "I am looking into it.", "client_id": str(uuid.uuid4())}
            await self.click("reply", f"/inbox/{self.own}/reply/", **words)
            await asyncio.sleep(CLICK_EVERY)


async def _talk(chat: Chat, until: float, agent: Agent | None, number: int) -> None:
    """A customer of the assistant's waits for the answer; one of a person's does not."""
    await asyncio.sleep(ASK_EVERY * random.Random(number).random())
    while time.monotonic() < until:
        if agent is None:
            await chat.ask(QUESTION, 60)
        else:
            agent.sent.append(time.monotonic())
            said = orjson.dumps({"text": QUESTION, "client_id": str(uuid.uuid4())})
            chat._send(0x81, said)
        await asyncio.sleep(ASK_EVERY)


async def _watch(stack: Stack, seen: Seen, every: float) -> None:
    seen.web.append(stack.web.usage())
    for _ in range(4):
        await asyncio.sleep(every)
        seen.web.append(stack.web.usage())


async def measured(stack: Stack, staff: int, conversations: int, seconds: float) -> Seen:
    names = [f"staff-{number}" for number in range(staff)]
    accounts = Accounts.of(stack, dict.fromkeys(names, "staff"))
    site = Site(stack.url, run.visitor(stack.url), ())
    phases.change_pace(stack.upstream_url, PACE)
    chats = await phases.opened(site, conversations)
    for some in (chats[at : at + 20] for at in range(0, len(chats), 20)):
        await asyncio.gather(*(chat.ask(QUESTION, 60) for chat in some))
    for chat in chats[staff::2]:
        chat._send(0x81, b'{"person": "1"}')
    rows = stack.rows("SELECT id, public_id FROM chat_conversation")
    numbers = {uuid.UUID(str(public)).hex: int(number) for number, public in rows}
    ids = [numbers[uuid.UUID(chat.conversation).hex] for chat in chats]
    seen = Seen()
    agents = [
        Agent(stack.url, accounts.cookies(name), number, ids[number], seen)
        for number, name in enumerate(names)
    ]
    listening = [
        asyncio.create_task(agent.listen(chat.conversation))
        for agent, chat in zip(agents, chats, strict=False)
    ]
    until = time.monotonic() + seconds
    watching = asyncio.create_task(_watch(stack, seen, seconds / 4))
    own = dict(enumerate(agents))
    await asyncio.gather(
        *(agent.work(until, ids) for agent in agents),
        *(_talk(chat, until, own.get(at), at) for at, chat in enumerate(chats)),
    )
    await watching
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for agent in agents:
        await agent.session.close()
    for chat in chats:
        chat.close()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.load.inbox", description=__doc__)
    parser.add_argument("--staff", type=int, default=20)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with Stack(upstream_command=["-m", "tests.load.clocked"], seed=run.SEED) as stack:
        seen = asyncio.run(measured(stack, options.staff, options.conversations, options.seconds))
    title = f"{options.staff} members of staff, {options.conversations} open conversations"
    kinds = {**seen.clicks, "a customer's message arrives": seen.events}
    show(
        title,
        [
            {"what": what, "times": len(each), "p50 / p95, ms": Spread.of(each)}
            for what, each in sorted(kinds.items())
        ],
    )
    memory = {f"{at} of 4": usage.pss / 2**20 for at, usage in enumerate(seen.web)}
    show("Memory of web, MB, by the quarters of the run", [memory])
    clicks = sum(len(each) for each in seen.clicks.values())
    cpu = {"CPU, s": seen.web[-1].cpu - seen.web[0].cpu, "clicks": clicks}
    show("Web, with the customers' messages", [cpu | {"ms a click": 1000 * cpu["CPU, s"] / clicks}])
    sys.stderr.writelines(f"{each}\n" for each in sorted(set(seen.refused)))
    return int(bool(seen.refused))


if __name__ == "__main__":
    sys.exit(main())
