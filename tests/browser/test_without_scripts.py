"""The chat by forms and pages alone, where no script runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Customer
from tests.stack import Stack
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser


@pytest.fixture
def customer(browser: Browser, site: Stack) -> Iterator[Customer]:
    with Customer(browser, site.url, java_script_enabled=False) as customer:
        yield customer


def test_a_form_asks_and_the_page_refreshes_until_the_answer_is_there(customer: Customer):
    tab = customer.open()

    tab.composer.fill("What are your business hours?")
    tab.send.dblclick()
    tab.is_answered()

    expect(tab.questions).to_have_count(1)
    expect(tab.answer).to_have_attribute("data-tier", "cheap")
    expect(tab.answer).to_contain_text("09:00")
    expect(tab.page.locator("meta[http-equiv=refresh]")).to_have_count(0)
    assert customer.complaints == []


def test_a_failed_answer_is_written_again_by_a_form(customer: Customer, upstream: Upstream):
    upstream.refuses("invalid_prompt")
    upstream.says("We open at nine.")
    tab = customer.open()
    tab.composer.fill("When do you open?")
    tab.send.click()
    tab.is_answered(state="failed")

    tab.retry.click()

    expect(tab.answer).not_to_have_attribute("data-state", "failed")
    expect(tab.answer).not_to_contain_text("could not be answered")
