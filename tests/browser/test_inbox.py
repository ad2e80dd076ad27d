"""A customer and two members of staff talk: in the chat's page and in the inbox."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.people import Customer, Staff
from tests.stack import Stack
from tests.upstream.server import Upstream
from tests.waiting import until

pytestmark = pytest.mark.browser
# Where pictures of the inbox are kept for a look at them; nowhere unless it is set.
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def nora(browser: Browser, site: Stack) -> Iterator[Staff]:
    with Staff(browser, site.url) as staff:
        yield staff


@pytest.fixture
def olga(browser: Browser, site: Stack) -> Iterator[Staff]:
    """The same account at another desk, which sees what the first one does."""
    with Staff(browser, site.url) as staff:
        yield staff


def pictured(page: Page, name: str) -> None:
    if PICTURES:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width, height in ((1440, 900), (1024, 768), (375, 780)):
                page.set_viewport_size({"width": width, "height": height})
                path = Path(PICTURES, f"{name}-{scheme}-{width}.png")
                page.screenshot(path=path, animations="disabled")
        page.set_viewport_size({"width": 1280, "height": 720})


def test_a_customer_asks_for_a_person_and_two_desks_see_all_of_it(
    customer: Customer, nora: Staff, olga: Staff
):
    desk, other = nora.visit("/inbox/"), olga.visit("/inbox/")
    tab = customer.open()

    tab.ask("I want to talk to a human about my leaking pen")
    tab.is_answered()

    # Both desks see who waits, without a reload.
    for page in (desk, other):
        expect(page.get_by_role("link", name=re.compile("leaking pen"))).to_be_visible()
        expect(page).to_have_title(re.compile(r"^\(\d+\) Inbox"))
    expect(tab.page.get_by_role("status").filter(has_text="You are waiting")).to_be_visible()
    pictured(desk, "queue")
    email = tab.page.get_by_role("textbox", name="Your e-mail address")
    email.fill("mia@nowhere")
    tab.page.get_by_role("button", name="Answer me by e-mail too").click()
    expect(tab.page.get_by_text("This is not an e-mail address.")).to_be_visible()
    email.fill("mia@mail.example")
    pictured(tab.page, "address")
    tab.page.get_by_role("button", name="Answer me by e-mail too").click()
    expect(tab.page.get_by_text("also go to mia@mail.example")).to_be_visible()
    expect(tab.page.get_by_text("This is not an e-mail address.")).to_have_count(0)
    pictured(tab.page, "addressed")

    desk.get_by_role("link", name=re.compile("leaking pen")).click()
    expect(desk.get_by_text("The customer is waiting for a person")).to_be_visible()
    desk.get_by_role("button", name="Take over").click()
    expect(desk.get_by_text("You are answering.")).to_be_visible()
    expect(tab.page.get_by_text("A person from our support team is answering you.")).to_be_visible()

    reply = desk.get_by_role("textbox", name="Reply to the customer")
    reply.fill("Hello, **Nora** here. Which pen is it?")
    expect(desk.locator("#preview")).to_contain_text("**Nora** here")
    pictured(desk, "conversation")
    reply.press("Control+Enter")
    expect(tab.log.locator("article[data-role=staff]")).to_contain_text("Which pen is it?")
    expect(reply).to_have_value("")
    expect(reply).to_be_focused()
    # What is typed while a reply is on its way is not lost with its box.
    held: list[Route] = []
    desk.route("**/reply/", lambda route: held.append(route))
    reply.fill("It is free")
    with desk.expect_request("**/reply/"):
        reply.press("Control+Enter")
    reply.press_sequentially(" of charge.")
    held[0].continue_()
    desk.unroute("**/reply/")
    said = tab.log.locator("article[data-role=staff]").last
    expect(said).to_have_text(re.compile(r"It is free\s*$"))
    expect(reply).to_have_value("of charge.")
    reply.fill("")

    # What the customer writes is there at once; the assistant is silent.
    tab.ask("The blue one.")
    expect(desk.get_by_role("log")).to_contain_text("The blue one.")
    expect(tab.answers).to_have_count(1)
    pictured(tab.page, "customer")

    desk.get_by_text(re.compile("^Note,")).click()
    desk.get_by_role("textbox", name="Private note").fill("He has had it for a year.")
    desk.get_by_role("button", name="Add note").click()
    expect(desk.get_by_text("He has had it for a year.")).to_be_visible()
    expect(tab.page.get_by_text("He has had it for a year.")).to_have_count(0)
    pictured(desk, "notes")

    desk.get_by_role("button", name="Resolve").click()
    expect(desk.get_by_text("Resolved")).to_have_count(2)
    expect(tab.page.get_by_text("marked as resolved")).to_be_visible()
    asked = tab.page.get_by_role("group", name="How was this conversation?")
    asked.get_by_role("button", name="Good").click()
    expect(asked.get_by_role("button", name="Good")).to_have_attribute("aria-pressed", "true")
    pictured(tab.page, "rated")
    asked.get_by_role("textbox").fill("Nora was quick.")
    asked.get_by_role("button", name="Tell us").click()
    expect(asked.get_by_text("You wrote: “Nora was quick.”")).to_be_visible()
    expect(desk.get_by_text("“Nora was quick.”")).to_be_visible()
    tab.page.get_by_text("End this chat").click()
    pictured(tab.page, "leaving")
    if PICTURES:
        desk.goto("/admin/response-quality/people/")
        pictured(desk, "people")
    assert [*nora.complaints, *olga.complaints, *customer.complaints] == []


# What a page would show and play, kept for the test.
HEARD = """
window.shown = [];
window.played = 0;
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(words) { window.shown.push(words); }
  close() {}
};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function () { window.played += 1; return start.call(this); };
"""


def test_whoever_looks_elsewhere_is_called(customer: Customer, nora: Staff):
    nora.context.add_init_script(HEARD)
    desk = nora.visit("/inbox/")
    desk.get_by_role("button", name="Turn on notifications").click()
    expect(desk.get_by_role("button", name="Turn on notifications")).to_be_hidden()
    before = int(desk.locator("[data-waiting]").get_attribute("data-waiting") or 0)

    tab = customer.open()
    tab.ask("I want to talk to a human about my first pen")
    expect(desk).to_have_title(re.compile(rf"^\({before + 1}\) Inbox"))
    until(lambda: desk.evaluate("played") == 1, within=20)
    assert desk.evaluate("shown") == []  # whoever looks at it sees it

    desk.evaluate("() => { document.hasFocus = () => false; }")
    second = customer.open()
    second.ask("I want to talk to a human about my second pen")
    until(lambda: desk.evaluate("played") == 2, within=20)
    assert desk.evaluate("shown") == [f"{before + 2} customers are waiting for a person"]

    # A phone's browser refuses, and the number still counts.
    desk.evaluate("""() => {
      window.Notification = class {
        static permission = "granted";
        constructor() { throw new TypeError(); }
      };
    }""")
    third = customer.open()
    third.ask("I want to talk to a human about my third pen")
    expect(desk).to_have_title(re.compile(rf"^\({before + 3}\) Inbox"))
    desk.get_by_role("link", name=re.compile("first pen")).click()
    desk.get_by_role("button", name="Take over").click()
    expect(desk).to_have_title(re.compile(rf"^\({before + 2}\) Inbox"))
    assert nora.complaints == []


def test_what_is_typed_stays_while_the_customer_writes_and_the_assistant_helps(
    customer: Customer, nora: Staff, upstream: Upstream
):
    tab = customer.open()
    tab.ask("Can I speak to an agent? My nib is bent")
    tab.is_answered()
    desk = nora.visit("/inbox/")
    desk.get_by_role("link", name=re.compile("nib is bent")).click()
    reply = desk.get_by_role("textbox", name="Reply to the customer")

    reply.type("Let me look")
    tab.ask("It fell on the floor.")
    expect(desk.get_by_role("log")).to_contain_text("It fell on the floor.")

    expect(reply).to_have_value("Let me look")
    expect(reply).to_be_focused()
    tab.is_answered(2)
    upstream.says("A bent nib is straightened for free.")
    reply.blur()
    desk.keyboard.press("d")
    expect(desk.get_by_text("A bent nib is straightened for free.")).to_be_visible()
    expect(reply).to_have_value("Let me look")
    pictured(desk, "draft")
    desk.get_by_role("button", name="Use the draft").click()
    expect(reply).to_have_value("A bent nib is straightened for free.")
    pictured(desk, "drafted")
    desk.get_by_role("button", name="Undo").click()
    expect(reply).to_have_value("Let me look")

    upstream.says("The customer's nib is bent. Nothing is promised.")
    desk.get_by_role("button", name="Take over").click()
    expect(desk.get_by_text("The customer's nib is bent.")).to_be_visible()
    pictured(desk, "summary")
    assert tab.log.locator("article[data-role=staff]").count() == 0
    assert nora.complaints == []


def test_what_is_opened_stays_open_while_the_customer_writes(customer: Customer, nora: Staff):
    tab = customer.open()
    tab.ask("Can I speak to an agent? My cap is loose")
    tab.is_answered()
    desk = nora.visit("/inbox/")
    desk.get_by_role("link", name=re.compile("cap is loose")).click()
    desk.get_by_text(re.compile("^Note,")).click()

    tab.ask("It fell on the floor.")
    expect(desk.get_by_role("log")).to_contain_text("It fell on the floor.")

    expect(desk.get_by_role("textbox", name="Private note")).to_be_visible()
