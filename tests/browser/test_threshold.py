"""The threshold's page as an operator uses it, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Operator, Tab

pytestmark = pytest.mark.browser

PAGE = "/admin/threshold/"


def effect(page: Page, at: str) -> None:
    """Wait until the effect of this threshold is in view."""
    expect(page.get_by_role("heading", name=f"At {at}, on the last 30 days")).to_be_visible()


def test_the_threshold_is_moved_with_its_effect_in_view_then_saved_and_undone(
    tab: Tab, operator: Operator
):
    tab.ask("What do owls eat, and why?")
    tab.is_answered()
    page = operator.visit(PAGE)
    effect(page, "7")
    expect(page.get_by_text("This is the threshold in force")).to_be_visible()
    page.evaluate("document.body.dataset.visit = 'the same'")

    slider = page.get_by_role("slider", name="Threshold")
    slider.focus()
    slider.press("Home")

    effect(page, "1")
    expect(
        page.get_by_role("spinbutton", name="Send to the strong model from this score")
    ).to_have_value("1")
    moved = re.compile(
        r"At 1, [\d,]+ of [\d,]+ messages would have moved: [\d,]+ to the strong tier"
    )
    expect(page.locator("#said")).to_have_text(moved)
    why = page.get_by_role("textbox", name="Reason")
    why.fill("The strong tier for all.")
    slider.press("ArrowRight")
    effect(page, "1.1")
    expect(why).to_have_value("The strong tier for all.")
    assert page.evaluate("document.body.dataset.visit") == "the same"

    why.press("Enter")

    expect(page.get_by_text("is in force: threshold 7 → 1.1.")).to_be_visible()
    effect(page, "1.1")

    undo = page.get_by_role("button", name=re.compile("^Undo: return to version"))
    undo.press("Enter")

    expect(page.get_by_text("is in force: threshold 1.1 → 7.")).to_be_visible()
    assert operator.complaints == []
    assert operator.fetched_elsewhere == []
