"""Asking and being answered, as the customer sees it."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.people import THREE_PARTS, Customer, Tab
from tests.stack import Stack
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser

MANY_WORDS = " ".join(f"word{number}" for number in range(90))


def test_keys_alone_get_an_easy_answer_and_then_a_strong_one(
    customer: Customer, tab: Tab, upstream: Upstream
):
    keys = tab.page.keyboard

    keys.press("Tab")
    expect(tab.page.get_by_role("link", name="Skip to the message box")).to_be_focused()
    keys.press("Enter")
    expect(tab.composer).to_be_focused()
    keys.type("What are your business hours?")
    keys.press("Enter")
    tab.is_answered()
    for number, line in enumerate(THREE_PARTS):
        if number:
            keys.press("Shift+Enter")
        keys.insert_text(line)
    keys.press("Enter")
    tab.is_answered(2)

    easy, strong = tab.answers.all()
    expect(easy).to_have_attribute("data-tier", "cheap")
    expect(easy).to_contain_text("09:00")
    expect(strong).to_have_attribute("data-tier", "strong")
    expect(strong.locator("ol > li")).to_have_count(3)
    sources = strong.get_by_role("list", name="From our help pages").get_by_role("link")
    expect(sources.filter(has_text="Returns of cross-border purchases")).to_be_visible()
    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    assert customer.complaints == []
    assert customer.fetched_elsewhere == []
    assert customer.dialogs == []


def test_a_source_leads_to_its_help_page(tab: Tab):
    tab.ask("What are your business hours?")
    tab.is_answered()
    source = tab.answer.get_by_role("list", name="From our help pages").get_by_role("link").first
    title = source.inner_text()

    source.click()

    expect(tab.page.get_by_role("heading", level=1)).to_have_text(title)


def test_words_appear_one_by_one(tab: Tab, upstream: Upstream):
    upstream.drips(MANY_WORDS, every=0.03)

    tab.ask("Tell me something long.")
    expect(tab.answer).to_have_attribute("data-state", "writing")
    seen = []
    while tab.answer.get_attribute("data-state") == "writing":
        seen.append(tab.answer.locator(".message__body").inner_text())
    tab.is_answered()

    assert all(after.startswith(before) for before, after in pairwise(seen))
    assert len(set(seen)) > 10
    expect(tab.answer).to_contain_text(MANY_WORDS)


def test_a_double_click_sends_once(tab: Tab, site: Stack):
    tab.composer.fill("Do you ship to Switzerland?")

    tab.send.dblclick()
    tab.is_answered()

    expect(tab.questions).to_have_count(1)
    assert said_in(tab, site) == 1


def test_a_double_click_on_an_example_asks_it_once(tab: Tab, site: Stack):
    tab.page.get_by_role("button", name="What are your business hours?").dblclick()
    tab.is_answered()

    expect(tab.questions).to_have_count(1)
    assert said_in(tab, site) == 1


def said_in(tab: Tab, site: Stack) -> int:
    """How often the customer is on record in the conversation that the tab shows."""
    [(said,)] = site.rows(
        "SELECT count(*) FROM chat_message JOIN chat_conversation"
        " ON chat_conversation.id = chat_message.conversation_id WHERE role = 'customer'"
        " AND lower(replace(cast(public_id AS text), '-', ''))"
        f" = '{tab.path.split('/')[2].replace('-', '')}'"
    )
    return int(said)
