"""An answer that fails or breaks off says so, and Retry brings it."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import Tab
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser


def test_a_failed_answer_says_so_and_is_written_again(tab: Tab, upstream: Upstream):
    upstream.refuses("content_policy_violation")
    upstream.says("We open at nine.")

    tab.ask("When do you open?")
    tab.is_answered(state="failed")
    expect(tab.answer).to_contain_text("This question could not be answered. Please rephrase it.")
    tab.retry.click()
    tab.is_answered()

    expect(tab.answer).to_contain_text("We open at nine.")
    expect(tab.retry).to_have_count(0)
    expect(tab.questions).to_have_count(1)
    assert len(upstream.requests) == 2


def test_an_answer_that_is_held_back_keeps_its_words_and_is_written_again(
    tab: Tab, upstream: Upstream
):
    upstream.filters("We open at")
    upstream.says("We open at nine.")

    tab.ask("When do you open?")
    tab.is_answered(state="cut")
    expect(tab.answer).to_contain_text("We open at")
    expect(tab.answer).to_contain_text("held back by a safety filter")
    tab.retry.press("Enter")
    tab.is_answered()

    expect(tab.answer).to_contain_text("We open at nine.")
    expect(tab.answer).not_to_contain_text("held back")


def test_a_message_that_is_too_long_stays_in_the_composer(tab: Tab):
    tab.composer.fill("word " * 2000)

    tab.send.click()

    expect(tab.page.get_by_text("Too long to send").first).to_be_visible()
    expect(tab.composer).to_have_value("word " * 2000)
    expect(tab.questions).to_have_count(0)
