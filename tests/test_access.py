"""Every address and every frame, for everybody: who may not is refused, whatever the address."""

import inspect
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatsite.chat.attachments import uploads
from chatsite.chat.errors import NotYours, Refused
from chatsite.chat.live import incoming_frames
from chatsite.chat.models import Conversation
from chatsite.chat.web import visitors
from chatsite.staff import roles
from tests import access, files
from tests.access import Cell
from tests.api.conftest import Program
from tests.chat.test_admin import member, signed_in
from tests.chat.told import Told, prices

HOST = {"host": "localhost"}
CLIENT_ID = "7b1c3c2e-3d0a-4d0e-8e3e-0123456789ab"
# What a page of the customer's sends; any other gets this too.
FIELDS = {
    "client_id": CLIENT_ID,
    "text": "Let me in",
    "rating": "1",
    "satisfaction": "1",
    "person": "1",
    "email": "thief@shop.example",
}


class Site:
    """One conversation, and a client or a program for each kind of person."""

    def __init__(self) -> None:
        prices()
        browsers = {
            who: Client(headers=HOST, raise_request_exception=False)
            for who in (access.ANONYMOUS, access.CUSTOMER, access.OTHER)
        }
        for who in (access.CUSTOMER, access.OTHER):
            browsers[who].get("/new/")
        self.told = Told(visitor(browsers[access.CUSTOMER]))
        self.told.asks("Where is my order?").answered()
        Told(visitor(browsers[access.OTHER])).asks("Where is mine?").answered()
        # Its file has the name of the conversation: one value fills both addresses.
        photo = files.uploaded(files.picture(20, 20))
        sent = uploads.take(self.told.public_id, photo, self.told.visitor)
        sent.message = self.told.conversation.messages.first()
        sent.save()
        accounts = {
            access.ACCOUNT: User.objects.create_user("nobody"),
            access.NEWCOMER: User.objects.create_user("new", is_staff=True),
            access.STAFF: member("nora", roles.STAFF),
            access.OPERATOR: member("olga", roles.OPERATORS),
            access.OWNER: User.objects.create_superuser("root"),
        }
        self.browsers = browsers | {who: signed_in(user) for who, user in accounts.items()}
        self.programs = {who: Program(user) for who, user in accounts.items()}
        self.values = {
            "public_id": str(self.told.public_id),
            "conversation_id": str(self.told.conversation.pk),
            "reply_id": str(self.told.reply.pk),
            "app_label": "chat",
            "url": "nothing-here",
            "accent": "aabbcc",
            "digest": "0" * 16,
            "key": "set-password",
            "verb": "resolve",
        }

    def asks(self, cell: Cell, program: bool = False) -> Any:
        """As this person asks for it; what is asked for is done."""
        path = access.address(cell.route, self.values)
        if program:
            client = Client(headers=self.programs[cell.who].headers, raise_request_exception=False)
        else:
            client = self.browsers[cell.who]
        if cell.method == "GET":
            return client.get(path)
        if path.startswith("/api/"):
            return client.generic(cell.method, path, "{}", content_type="application/json")
        fields = FIELDS | {"rate": self.values["reply_id"]}
        return client.post(path, fields)


def visitor(browser: Client) -> str:
    return visitors.held({name: morsel.value for name, morsel in browser.cookies.items()})


@pytest.fixture
def site(db) -> Iterator[Site]:
    """Quietly: each refusal's traceback would take longer than the refusal."""
    logging.disable(logging.WARNING)
    yield Site()
    logging.disable(logging.NOTSET)


def test_of_every_address_somebody_has_said_who_may():
    assert [route for route in access.routes() if access.expected(route) is None] == []
    assert set(access.ROUTES) <= set(access.routes())
    programs = {f"api/v1/{route}" for route in access.PROGRAMS}
    assert programs <= set(access.routes())


def test_who_may_not_is_refused_at_every_address(site):
    cells = list(access.boundary())

    answered = {cell: site.asks(cell) for cell in cells}

    let_in = [
        (cell, response.status_code)
        for cell, response in answered.items()
        if not access.is_refused(response.status_code, response.get("Location", ""))
    ]
    assert let_in == []
    assert len(cells) > 1000
    # And nothing has been done to the conversation, whoever asked.
    assert site.told.conversation.messages.count() == 2
    assert Conversation.objects.count() == 2


def test_a_token_opens_what_its_account_may_and_a_cookie_nothing(site):
    for cell in access.cells_of_programs():
        response = site.asks(cell, program=True)
        assert (response.status_code != 403) == cell.may, (cell, response.content)
        assert response.status_code < 500


# Of each frame of the customer's page, one that is about the reply or the conversation of another.
FRAMES: dict[str, Callable[[int], dict[str, object]]] = {
    "retry": lambda reply: {"retry": reply},
    "stop": lambda reply: {"stop": reply},
    "rate": lambda reply: {"rate": reply, "rating": "1", "note": "mine"},
    "satisfaction": lambda _: {"satisfaction": "1", "note": "mine"},
    "email": lambda _: {"email": "thief@shop.example"},
    "person": lambda _: {"person": "1"},
    "text": lambda _: {"text": "Let me in", "client_id": CLIENT_ID},
}


def test_every_frame_of_the_page_is_tried_here():
    words = re.findall(r'"(\w+)" in said|said\["(text)"\]', inspect.getsource(incoming_frames))

    assert {one or other for one, other in words} == set(FRAMES)


def test_no_frame_of_a_stranger_changes_a_conversation(site):
    stranger = visitor(site.browsers[access.OTHER])
    theirs = Conversation.objects.get(visitor=stranger).public_id
    before = stored(site)

    for frame in FRAMES.values():
        said = frame(site.told.reply.pk)
        for who, where in ((stranger, site.told.public_id), (stranger, theirs), ("", theirs)):
            with suppress(Refused, NotYours):
                incoming_frames.read(said, where, who, "203.0.113.9").action()

    assert stored(site) == before


def stored(site: Site) -> list[object]:
    mine = Conversation.objects.filter(public_id=site.told.public_id)
    return [*mine.values(), *mine.get().messages.values()]
