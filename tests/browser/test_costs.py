"""The dashboard of costs as people use it: charts, periods, tables behind them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import Staff, Tab
from tests.waiting import until

pytestmark = pytest.mark.browser

COSTS = "/admin/billing/ledgerentry/costs/"
# How many of a canvas's pixels are drawn on.
DRAWN = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .filter((value, place) => place % 4 === 3 && value).length"""


def test_costs_are_drawn_and_follow_the_period(tab: Tab, staff: Staff):
    tab.ask("What are your business hours?")
    tab.is_answered()

    page = staff.visit(COSTS)
    by_tier = page.get_by_role("figure", name="Spend per day by tier")
    chart = by_tier.get_by_role("img")
    expect(chart).to_be_visible()
    until(lambda: page.locator("canvas").first.evaluate(DRAWN) > 100, within=30)
    expect(by_tier.get_by_role("table")).to_be_hidden()
    by_tier.get_by_text("Table").click()
    expect(by_tier.get_by_role("table")).to_be_visible()

    page.get_by_role("link", name="Today").first.click()

    expect(page).to_have_url(re.compile(r"period=today"))
    by_hour = page.get_by_role("figure", name="Spend per hour by tier")
    expect(by_hour.get_by_role("img")).to_be_visible()
    page.get_by_role("combobox", name="Tier").select_option("cheap")
    expect(page).to_have_url(re.compile(r"tier=cheap"))
    page.go_back()
    expect(page.get_by_role("figure", name="Spend per hour by tier")).to_be_visible()
    until(lambda: page.locator("canvas").first.evaluate(DRAWN) > 100, within=30)
    assert staff.complaints == []
    assert staff.fetched_elsewhere == []
