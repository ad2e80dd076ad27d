"""`python -m tests.load.pages.widget`: what the widget costs the page that has it, in Chromium.

Layout shift, the longest task, requests and bytes of ours on a shop's page with a strict policy:
when it has loaded, when the chat is opened, while an answer is written, and after it is closed.
The shop is on 127.0.0.1 and the chat on localhost: another site, whose frame Chromium runs in a
process of its own, as it does on computers. The tasks are those of the page itself.
"""

import gzip
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser import hosts
from tests.browser.chromium import launched
from tests.browser.test_widget import KEY, WIDGET, Shop
from tests.stack import Stack
from tests.tables import show

TIMES = 3
SHIFT, LONGEST = "layout shift", "longest task, ms (0: none over 50)"
PHONE, WIDE = ViewportSize(width=375, height=720), ViewportSize(width=1280, height=800)
# A processor a quarter as fast, as Lighthouse has it for a phone.
SLOWER = 4


def main() -> None:
    with Stack(demo_model=True) as site, launched() as browser:
        chat = site.url.replace("127.0.0.1", "localhost")
        line = f'<script src="{chat}/widget/{KEY}.js" async></script>'
        with hosts.host(chat, line) as url, hosts.host(chat, "") as bare:
            code = WIDGET.format(key=KEY, origins=url)
            site.manage("shell", "--verbosity", "0", "--command", code)
            with urllib.request.urlopen(f"{chat}/widget/{KEY}.js") as response:
                script = response.read()
            packed = len(gzip.compress(script))
            show("the script", [{"bytes": len(script), "gzipped": packed}])
            for name, slower in (("as it is", 1), (f"{SLOWER} times slower", SLOWER)):
                rows = [without(browser, bare, slower), *measured(browser, chat, url, slower)]
                show(f"effect on the page, worst of {TIMES}, processor {name}", rows)


def without(browser: Browser, url: str, slower: int) -> dict[str, object]:
    """The page itself, for comparison."""
    page = _opened(browser, url, slower)
    row = _row("without the widget", page, [])
    page.context.close()
    return row


def measured(browser: Browser, chat: str, url: str, slower: int) -> list[dict[str, object]]:
    runs = [_run(browser, chat, url, slower) for _ in range(TIMES)]
    return [
        {key: max(each[key] for each in same) if key != "when" else same[0][key] for key in same[0]}
        for same in zip(*runs, strict=True)
    ]


def _run(browser: Browser, chat: str, url: str, slower: int) -> list[dict[str, object]]:
    ours: list[str] = []
    page = _opened(browser, url, slower, lambda each: ours.append(each) if chat in each else None)
    shop = Shop(page, "", [])
    expect(shop.bubble).to_be_visible()
    page.wait_for_load_state("networkidle")
    rows = [_row("loaded", page, ours)]
    shop.opened()
    rows.append(_row("opened", page, ours))
    shop.ask("What are your business hours?")
    rows.append(_row("answered", page, ours))
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    rows.append(_row("closed", page, ours))
    page.context.close()
    return rows


def _opened(
    browser: Browser, url: str, slower: int, each: Callable[[str], object] = lambda _: None
) -> Page:
    page = browser.new_context(viewport=WIDE if slower == 1 else PHONE).new_page()
    page.context.set_default_timeout(60_000)
    page.on("request", lambda request: _heard(each, request.url))
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(url)
    return page


def _heard(each: Callable[[str], object], url: str) -> None:
    each(url)


def _row(when: str, page: Page, ours: list[str]) -> dict[str, object]:
    shift, longest = page.evaluate("() => [window.shift, window.longest]")
    return {
        "when": when,
        SHIFT: f"{shift:.4f}",
        LONGEST: longest,
        "requests of ours": len(ours),
    }


if __name__ == "__main__":
    main()
