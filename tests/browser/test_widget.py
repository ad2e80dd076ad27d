"""The chat on another site: by one line, without cookies, and without getting in anybody's way."""

import gzip
import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import jwt
import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, ViewportSize, expect

from tests.browser import hosts
from tests.stack import Stack
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser

WIDGET = """
from chatsite.widget.models import Widget
Widget.objects.update_or_create(key="{key}", defaults={{"name": "Shop", "origins": "{origins}"}})
print(Widget.objects.get(key="{key}").secret)
"""
KEY = "shopshopshopshopshop"
# Milliseconds: the first of all loads everything, on a machine that also runs the site.
PATIENCE = 60_000


@dataclass
class Shop:
    """A page of the shop's, with the widget on it."""

    page: Page
    secret: str
    requests: list[str]

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def bubble(self):
        return self.page.get_by_role("button", name=re.compile("Open the chat|Close the chat"))

    def opened(self) -> "Shop":
        self.bubble.click()
        expect(self.chat.get_by_role("textbox", name="Message")).to_be_focused(timeout=PATIENCE)
        return self

    def ask(self, text: str, answers: int = 1) -> None:
        self.chat.get_by_role("textbox", name="Message").fill(text)
        self.chat.get_by_role("button", name="Send").click()
        done = self.chat.locator("article[data-role=assistant][data-state=complete]")
        expect(done).to_have_count(answers)

    def focused(self) -> str:
        return str(
            self.page.evaluate("document.activeElement?.shadowRoot?.activeElement?.tagName ?? ''")
        )


@pytest.fixture
def address(site: Stack) -> Iterator[tuple[str, str]]:
    """The page's, and the widget's secret."""
    line = f'<script src="{site.url}/widget/{KEY}.js" async></script>'
    with hosts.host(site.url, line) as url:
        code = WIDGET.format(key=KEY, origins=url)
        printed = site.manage("shell", "--verbosity", "0", "--command", code)
        yield url, printed.split()[-1]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(20_000)
        yield context


@pytest.fixture
def shop(context: BrowserContext, address: tuple[str, str], upstream: Upstream) -> Shop:
    page, requests = context.new_page(), []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(address[0])
    return Shop(page, address[1], requests)


def test_a_page_loads_one_small_script_until_the_chat_is_opened(shop: Shop, site: Stack):
    expect(shop.bubble).to_be_visible()
    shop.page.wait_for_load_state("networkidle")

    ours = [url for url in shop.requests if url.startswith(site.url)]
    assert ours == [f"{site.url}/widget/{KEY}.js"]
    with urllib.request.urlopen(ours[0]) as response:
        assert len(gzip.compress(response.read())) < 15_000
    assert shop.page.evaluate("window.shift") == 0


def test_a_customer_chats_on_another_site_without_a_cookie(shop: Shop, context: BrowserContext):
    shop.opened().ask("What are your business hours?")
    before = shop.chat.locator("article").count()
    shop.page.reload()
    shop.opened()
    expect(shop.chat.locator("article")).to_have_count(before)

    assert context.cookies() == []
    addresses = [url.replace("/css/tokens.", "") for url in shop.requests]
    assert [url for url in addresses if "token" in url or "keeper" in url] == []
    assert shop.page.evaluate("window.shift") == 0


def test_the_keyboard_stays_in_the_chat_and_escape_leads_back(shop: Shop):
    shop.opened()
    for _ in range(30):
        shop.page.keyboard.press("Tab")
        assert shop.focused() in {"IFRAME", "DIV"}

    shop.page.keyboard.press("Escape")

    expect(shop.page.locator(".panel")).to_be_hidden()
    assert shop.focused() == "BUTTON"


def test_a_phone_shows_the_chat_on_its_whole_screen(browser: Browser, address, upstream):
    screen = ViewportSize(width=375, height=720)
    with browser.new_context(viewport=screen, is_mobile=True, has_touch=True) as context:
        page = context.new_page()
        page.goto(address[0])
        Shop(page, address[1], []).opened()
        assert page.locator(".panel").bounding_box() == {"x": 0, "y": 0, **screen}


def test_an_answer_that_comes_while_it_is_closed_is_counted(shop: Shop, upstream: Upstream):
    shop.opened()
    upstream.drips("It comes late.", 0.5)
    shop.chat.get_by_role("textbox", name="Message").fill("When do you open?")
    shop.chat.get_by_role("button", name="Send").click()
    shop.chat.locator("article[data-role=assistant]").wait_for()
    shop.page.keyboard.press("Escape")

    counted = shop.page.get_by_role("button", name="Open the chat (1)")
    expect(counted).to_be_visible(timeout=PATIENCE)
    assert shop.page.evaluate("[Chatsite.unread, window.heard.at(-1)]") == [1, 1]
    shop.page.evaluate("Chatsite.open()")
    assert shop.page.evaluate("Chatsite.unread") == 0


def test_a_signed_in_customer_finds_their_conversation_on_another_device(
    shop: Shop, browser: Browser, address, upstream
):
    signed = jwt.encode({"sub": "customer 7", "exp": time.time() + 600}, shop.secret, "HS256")
    shop.page.evaluate("(token) => Chatsite.identify(token)", signed)
    shop.opened().ask("What are your business hours?")

    with browser.new_context() as elsewhere:
        page = elsewhere.new_page()
        page.goto(address[0])
        page.evaluate("(token) => Chatsite.identify(() => Promise.resolve(token))", signed)
        other = Shop(page, address[1], []).opened()
        expect(other.chat.locator("article")).to_have_count(2)
        page.evaluate("Chatsite.identify()")
        expect(other.chat.locator("article")).to_have_count(0)


def test_no_other_site_shows_the_chat(context: BrowserContext, site: Stack, address):
    line = f'<script src="{site.url}/widget/{KEY}.js" async></script>'
    with hosts.host(site.url, line) as other:
        page = context.new_page()
        page.goto(other)
        page.get_by_role("button", name="Open the chat").click()
        page.wait_for_timeout(1000)

        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("textbox", name="Message")).to_have_count(0)
