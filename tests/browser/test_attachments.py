"""Files in the page: chosen, pasted and dropped, kept until they are sent, on other sites too."""

import base64
import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests import files
from tests.browser.people import Customer, Staff, Tab
from tests.browser.test_widget import PATIENCE, Shop, address, context, shop  # noqa: F401  # fixtures
from tests.upstream.server import Upstream

pytestmark = pytest.mark.browser

PHOTO: FilePayload = {
    "name": "nib.jpg",
    "mimeType": "image/jpeg",
    "buffer": files.picture(800, 600),
}
INVOICE: FilePayload = {
    "name": "invoice.pdf",
    "mimeType": "application/pdf",
    "buffer": files.document("Order 4711"),
}
PASTE = """() => {
  const bytes = Uint8Array.from(atob(window.pasted), (each) => each.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
  const box = document.querySelector("[data-text]");
  const how = { bubbles: true, cancelable: true };
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, ...how }));
  const drop = new DragEvent("drop", { dataTransfer: transfer, ...how });
  document.querySelector("[data-scroll]").dispatchEvent(drop);
}"""
# How far the bar of an upload went.
WATCH = """() => document.body.addEventListener("htmx:xhr:progress", () => {
  window.furthest ??= document.querySelector("[data-upload]:not([hidden])")?.value;
})"""
LOADED = "(image) => image.complete && image.naturalWidth > 0"


def attach(page: Page | Locator, *given: FilePayload) -> None:
    page.get_by_label("Attach images or PDF files").set_input_files(list(given))


def tray(page: Page) -> Locator:
    return page.get_by_role("list", name="Files to send").get_by_role("listitem")


def test_files_are_uploaded_while_one_writes_and_go_with_the_message(
    customer: Customer, tab: Tab, upstream: Upstream
):
    attach(tab.page, PHOTO, INVOICE)
    expect(tray(tab.page)).to_have_count(2)
    expect(tray(tab.page).and_(tab.page.locator("[data-state=ready]"))).to_have_count(2)
    tab.page.get_by_role("button", name="Remove invoice.pdf").click()
    expect(tray(tab.page)).to_have_count(1)
    tab.page.reload()
    expect(tray(tab.page)).to_contain_text("nib.jpg")

    tab.composer.press("Enter")

    picture = tab.questions.get_by_role("img", name="Image: nib.jpg")
    expect(picture).to_be_visible()
    tab.page.wait_for_function(LOADED, arg=picture.element_handle())
    expect(tray(tab.page)).to_have_count(0)
    tab.is_answered()
    expect(tab.answer).to_contain_text("The assistant cannot see what you attached.")
    expect(tab.answer.get_by_role("button", name="Ask for a person")).to_be_visible()
    beside = Tab(customer.context.new_page())
    beside.page.goto(tab.path)
    expect(beside.questions.get_by_role("img", name="Image: nib.jpg")).to_be_visible()
    assert customer.complaints == []


def test_an_upload_that_fails_says_so_and_is_tried_again(customer: Customer, tab: Tab):
    def fails(route: Route) -> None:
        route.abort()

    tab.composer.fill("Is this ink?")
    customer.context.route("**/files/?*", fails)
    attach(tab.page, PHOTO)
    expect(tray(tab.page)).to_contain_text("The upload did not work.")
    customer.context.unroute("**/files/?*")
    attach(tab.page, {**PHOTO, "name": "page.jpg", "buffer": b"<html>"})
    expect(tray(tab.page).nth(1)).to_contain_text("Only JPEG, PNG, WebP and GIF")
    expect(tab.composer).to_have_value("Is this ink?")

    tab.page.get_by_role("button", name="Retry: nib.jpg").click()
    tab.send.click()

    expect(tab.questions.get_by_role("img", name="Image: nib.jpg")).to_be_visible()
    expect(tray(tab.page)).to_have_count(1)
    tab.page.get_by_role("button", name="Remove page.jpg").click()
    expect(tray(tab.page)).to_have_count(0)


def test_files_are_pasted_and_dropped(tab: Tab):
    tab.page.evaluate(f"window.pasted = '{base64.b64encode(files.picture(kind='PNG')).decode()}'")
    tab.page.evaluate(PASTE)

    expect(tray(tab.page).and_(tab.page.locator("[data-state=ready]"))).to_have_count(2)


def test_on_another_site_files_need_no_cookie(shop: Shop):  # noqa: F811
    shop.opened()
    shop.chat.get_by_label("Attach images or PDF files").set_input_files([PHOTO, INVOICE])
    expect(shop.chat.locator("[data-tray] [data-state=ready]")).to_have_count(2, timeout=PATIENCE)
    shop.ask("Is this the right nib?")

    picture = shop.chat.get_by_role("img", name="Image: nib.jpg")
    expect(picture).to_have_attribute("src", re.compile("^blob:"))
    with shop.page.expect_download() as saved:
        shop.chat.get_by_role("link", name="invoice.pdf").click()
    assert saved.value.suggested_filename == "invoice.pdf"
    assert shop.page.evaluate("window.shift") == 0


def test_staff_see_the_picture_and_send_one_back(tab: Tab, staff: Staff):
    attach(tab.page, PHOTO)
    expect(tab.page.locator("[data-tray] [data-state=ready]")).to_have_count(1)
    tab.ask("What is wrong with it?")
    tab.is_answered()
    page = staff.visit("/inbox/?queue=assistant")
    page.get_by_role("link", name="What is wrong with it?").first.click()
    picture = page.get_by_role("img", name="Image: nib.jpg")
    page.wait_for_function(LOADED, arg=picture.element_handle())

    attach(page, INVOICE)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Send", exact=True).click()

    link = tab.log.get_by_role("link", name="invoice.pdf")
    expect(link).to_be_visible()
    with tab.page.expect_download() as saved:
        link.click()
    assert saved.value.path().read_bytes() == INVOICE["buffer"]
    assert page.evaluate("window.furthest") == 100
    expect(page.locator("[data-upload]")).to_be_hidden()
