"""axe finds nothing in any state of the customer's page, of the widget and of the inbox."""

from importlib import resources
from typing import Literal

import pytest
from playwright.sync_api import Frame, Page, Route, expect

from tests.browser.people import Customer, Staff, Tab
from tests.browser.test_attachments import INVOICE, PHOTO, attach, tray
from tests.browser.test_widget import Shop, address, context, shop  # noqa: F401  # fixtures
from tests.stack import Stack
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser

LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text()
RUN = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.flatMap(
  ({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\\n${failureSummary}`))
"""

# Whatever a message can be, in one conversation that has waited for a person since yesterday.
EVERYTHING = """
from datetime import timedelta
from django.utils import timezone
from chatsite.business_hours.models import DayOff, OpeningHours
from chatsite.chat.models import Conversation, Message
from chatsite.inbox.models import Note
held = Conversation.objects.get(public_id="{conversation}")
now, at = timezone.now(), 100
def add(role, text="Words, **bold** and `code`: https://shop.example/help.", **more):
    global at
    at += 1
    Message.objects.create(conversation=held, position=at, role=role, text=text, **more)
BLOCKS = "# Prices", "| a | b |\\n|--|--:|\\n| 1 | 2 |", "> q", "1. a\\n   - b"
BLOCKS += ("```\\nc\\n```", "---")
WARRANTY = dict(title="Warranty", url="/help/warranty/", slug="warranty")
add("assistant", "\\n\\n".join(BLOCKS), rating=-1)
add("assistant", rating=-1, rating_note="Too long.")
add("assistant", rating=1, stage="escalated", draft="Else.", sources=[WARRANTY])
add("assistant", stage="quoted", draft="Else.", offers_person=True, files_unseen=True)
add("assistant", state="cut", failure="length", ended_at=now)
add("assistant", state="failed", failure="unavailable", text="", ended_at=now)
add("assistant", state="cancelled", failure="stopped", ended_at=now)
add("assistant", state="cancelled", failure="person", ended_at=now)
add("staff", "As *typed*: https://shop.example/a")
add("customer", "مرحبا، how are you?")
add("assistant", state="pending", stage="escalated", draft="A draft.", text="",
    deadline=now + timedelta(days=1), due_at=now + timedelta(days=1))
OpeningHours.objects.get_or_create(weekday=now.weekday(), opens="00:00", closes="00:01")
held.wants_person_since, held.email = now - timedelta(days=1), ""
held.revision += 1
held.save()
"""
# Resolved and rated, answered by mail, with notes for the team.
RESOLVED = """
from django.utils import timezone
from chatsite.business_hours.models import OpeningHours
from chatsite.chat.models import Conversation
from chatsite.inbox.models import Note
held = Conversation.objects.get(public_id="{conversation}")
held.wants_person_since, held.resolved_at = None, timezone.now()
held.satisfaction, held.satisfaction_at = -1, timezone.now()
held.email = "mia@mail.example"
held.revision += 1
held.save()
held.messages.filter(state="pending").delete()
Note.objects.create(conversation=held, text="Ask @olga.")
OpeningHours.objects.all().delete()
"""


def violations(page: Page | Frame) -> list[str]:
    """Each with the element and what to mend."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    return found


def open_all(page: Page, *, is_open: bool = True) -> None:
    page.evaluate(
        "(open) => document.querySelectorAll('details').forEach((each) => (each.open = open))",
        is_open,
    )


def violations_in_full(page: Page) -> list[str]:
    """With all that can be opened open."""
    open_all(page)
    found = violations(page)
    open_all(page, is_open=False)
    return found


def test_the_customers_page(customer: Customer, site: Stack, upstream: Upstream):
    tab = customer.open()
    page = tab.page
    found = {"welcome": violations_in_full(page)}
    held: list[Route] = []
    attach(page, {**INVOICE, "name": "page.txt", "buffer": b"Words"})
    expect(tray(page).locator("[data-again]")).to_be_hidden()
    page.route("**/files/?*", lambda route: held.append(route))
    attach(page, PHOTO)
    expect(tray(page)).to_have_count(2)
    found["files"] = violations(page)
    held[0].continue_()
    page.unroute("**/files/?*")
    expect(tray(page).and_(page.locator("[data-state=ready]"))).to_have_count(1)
    page.get_by_role("button", name="Remove page.txt").click()
    upstream.drips("It comes late.", 2)
    tab.ask("What is wrong with it?")
    tab.answer.wait_for()
    found["writing"] = violations(page)
    tab.is_answered()
    found["answered"] = violations_in_full(page)

    conversation = tab.path.strip("/").rpartition("/")[2]
    _told(site, EVERYTHING, conversation)
    found |= _in_all_looks(page, "every message")
    for part in ("[data-unconfirmed]", "[data-draft]", "#address-field", ".message__failure"):
        expect(page.locator(part).first).to_be_attached()
    _told(site, RESOLVED, conversation)
    found |= _in_all_looks(page, "resolved")
    for path in ("/help/?q=return", "/help/warranty/", "/conversations/", "/nowhere/"):
        page.goto(path)
        found[path] = violations(page)
    page.goto(f"/c/{conversation}/?language=en")
    open_all(page)
    page.get_by_role("button", name="Delete my conversation").click()
    page.wait_for_url("**/new/")
    page.goto(f"/c/{conversation}/")
    found["ended"] = violations(page)

    assert {state: faults for state, faults in found.items() if faults} == {}


def test_the_widget(shop: Shop, upstream: Upstream):  # noqa: F811
    found = {"closed": violations(shop.page)}
    shop.opened()
    frame = shop.page.frames[1]
    found["open, beside it"] = violations(shop.page)
    found["open"] = violations(frame)
    shop.ask("What are your business hours?")
    frame.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    found["answered"] = violations(frame)
    shop.page.emulate_media(color_scheme="dark")
    found["dark"] = violations(frame)

    assert {state: faults for state, faults in found.items() if faults} == {}


def test_the_inbox(tab: Tab, staff: Staff, site: Stack):
    tab.ask("I want to talk to a human about axes")
    tab.is_answered()
    page = staff.visit("/inbox/")
    found = {"queue": violations(page)}
    page.get_by_role("link", name="about axes").first.click()
    found["waiting"] = violations_in_full(page)
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("You are answering.")).to_be_visible()
    found["mine"] = violations_in_full(page)
    attach(page, {**INVOICE, "name": "page.txt", "buffer": b"Words"}, PHOTO)
    page.keyboard.press("?")
    found["keys"] = violations(page)
    page.keyboard.press("Escape")
    conversation = tab.path.strip("/").rpartition("/")[2]
    _told(site, EVERYTHING, conversation)
    _told(site, RESOLVED, conversation)
    for looks in LOOKS:
        page.emulate_media(color_scheme=looks)
        page.reload()
        found[f"resolved, {looks}"] = violations_in_full(page)
    page.goto("/inbox/?queue=resolved&q=axes")
    found["search"] = violations_in_full(page)

    assert {state: faults for state, faults in found.items() if faults} == {}


def _told(site: Stack, code: str, conversation: str) -> None:
    code = code.replace("{conversation}", conversation)
    site.manage("shell", "--verbosity", "0", "--command", code)


def _in_all_looks(page: Page, state: str) -> dict[str, list[str]]:
    found = {}
    for scheme, language in zip(LOOKS, ("en", "ar"), strict=True):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{page.url.partition('?')[0]}?language={language}")
        found[f"{state}, {scheme}, {language}"] = violations_in_full(page)
    page.emulate_media(color_scheme="light")
    return found
