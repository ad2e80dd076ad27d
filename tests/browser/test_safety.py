"""What a model or a customer writes neither executes nor fetches anything (P8)."""

import pytest
from playwright.sync_api import expect

from tests.browser.hostile import HOSTILE
from tests.browser.people import Customer, Tab
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser

# An article has the same text: an answer with links that no article has is never shown.
QUESTION = "What is on the page of warnings?"

FORBIDDEN = (
    "img, script, svg, iframe, style, base, meta, form, button, video, [style], [class], [id]"
)


def test_hostile_markdown_is_shown_as_words(customer: Customer, tab: Tab, upstream: Upstream):
    upstream.drips(HOSTILE, every=0.03)

    tab.ask(QUESTION)
    expect(tab.answer).to_have_attribute("data-state", "writing")
    # The first words are there: before them stand the page's own dots.
    expect(tab.answer.locator(".typing")).to_have_count(0)
    written = tab.answer.locator(".message__body, .message__tail").locator(FORBIDDEN)
    while tab.answer.get_attribute("data-state") == "writing":
        assert written.count() == 0
    tab.is_answered()

    body = tab.answer.locator(".message__body")
    expect(body).to_contain_text("The end, and a link (shop.test).")
    expect(body).to_contain_text("<script>alert(2)</script>")
    assert written.count() == 0
    link = body.get_by_role("link", name="a link")
    expect(link).to_have_attribute("href", "https://shop.test/help")
    assert "noopener" in (link.get_attribute("rel") or "")
    body.get_by_text("over").hover()
    assert_nothing_happened(customer, tab)


def test_hostile_markdown_stays_words_after_a_reload(
    customer: Customer, tab: Tab, upstream: Upstream
):
    upstream.says(HOSTILE)
    tab.ask(QUESTION)
    tab.is_answered()

    tab.page.reload()

    expect(tab.answer).to_contain_text("The end, and a link (shop.test).")
    assert tab.answer.locator(".message__body").locator(FORBIDDEN).count() == 0
    assert_nothing_happened(customer, tab)


def test_hostile_words_of_a_customer_are_shown_as_typed(customer: Customer, tab: Tab):
    tab.ask(HOSTILE)
    tab.is_answered()

    assert tab.questions.locator(".message__body").inner_text() == HOSTILE
    assert_nothing_happened(customer, tab)


def assert_nothing_happened(customer: Customer, tab: Tab) -> None:
    assert customer.dialogs == []
    assert customer.fetched_elsewhere == []
    # The policy had nothing to stop either.
    assert customer.complaints == []
    assert tab.path.startswith("/c/")
    assert tab.page.url.startswith(customer.url)
