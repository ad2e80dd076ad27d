"""The same conversation after a reload, in a second tab, and over an outage of the web process."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import Customer, Staff, Tab
from tests.guards import guards
from tests.stack import Stack
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser

# 39 messages more: 100 KB are shown at once, and Daphne's own limit of what it sends is 64 KB.
LONG = """
from chatsite.chat.models import Conversation, Message
conversation = Conversation.objects.get(public_id="{id}")
Message.objects.bulk_create(
    Message(conversation=conversation, position=position, role="assistant", state="complete",
            text=f"message {{position - 100}} " + "word " * 320)
    for position in range({first}, {first} + {count})
)
Conversation.objects.filter(pk=conversation.pk).update(revision=conversation.revision + 1)
"""
RICH = """**Here** it is, in 3*4*5 cm:

1. **Shipping**: two days
   - by parcel

1. **Returns**

| Pen | Price |
|-----|------:|
| A | $5 |

````
```
````

That is all.
"""
MANY_WORDS = " ".join(f"word{number}" for number in range(80))


def test_a_reload_shows_the_same_conversation(tab: Tab):
    tab.ask("What are your business hours?")
    tab.is_answered()
    before = tab.log.inner_text()

    tab.page.reload()

    expect(tab.answer).to_have_attribute("data-state", "complete")
    assert tab.log.inner_text() == before


def test_what_is_typed_and_not_sent_survives_a_reload(tab: Tab):
    tab.ask("What are your business hours?")
    tab.is_answered()
    tab.composer.fill("I have not finished")

    tab.page.reload()

    expect(tab.composer).to_have_value("I have not finished")


def test_what_is_typed_before_the_first_message_survives_reload_and_help(customer: Customer):
    tab = customer.open("/new/")
    tab.composer.fill("I have not finished")

    tab.page.reload()
    expect(tab.composer).to_have_value("I have not finished")
    tab.page.get_by_role("link", name="Help", exact=True).click()
    tab.page.go_back()

    expect(tab.composer).to_have_value("I have not finished")
    tab.composer.press("Enter")
    tab.is_answered()
    tab.page.goto("/new/")
    expect(tab.composer).to_have_value("")


def test_an_answer_does_not_change_when_it_ends_nor_on_a_reload(tab: Tab, upstream: Upstream):
    upstream.drips(RICH, every=0.02)
    tab.ask("Tell me something long.")
    expect(tab.answer).to_contain_text("Shipping")
    body = tab.answer.locator(".message__body")
    element = body.element_handle()
    expect(tab.answer).to_contain_text("That is all.")
    live = body.inner_html()
    tab.is_answered()

    assert element.evaluate("element => element.isConnected")
    assert body.inner_html().startswith(live.removesuffix("</p>"))
    final = body.inner_html()
    tab.page.reload()
    tab.is_answered()
    assert body.inner_html() == final


def test_a_customer_stops_an_answer(tab: Tab, upstream: Upstream):
    upstream.drips(MANY_WORDS, every=0.1)
    tab.ask("Tell me something long.")
    expect(tab.answer).to_contain_text("word3")

    tab.page.get_by_role("button", name="Stop").click()

    expect(tab.answer).to_have_attribute("data-state", "cancelled")
    expect(tab.answer).to_contain_text("word3")
    expect(tab.answer).to_contain_text("You stopped this answer.")
    expect(tab.page.get_by_role("button", name="Answer again")).to_be_visible()


def test_a_second_tab_follows_the_first_and_the_first_the_second(
    customer: Customer, tab: Tab, upstream: Upstream
):
    upstream.drips(MANY_WORDS, every=0.03)
    tab.ask("Tell me something long.")
    expect(tab.answer).to_have_attribute("data-state", "writing")

    # It opens in the middle of the answer.
    second = customer.open(tab.path)
    expect(second.answer).to_have_attribute("data-state", "writing")
    second.is_answered()
    tab.is_answered()
    second.ask("What are your business hours?")
    second.is_answered(2)
    tab.is_answered(2)

    expect(second.answers.first).to_contain_text(MANY_WORDS)
    expect(second.questions).to_have_text(tab.questions.all_text_contents())
    expect(second.answers).to_have_text(tab.answers.all_text_contents())
    expect(tab.questions).to_have_count(2)


def test_what_is_said_while_the_site_is_away_waits_and_goes_out_when_it_is_back(
    tab: Tab, site: Stack
):
    tab.ask("What are your business hours?")
    tab.is_answered()
    expect(tab.connection).to_be_empty()

    site.web.kill()
    expect(tab.connection).to_contain_text("Reconnecting")
    expect(tab.connection).to_be_visible()
    tab.ask("Do you ship to Switzerland?")
    expect(tab.unsent).to_have_count(1)
    expect(tab.unsent).to_contain_text("Do you ship to Switzerland?")
    expect(tab.unsent.get_by_text("Waiting for the connection…")).to_be_visible()
    site.web.start()
    tab.is_answered(2)

    expect(tab.unsent).to_have_count(0)
    expect(tab.connection).to_be_empty()
    expect(tab.questions).to_have_count(2)
    expect(tab.questions.last).to_contain_text("Do you ship to Switzerland?")


def test_an_answer_goes_on_while_the_site_is_away(tab: Tab, site: Stack, upstream: Upstream):
    upstream.drips(MANY_WORDS, every=0.05)
    tab.ask("Tell me something long.")
    expect(tab.answer).to_contain_text("word9")

    site.web.restart()
    tab.is_answered()

    expect(tab.answer).to_contain_text(MANY_WORDS)
    assert len(upstream.requests) == 1


def test_a_person_takes_over_and_hands_back(
    customer: Customer, tab: Tab, staff: Staff, upstream: Upstream
):
    upstream.drips(MANY_WORDS, every=0.2)
    tab.ask("Tell me all about your pens.")
    expect(tab.answer).to_have_attribute("data-state", "writing")

    office = staff.open("Tell me all about your pens.")
    office.get_by_role("button", name="Take over").click()
    expect(tab.page.get_by_text("A person from our support team is answering you.")).to_be_visible()
    expect(tab.answer).to_have_attribute("data-state", "cancelled")
    office.get_by_role("textbox").last.fill("Good morning, this is Robin: 5*3*2 cm.")
    office.get_by_role("button", name="Send").click()
    said = tab.log.locator("article[data-role=staff]")
    expect(said).to_contain_text("Good morning, this is Robin: 5*3*2 cm.")
    tab.ask("What are your business hours?")
    expect(tab.questions).to_have_count(2)
    expect(office.get_by_label("Transcript")).to_contain_text("What are your business hours?")
    expect(tab.answers).to_have_count(1)
    office.get_by_role("button", name="Hand back").click()
    expect(tab.page.get_by_text("The person has left.")).to_be_visible()
    # Whom it was said to has read it: the assistant answers what is said next.
    tab.ask("Do you ship to Switzerland?")

    tab.is_answered(2)
    expect(tab.page.get_by_text("is answering you")).to_have_count(0)
    assert customer.complaints == []
    assert staff.complaints == []


def tell(site: Stack, tab: Tab, first: int = 100, count: int = 39) -> None:
    """Long messages, without a socket that hears of them."""
    code = LONG.format(id=tab.path.split("/")[2], first=first, count=count)
    site.manage("shell", "--verbosity", "0", "--command", code)


@guards("static/js/connection.js", "detail.shouldSwap = false;", "")
@guards("static/js/connection.js", "earlier.append(group);", "")
def test_a_conversation_longer_than_a_socket_takes_at_once_comes_back_and_shows_its_beginning(
    tab: Tab, site: Stack
):
    tab.ask("How it began")
    tab.is_answered()
    tell(site, tab)

    site.web.kill()
    expect(tab.connection).to_contain_text("Reconnecting")
    site.web.start()

    expect(tab.log.get_by_role("article")).to_have_count(24)
    expect(tab.log).to_contain_text("message 38")
    expect(tab.log).not_to_contain_text("How it began")

    expect(tab.page.locator("[data-chat]")).to_have_attribute("data-connection", "open")
    tab.page.get_by_role("link", name="Show earlier messages").focus()
    tab.page.keyboard.press("Enter")

    earlier = tab.page.get_by_role("group", name="Earlier messages")
    expect(earlier).to_contain_text("How it began")
    expect(earlier.get_by_role("article")).to_have_count(17)
    # What was read has not moved: the first of the newest is still in view.
    expect(tab.log.get_by_role("article").first).to_be_in_viewport()
    expect(tab.page.get_by_role("link", name="Show earlier messages")).to_have_count(0)

    # Nor does what was opened go when more comes while the connection is cut; it gets longer.
    site.web.kill()
    expect(tab.connection).to_contain_text("Reconnecting")
    tell(site, tab, first=139, count=3)
    site.web.start()
    expect(tab.log).to_contain_text("message 41")
    expect(tab.log.get_by_role("article")).to_have_count(24)
    expect(earlier.first).to_contain_text("How it began")
    shown = tab.page.locator(".entry").evaluate_all("all => all.map(each => each.id)")
    assert len(shown) == len(set(shown)) == 44


@guards("static/js/reading.js", "delete scroll.dataset.opening;", "")
def test_what_was_out_of_view_as_a_conversation_opened_is_laid_out_soon(tab: Tab, site: Stack):
    tab.ask("How it began")
    tab.is_answered()
    tell(site, tab)

    tab.page.reload()

    expect(tab.log.get_by_role("article").last).to_be_in_viewport()
    expect(tab.page.locator("[data-opening]")).to_have_count(0)
    scroll = tab.page.locator("[data-scroll]")
    assert scroll.evaluate("at => at.scrollHeight - at.scrollTop - at.clientHeight") < 2
