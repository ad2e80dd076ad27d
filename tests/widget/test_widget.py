"""The widget over HTTP and the socket: who may frame it, and who its tokens say one is."""

import json
import time
import uuid

import jwt
import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import AsyncClient, Client

from chatsite.asgi import application
from chatsite.chat.actions import ask, delete_conversation
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import visitors
from chatsite.staff import roles
from chatsite.widget import widget_user
from chatsite.widget.models import Customer, Widget
from tests.chat.test_admin import member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards

HOST = {"host": "localhost"}
SHOP = "https://shop.example"
CLIENT_ID = "7b1c3c2e-3d0a-4d0e-8e3e-0123456789ab"


@pytest.fixture
def widget(db) -> Widget:
    widget = Widget(name="Shop", origins=f"{SHOP}\nhttps://bücher.example/")
    widget.full_clean()
    widget.save()
    return widget


def opened(widget: Widget, client: Client | None = None, **said: object):
    client = client or Client(enforce_csrf_checks=True, headers=HOST)
    address = f"/widget/{widget.key}/open/"
    return client.post(address, json.dumps(said), content_type="application/json")


def signed(widget: Widget, secret: str = "", **said: object) -> str:
    claims = {"sub": "customer 7", "exp": time.time() + 600} | said
    return jwt.encode({k: v for k, v in claims.items() if v}, secret or widget.secret, "HS256")


def visitor(response) -> str:
    return visitors.of_token(response.json()["token"]).visitor


def test_only_the_allowed_sites_may_frame_it(widget, client):
    response = client.get(f"/widget/{widget.key}/", headers=HOST)

    policy = response["Content-Security-Policy"]
    assert f"frame-ancestors {SHOP} https://xn--bcher-kva.example;" in policy + ";"
    assert "X-Frame-Options" not in response
    assert "Set-Cookie" not in response
    assert client.get("/", headers=HOST)["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "origin",
    [
        "shop.example",
        "https://shop.example/path",
        "javascript:alert(1)",
        "https://*.example",
        "https://a@shop.example",
        "https://shop.example:99999",
        "https://shop.example?x",
        "'self'",
        "https://;script-src",
        "https://[",
        "https://[::1",
    ],
)
def test_what_is_no_origin_is_refused(origin, db):
    owner = signed_in(member("olga", roles.OPERATORS))

    page = owner.post(
        "/admin/widget/widget/add/",
        {"name": "x", "origins": origin, "position": "end", "active": "on"},
    )

    assert "is not an origin" in text(page)
    assert not Widget.objects.exists()


def test_a_browser_is_known_again_by_what_it_keeps_and_another_is_not(widget):
    first = opened(widget)

    again = opened(widget, keeper=first.json()["keeper"])

    assert visitor(first) == visitor(again) != ""
    assert visitor(opened(widget)) != visitor(first)
    assert first.json()["seconds"] <= widget_user.TOKEN_LASTS


@guards("chatsite/widget/widget_user.py", "if of_widget == widget.pk else", "if key else")
def test_what_a_browser_keeps_is_worth_nothing_elsewhere(widget):
    other = Widget.objects.create(name="Other", origins=SHOP)
    kept = opened(widget).json()["keeper"]

    assert visitor(opened(other, keeper=kept)) != visitor(opened(widget, keeper=kept))
    key = widget_user._key_of(other, kept)
    assert key == ""


def test_a_customer_is_who_the_shop_signed(widget):
    first = opened(widget, identity=signed(widget, name="Ada\x00\n", email="ada@example.com"))

    second = opened(widget, identity=signed(widget))

    assert visitor(first) == visitor(second)
    customer = Customer.objects.get()
    assert (customer.reference, customer.name) == ("customer 7", "")
    assert visitor(opened(widget, identity=signed(widget, sub="customer 8"))) != visitor(first)


def token_without_signature(widget: Widget) -> str:
    return jwt.encode({"sub": "customer 7", "exp": time.time() + 60}, "", "none")


@pytest.mark.parametrize(
    "forge",
    [
        token_without_signature,
        lambda widget: signed(widget, secret="x" * 48),
        lambda widget: signed(widget, exp=time.time() - 60),
        lambda widget: signed(widget, exp=None),
        lambda widget: signed(widget, sub=None),
        lambda widget: signed(widget, exp=time.time() + 3 * 24 * 3600),
        lambda widget: "no token",
        lambda widget: signed(widget)[:-3],
    ],
)
def test_a_forged_or_old_identity_is_refused(widget, forge):
    response = opened(widget, identity=forge(widget))

    assert response.status_code == 401
    assert "token" not in response.json()
    assert not Customer.objects.exists()


def test_a_token_lasts_no_longer_than_what_the_shop_signed(widget):
    response = opened(widget, identity=signed(widget, exp=time.time() + 40))

    assert response.json()["seconds"] <= 40


def test_a_token_opens_by_its_header_and_cookies_do_not_count_then(widget):
    said = opened(widget).json()
    told = Told(visitor=visitors.of_token(said["token"]).visitor)
    prices()
    told.asks("Is my order lost?")
    page = f"/c/{told.conversation.public_id}/"
    client = Client(enforce_csrf_checks=True, headers=HOST)

    assert client.get(page).status_code == 404
    assert client.get(page, headers={"x-chat-token": said["token"]}).status_code == 200
    wished = client.post(f"{page}person/", {"person": "1"}, headers={"x-chat-token": said["token"]})
    assert wished.status_code == 302
    assert client.post(f"{page}person/", {"person": "1"}).status_code == 403
    # A cookie that would open it, beside a token that does not.
    assert client.get(page, headers={"x-chat-token": "forged"}).status_code == 404


def test_another_sites_script_gets_no_token(widget, client):
    client.defaults["HTTP_ORIGIN"] = SHOP

    assert opened(widget, client).status_code in {400, 404}


def test_a_widget_that_is_switched_off_gives_nothing(widget, client):
    Widget.objects.update(active=False)

    for page in (f"/widget/{widget.key}.js", f"/widget/{widget.key}/"):
        assert client.get(page, headers=HOST).status_code == 404
    assert opened(widget).status_code == 404


@pytest.mark.parametrize("body", ["", "[]", "{", '{"keeper": [1]}', '{"identity": {}}', "x" * 9000])
def test_garbage_opens_a_new_chat_or_nothing(widget, client, body):
    response = client.post(
        f"/widget/{widget.key}/open/", body, content_type="application/json", headers=HOST
    )

    assert response.status_code in {200, 401}


def test_a_script_is_the_widgets_own_and_any_site_may_load_it(widget, client):
    widget.position = "start"
    widget.save()

    response = client.get(f"/widget/{widget.key}.js", headers=HOST)

    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert '"position": "start"' in response.content.decode()
    assert widget.secret not in response.content.decode()


def test_what_is_known_of_a_customer_goes_with_their_last_conversation(widget):
    prices()
    held = visitor(opened(widget, identity=signed(widget, name="Ada")))
    for _ in range(2):
        Told(visitor=held).asks("Hello?")
    first, second = Conversation.objects.order_by("id")

    delete_conversation.conversations([first.pk])
    assert Customer.objects.get().name == "Ada"
    delete_conversation.conversations([second.pk])
    assert not Customer.objects.exists()


def test_only_who_may_edit_a_widget_reads_its_secret(widget):
    page = f"/admin/widget/widget/{widget.pk}/change/"

    assert widget.secret in text(signed_in(member("olga", roles.OPERATORS)).get(page))
    assert signed_in(member("nora", roles.STAFF)).get(page).status_code == 403


def socket(conversation: str, token: str) -> WebsocketCommunicator:
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    return WebsocketCommunicator(
        application,
        f"/ws/c/{conversation}/?seen=0",
        headers=headers,
        subprotocols=["chatsite", f"chatsite.token.{token}"],
    )


async def closed(tab: WebsocketCommunicator) -> int:
    """With which code, whatever is said before."""
    while (said := await tab.receive_output(10))["type"] != "websocket.close":
        pass
    return int(said["code"])


@pytest.mark.django_db(transaction=True)
@guards("chatsite/chat/live/consumer.py", "if not self.proof.holds:", "if False:")
async def test_each_action_over_the_socket_needs_a_token_that_still_holds(
    first_policy, monkeypatch
):
    token = visitors.token("v" * 64, time.time() + 600)
    opening = socket(CLIENT_ID, token)
    accepted, protocol = await opening.connect()
    assert (accepted, protocol) == (True, "chatsite")

    monkeypatch.setattr(visitors.Proof, "holds", property(lambda proof: False))
    await opening.send_json_to({"client_id": CLIENT_ID, "text": "Hello?"})

    assert await closed(opening) == 4401
    assert not await database_sync_to_async(Message.objects.exists)()


@pytest.mark.django_db(transaction=True)
async def test_a_socket_is_closed_when_its_token_is_over(first_policy):
    opening = socket(CLIENT_ID, visitors.token("v" * 64, time.time() + 2))
    await opening.connect()

    assert await closed(opening) == 4401
    stale = socket(CLIENT_ID, visitors.token("v" * 64, time.time() - 2))
    await stale.connect()
    assert await closed(stale) == 4401


@pytest.mark.django_db(transaction=True)
async def test_a_token_opens_nobody_elses_conversation(first_policy):
    public_id = uuid.UUID(CLIENT_ID)
    await database_sync_to_async(ask.question)(public_id, "w" * 64, "Secret.", public_id)

    opening = socket(CLIENT_ID, visitors.token("v" * 64, time.time() + 60))
    await opening.connect()

    assert await closed(opening) == 4403
    assert (await AsyncClient(headers=HOST).get(f"/c/{CLIENT_ID}/")).status_code == 404


@guards("chatsite/widget/views.py", "(ValueError, RecursionError)", "ValueError")
@pytest.mark.parametrize(
    ("body", "origin"), [("[" * 7_000, ""), ("{}", "http://["), ("{}", "null")]
)
def test_what_no_page_sends_to_a_widget_is_refused_or_begins_anew(body, origin, widget, client):
    address, headers = f"/widget/{widget.key}/open/", HOST | ({"origin": origin} if origin else {})

    response = client.post(address, body, content_type="application/json", headers=headers)

    assert response.status_code == (404 if origin else 200)
