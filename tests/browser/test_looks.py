"""The page on a phone, and its colours by day and by night."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import colours
from tests.browser.people import Customer, Tab
from tests.guards import guards
from tests.stack import Stack
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser

WIDE = """\
| article | price | delivery | stock | weight | colour | material |
|---|---|---|---|---|---|---|
| Fountain-pen-of-a-very-long-name | 120.00 | tomorrow | 12 | 300 g | midnight-blue | aluminium |

    a_line_of_code_that_does_not_wrap = "and that is longer than any phone is wide" * 3

https://shop.test/an/address/that/has/no/place/at/which/a/browser/would/want/to/break/it/in/two
"""

# WCAG 2 AA: for text below 24 px, or 18.7 px bold.
CONTRAST = 4.5


def test_a_phone_scrolls_in_one_direction_and_shows_the_composer(
    browser: Browser, site: Stack, upstream: Upstream
):
    phone = {"width": 390, "height": 844}
    upstream.says(WIDE)
    with Customer(browser, site.url, viewport=phone, is_mobile=True, has_touch=True) as customer:
        tab = customer.open()
        assert overflow(tab) == 0

        tab.composer.fill("Whatislongerthanascreeniswide" * 4)
        tab.send.tap()
        tab.is_answered()

        assert overflow(tab) == 0
        expect(tab.composer).to_be_in_viewport(ratio=1)
        expect(tab.send).to_be_in_viewport(ratio=1)
        box = tab.send.bounding_box()
        assert box is not None
        # Apple's least, in CSS pixels; WCAG's is 24.
        assert min(box["width"], box["height"]) >= 44


@guards("static/js/reading.js", "  if (isNew()) return;\n", "")
def test_the_greeting_is_in_view_on_the_smallest_phone(browser: Browser, site: Stack):
    phone = {"width": 320, "height": 480}
    with Customer(browser, site.url, viewport=phone, is_mobile=True, has_touch=True) as customer:
        tab = customer.open()
        thread = tab.page.locator("[data-scroll]")
        assert thread.evaluate("(it) => it.scrollHeight > it.clientHeight")
        expect(tab.page.locator(".welcome__title")).to_be_in_viewport(ratio=1)

        thread.evaluate("(it) => it.scrollTo(0, it.scrollHeight)")
        thread.evaluate("(it) => it.scrollTo(0, 0)")
        expect(tab.page.locator("[data-jump]")).to_be_hidden()


def overflow(tab: Tab) -> int:
    """Pixels by which the page, or the part of it that scrolls, is wider than it shows."""
    wider = "({ scrollWidth, clientWidth }) => scrollWidth - clientWidth"
    parts = tab.page.locator(":root, [data-scroll]")
    return int(parts.evaluate_all(f"(parts) => Math.max(...parts.map({wider}))"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_background(
    browser: Browser, site: Stack, upstream: Upstream, scheme: str
):
    upstream.refuses("invalid_prompt")
    with Customer(browser, site.url, color_scheme=scheme) as customer:
        tab = customer.open()
        welcome = colours.faint(tab.page, CONTRAST)
        tab.ask("When do you open?")
        tab.is_answered(state="failed")
        tab.ask("I opened a limited edition. What does it cost to return it?")
        tab.is_answered(2)

        assert (colours.paper(tab.page) < 0.2) == (scheme == "dark")
        assert welcome == []
        assert colours.faint(tab.page, CONTRAST) == []


@guards("static/css/page.css", "direction: inherit;", "")
def test_a_field_without_words_reads_from_where_its_page_does(browser: Browser, site: Stack):
    with Customer(browser, site.url) as customer:
        page = customer.open("/new/?language=ar").page
        field = page.locator("[data-text]")
        direction = "at => getComputedStyle(at).direction"
        expect(page.locator("html")).to_have_attribute("dir", "rtl")

        assert field.evaluate(direction) == "rtl"
        field.fill("Hello")
        assert field.evaluate(direction) == "ltr"
