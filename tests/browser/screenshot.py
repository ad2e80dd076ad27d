"""`python -m tests.browser.screenshot`: takes the README's picture anew, with the demo model."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.chromium import launched
from tests.browser.people import THREE_PARTS, Customer
from tests.stack import ROOT, Stack

PICTURE = Path(ROOT, "docs", "screenshot.png")
# 1280 by 914, on a window that is large enough for the question and the whole answer.
WINDOW, SCALE = {"width": 1680, "height": 1200}, 1280 / 1680


def main() -> None:
    with (
        Stack(demo_model=True) as site,
        launched() as browser,
        Customer(
            browser, site.url, viewport=WINDOW, device_scale_factor=SCALE, color_scheme="light"
        ) as customer,
    ):
        tab = customer.open()
        tab.ask("\n".join(THREE_PARTS))
        tab.is_answered()
        expect(tab.questions).to_be_in_viewport(ratio=1)
        expect(tab.answer).to_be_in_viewport(ratio=1)
        tab.page.screenshot(path=PICTURE, animations="disabled", caret="hide")


if __name__ == "__main__":
    main()
