"""Who sits at a browser: a customer with tabs of the chat, and staff in the admin."""

import secrets
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, Request, expect

from tests.browser.chromium import PATIENCE

# The lines of a question that takes the strong tier.
THREE_PARTS = [
    "1. My pen leaks after a month of use: who pays for the return?",
    "2. Can I return an opened limited edition?",
    "3. How are cross-border returns from the United States handled, and what do they cost?",
]


class Person:
    """One browser profile; its tabs share cookies. Keeps what they print, fetch and pop up."""

    def __init__(self, browser: Browser, url: str, **looks: Any) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.fetched: list[str] = []
        self.dialogs: list[str] = []
        self.context = browser.new_context(base_url=url, locale="en-GB", **looks)
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._printed)
        self.context.on("weberror", lambda thrown: self.complaints.append(str(thrown.error)))
        self.context.on("dialog", self._popped_up)
        self.context.on("request", self._fetches)

    @property
    def fetched_elsewhere(self) -> list[str]:
        """Requests to other origins, also those that the page's policy stopped."""
        own = urlsplit(self.url).netloc
        return [url for url in self.fetched if urlsplit(url).netloc != own]

    def _printed(self, message: ConsoleMessage) -> None:
        # A violation of the content security policy is an error like any other.
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location})")

    def _popped_up(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _fetches(self, request: Request) -> None:
        self.fetched.append(request.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.context.close()


class Customer(Person):
    def open(self, path: str = "/new/") -> "Tab":
        page = self.context.new_page()
        page.goto(path)
        return Tab(page)


class Tab:
    """A tab of the chat, by what a customer finds in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("log", name="Messages")
        self.composer = page.get_by_role("textbox", name="Message")
        self.send = page.get_by_role("button", name="Send")
        self.retry = page.get_by_role("button", name="Retry")
        self.questions = self.log.locator("article[data-role=customer]")
        self.answers = self.log.locator("article[data-role=assistant]")
        self.unsent = page.get_by_role("list", name="Not sent yet").get_by_role("listitem")
        self.connection = page.locator("[data-connection-status]")

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def answer(self) -> Locator:
        """The newest."""
        return self.answers.last

    def ask(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def is_answered(self, times: int = 1, state: str = "complete") -> None:
        """Wait until so many answers are here and the newest has come to this end."""
        expect(self.answers).to_have_count(times)
        expect(self.answer).to_have_attribute("data-state", state)


@dataclass(frozen=True)
class Account:
    name: str
    group: str
    password: str = field(default_factory=secrets.token_urlsafe)

    @property
    def account(self) -> str:
        """Python that makes it, as `tests.stack` takes it."""
        return (
            "from django.contrib.auth.models import Group, User\n"
            f"User.objects.create_user({self.name!r}, password={self.password!r}, is_staff=True)"
            f".groups.add(Group.objects.get(name={self.group!r}))"
        )


STAFF, OPERATOR = Account("robin", "staff"), Account("olga", "operators")


class Staff(Person):
    """Signed in to the admin."""

    account = STAFF

    def visit(self, path: str) -> Page:
        page = self.context.new_page()
        page.goto(path)
        page.get_by_label("Username").fill(self.account.name)
        page.get_by_label("Password").fill(self.account.password)
        page.get_by_role("button", name="Log in", exact=True).click()
        return page

    def open(self, first_question: str) -> Page:
        """The newest conversation that began so, found in the list."""
        page = self.visit("/admin/chat/conversation/")
        page.get_by_role("link", name=first_question).first.click()
        return page


class Operator(Staff):
    account = OPERATOR
