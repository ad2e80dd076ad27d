"""A running site with accounts, and two customers who have each talked."""

import asyncio
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from tests import access, files
from tests.load.accounts import Accounts
from tests.stack import Stack
from tests.visitor import Browser

PATIENCE = 90.0  # seconds
ACCOUNTS = {
    access.ACCOUNT: "nobody",
    access.NEWCOMER: "newcomer",
    access.STAFF: "staff",
    access.OPERATOR: "operators",
    access.OWNER: "owner",
}


@dataclass
class LiveSite:
    stack: Stack
    client: aiohttp.ClientSession
    accounts: Accounts = field(init=False)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    theirs: str = ""  # the other customer's conversation
    tokens: list[list[str]] = field(default_factory=list)  # of each conversation, good and over
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    async def prepare(self) -> None:
        self.accounts = await asyncio.to_thread(Accounts.of, self.stack)
        self.cookies = {who: self.accounts.cookies(name) for who, name in ACCOUNTS.items()}
        self.cookies[access.ANONYMOUS] = {}
        for who in (access.CUSTOMER, access.OTHER):
            browser = Browser(self.client, self.stack.url)
            self.theirs = await self._talked(browser, with_file=who == access.CUSTOMER)
            self.cookies[who] = browser.cookies
        (held, public_id, reply), *_ = self.stack.rows(
            "SELECT c.id, c.public_id, max(m.id) FROM chat_conversation c"
            " JOIN chat_message m ON m.conversation_id = c.id GROUP BY c.id ORDER BY c.id"
        )
        self.values = {
            "public_id": str(uuid.UUID(str(public_id))),
            "conversation_id": str(held),
            "reply_id": str(reply),
            "app_label": "chat",
            "url": "nothing-here",
            "accent": "aabbcc",
            "digest": "0" * 16,
            "key": "set-password",
            "verb": "resolve",
        }

    async def _talked(self, browser: Browser, *, with_file: bool) -> str:
        """Its conversation, whose file has the same name: one value fills both addresses."""
        tab = await browser.new_conversation()
        if with_file:
            form = aiohttp.FormData({"id": tab.conversation, "csrfmiddlewaretoken": tab.page.csrf})
            form.add_field("file", files.picture(20, 20), filename="photo.jpg")
            url = f"{self.stack.url}/files/"
            async with self.client.post(url, data=form, headers=browser.headers) as response:
                assert response.status == 200, await response.text()
        fields = {"text": "Where is it?", "client_id": str(uuid.uuid4())}
        if with_file:
            fields["files"] = tab.conversation
        await browser.post(f"/c/{tab.conversation}/ask/", fields, tab.page.csrf)
        until = time.monotonic() + PATIENCE
        while not any(entry.state == "complete" for entry in tab.entries()[1:]):
            assert time.monotonic() < until, tab.entries()
            await asyncio.sleep(0.2)
            tab.page.replace_log(await browser.get(f"/c/{tab.conversation}/"))
        return tab.conversation
