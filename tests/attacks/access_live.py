"""Who may do what at a running site: every address, every frame and every token, through Daphne.

    python -m tests.attacks.access_live [--database postgresql]

First whoever is refused tries everything, and nothing may have changed by it. Then whoever may do
it does: gets first, and what deletes or signs out last. `tests/attacks/access.py` asks the same
without a server, and undoes each request.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator

import aiohttp
import django

from tests.stack import Stack
from tests.tables import show
from tests.visitor import session

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

# Models can be imported from here on.
from tests import access  # noqa: E402
from tests.access import Cell  # noqa: E402
from tests.attacks.access import excused  # noqa: E402
from tests.attacks.live_site import ACCOUNTS, LiveSite  # noqa: E402
from tests.test_access import FIELDS, FRAMES  # noqa: E402

TABLES = (
    *("auth_", "api_", "billing_budget", "billing_price", "chat_", "inbox_", "knowledge_"),
    *("quality_", "routing_", "shop_", "staff_firstpassword", "widget_", "webhooks_"),
)
# Counted as it is used, kept by the workers, or stored once anybody reads it.
BY_THEMSELVES = ("api_accesstoken", "billing_budgetperiod", "quality_rubric")
# What takes away what others try later.
LAST = ("delete", "erase", "discard", "end/", "sessions", "logout", "password", "adopt", "import")
CSRF = "t" * 32
REFUSED_SOCKET = 4403
TOKENS = """
import time
from chatsite.chat.models import Conversation
from chatsite.chat.web import visitors
now = time.time()
for number, one in enumerate(Conversation.objects.order_by("id")):
    print("TOKEN", visitors.token(one.visitor, now + 3600), visitors.token(one.visitor, now - 1))
"""


class Matrix(LiveSite):
    async def run(self) -> None:
        cells = list(access.cells())
        before = self._stored()
        printed = await asyncio.to_thread(self.stack.manage, "shell", "-v", "0", "-c", TOKENS)
        self.tokens = [line.split()[1:] for line in printed.splitlines() if "TOKEN" in line]
        for cell in cells:
            if not cell.may:
                await self._asked(cell)
        for cell in access.cells_of_programs():
            if not cell.may:
                await self._asked(cell, program=True)
        await self._sockets_refused()
        for table, rows in self._stored().items():
            if changed := [row for row in rows if row not in before[table]]:
                self.wrong.append((table, f"changed by who was refused: {changed!r:.400}"))
        await self._sockets_let_in()
        for cell in access.cells_of_programs():
            if cell.may:
                await self._asked(cell, program=True)
        for cell in sorted(filter(lambda cell: cell.may, cells), key=_destroys):
            await self._asked(cell)

    def _stored(self) -> dict[str, list[tuple[object, ...]]]:
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        if not self.stack.postgresql:
            named = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = [name for (name,) in self.stack.rows(named) if name.startswith(TABLES)]
        return {
            name: sorted(self.stack.rows(f'SELECT * FROM "{name}"'), key=repr)
            for name in tables
            if not name.startswith(BY_THEMSELVES)
        }

    async def _asked(self, cell: Cell, *, program: bool = False) -> None:
        url = self.stack.url + access.address(cell.route, self.values)
        sent = ({} if program else self.cookies[cell.who]) | {"csrftoken": CSRF}
        headers = {
            "Origin": self.stack.url,
            "Cookie": "; ".join(f"{name}={value}" for name, value in sent.items()),
            "X-CSRFToken": CSRF,
        }
        if program:
            headers["Authorization"] = f"Bearer {self.accounts.tokens[ACCOUNTS[cell.who]]}"
        data: object = None
        if cell.method != "GET":
            data = FIELDS | {"rate": self.values["reply_id"]}
            if "/api/" in url:
                data, headers["Content-Type"] = b"{}", "application/json"
        status, to = await self._status(cell.method, url, headers, data)
        if status == 302 and not cell.may and not access.is_refused(status, to):
            # It leads to where somebody who may not is refused.
            status, to = await self._status("GET", self.stack.url + to, headers)
        # A token that may not is told so in so many words.
        refused = status == 403 if program else access.is_refused(status, to)
        is_excused = (cell.may and program and status == 404) or excused(cell, status)
        self._count(cell.who, refused)
        if status >= 500 and cell.route != "readyz":
            self.failed.append((cell.who, f"{status}: {cell.method} {cell.route}"))
        if refused == cell.may and not is_excused:
            self.wrong.append((cell.who, f"{status} {to}: {cell.method} {cell.route}"))

    async def _status(
        self, method: str, url: str, headers: dict[str, str], data: object = None
    ) -> tuple[int, str]:
        """And where it leads."""
        async with self.client.request(
            method, url, data=data, headers=headers, allow_redirects=False
        ) as response:
            await response.read()
            return response.status, response.headers.get("Location", "")

    def _count(self, who: str, refused: bool) -> None:
        self.counted[who, "refused" if refused else "let in"] += 1

    async def _sockets_refused(self) -> None:
        """Each frame at once behind the opening, before the refusal can have come."""
        held = self.values["public_id"]
        for who, said in itertools.product(access.WHO, _said(self.values["reply_id"])):
            if who not in access.SOCKETS["ws/c/<uuid:public_id>/"]:
                await self._closed(who, f"/ws/c/{held}/", said)
            if who not in access.SOCKETS["ws/inbox/"]:
                await self._closed(who, "/ws/inbox/", said)
        mine, other = self.tokens
        for token, code in ((other[0], REFUSED_SOCKET), (mine[1], 4401), ("x", 4401)):
            protocols = ("chatsite", f"chatsite.token.{token}")
            # A token is believed alone, whatever cookies come with it.
            for said in _said(self.values["reply_id"]):
                await self._closed(access.CUSTOMER, f"/ws/c/{held}/", said, code, protocols)
        for origin in ("https://elsewhere.example", "null", ""):
            for path in (f"/ws/c/{held}/", "/ws/inbox/"):
                await self._no_handshake(access.CUSTOMER, path, origin)
                await self._no_handshake(access.OWNER, path, origin)

    async def _sockets_let_in(self) -> None:
        mine = (
            f"SELECT * FROM chat_message WHERE conversation_id = {self.values['conversation_id']}"
        )
        before = self.stack.rows(mine)
        # In a conversation of one's own, about another's reply.
        for said in _frames(self.values["reply_id"]):
            await self._heard(access.OTHER, f"/ws/c/{self.theirs}/", said)
        if self.stack.rows(mine) != before:
            self.wrong.append((access.OTHER, "changed another's conversation"))
        for said in _frames(self.values["reply_id"]):
            await self._heard(access.CUSTOMER, f"/ws/c/{self.values['public_id']}/", said)
        for who in sorted(access.SOCKETS["ws/inbox/"]):
            said = {"here": self.values["public_id"], "typing": True}
            await self._heard(who, "/ws/inbox/", said)

    def _headers(self, who: str, origin: str = "") -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies[who].items())
        return {"Origin": origin or self.stack.url} | ({"Cookie": cookie} if cookie else {})

    async def _closed(
        self,
        who: str,
        path: str,
        said: dict[str, object],
        code: int = REFUSED_SOCKET,
        protocols: tuple[str, ...] = (),
    ) -> None:
        """The socket is closed with this code, and nothing is said there before."""
        heard, closed = await self._spoken(who, path, said, protocols)
        self._count(who, closed == code)
        if closed != code or heard:
            self.wrong.append((who, f"{path} {said}: closed with {closed}, told {heard[:200]}"))

    async def _heard(self, who: str, path: str, said: dict[str, object]) -> None:
        heard, closed = await self._spoken(who, path, said)
        self._count(who, refused=closed is not None)
        # 1 s later it is still open.
        if closed is not None:
            self.wrong.append((who, f"{path} {said}: closed with {closed}, told {heard[:200]}"))

    async def _spoken(
        self, who: str, path: str, said: dict[str, object], protocols: tuple[str, ...] = ()
    ) -> tuple[str, int | None]:
        """What is told within a second, and the code with which it was closed then, if it was."""
        heard = ""
        async with self.client.ws_connect(
            self.stack.url + path, headers=self._headers(who), protocols=protocols
        ) as socket:
            with contextlib.suppress(ConnectionError):
                await socket.send_str(json.dumps(said))
            try:
                async with asyncio.timeout(1):
                    async for message in socket:
                        heard += str(message.data)
            except TimeoutError:
                return heard, None
            return heard, socket.close_code

    async def _no_handshake(self, who: str, path: str, origin: str) -> None:
        headers = self._headers(who, origin)
        if not origin:
            del headers["Origin"]
        try:
            async with self.client.ws_connect(self.stack.url + path, headers=headers):
                self.wrong.append((who, f"{path} from {origin!r} is opened"))
        except aiohttp.WSServerHandshakeError as error:
            self._count(who, refused=error.status == 403)


def _frames(reply: str) -> Iterator[dict[str, object]]:
    """Of the customer's page."""
    yield from (frame(int(reply)) for frame in FRAMES.values())
    yield {"ack": 1}


def _said(reply: str) -> Iterator[dict[str, object]]:
    """And of the inbox."""
    yield from _frames(reply)
    yield {"here": str(uuid.uuid4()), "typing": True}


def _destroys(cell: Cell) -> int:
    """How late it comes: what only reads is first."""
    at = next((place for place, word in enumerate(LAST, 1) if word in cell.route), 0)
    return 0 if cell.method == "GET" and "logout" not in cell.route else 1 + at


async def tried(stack: Stack) -> Matrix:
    async with session() as client:
        matrix = Matrix(stack, client)
        await matrix.prepare()
        await matrix.run()
    for process in stack.processes:
        for line in process.log.read_text(errors="replace").splitlines():
            if " ERROR " in line or " CRITICAL " in line:
                matrix.failed.append((process.name, line[24:300]))
    return matrix


def run(database: str) -> bool:
    began = time.monotonic()
    environment = {"CALLS_PER_TOKEN": "1000000"}
    with Stack(database=database, environment=environment, upstream=["--tokens", "5"]) as stack:
        matrix = asyncio.run(tried(stack))
    show(
        f"Every address, frame and token at a running site, on {database}",
        [
            {
                "who": who,
                "let in": matrix.counted[who, "let in"],
                "refused": matrix.counted[who, "refused"],
                "wrong answers": sum(by == who for by, _ in matrix.wrong),
                "of 500": sum(by == who for by, _ in matrix.failed),
            }
            for who in access.WHO
        ],
    )
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    for kind, found in (("wrong", matrix.wrong), ("failed", matrix.failed)):
        for what, count in Counter(found).most_common(40):
            sys.stdout.write(f"\n{kind}, {count} x {what}\n")
    return not matrix.wrong and not matrix.failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.attacks.access_live", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    return int(not run(parser.parse_args().database))


if __name__ == "__main__":
    sys.exit(main())
