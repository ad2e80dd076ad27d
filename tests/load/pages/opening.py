"""`python -m tests.load.pages.opening`: how long a long conversation takes to open, in Chromium.

Of a page: time of the server, size of the HTML and on the wire, and time from the click until its
last message was painted; medians. Conversations of 2, 60 and 200 usual messages, and one of 5 MB:
answers as long as they can be. It is opened in a tab that is there: a new window takes Chromium
0.3 s of CPU for pages of its own. Beside it stands a page of one word, in turns.
"""

import statistics
import time
import urllib.request

from playwright.sync_api import Browser, Page

from tests.browser.chromium import launched
from tests.browser.people import Customer
from tests.stack import Stack
from tests.tables import show

TIMES = 7
BARE = "/healthz"
USUAL = """**Returns** take *14 days*. Here is each in turn:

1. Register the return at https://shop.example/returns and print the label.
2. Pack it:
   - the pen in its box,
   - the receipt for 24.50 EUR.

| Country | Price |
|---|--:|
| Germany | 4.50 |
| Japan | 29.50 |

Ask us if anything is unclear. """
# Messages, and characters of an answer. A question has a tenth of them.
SIZES = {
    "2 messages": (2, 700),
    "60 messages": (60, 700),
    "200 messages": (200, 700),
    "5 MB in 640 messages": (640, 16_000),
}
SEED = """
from chatsite.chat.models import Conversation, Message
held = Conversation.objects.get(public_id="{conversation}")
first = held.messages.count()
Message.objects.bulk_create([
    Message(
        conversation=held,
        position=100 + at,
        role="assistant" if at % 2 else "customer",
        text=({usual!r} * ({length} // 300 + 1))[: {length} if at % 2 else {length} // 10],
    )
    for at in range({count} - first)
])
Conversation.objects.filter(pk=held.pk).update(revision=held.revision + 1)
"""
# When the last message was painted, and the longest time that nothing else could run.
WATCH = """
window.painted = 0; window.longest = 0;
new PerformanceObserver((list) => list.getEntries().forEach(
  ({ duration }) => (window.longest = Math.max(window.longest, duration)))).observe(
  { type: "longtask", buffered: true });
const look = () => {
  const last = [...document.querySelectorAll("#messages article")].at(-1);
  if (document.readyState !== "loading" && last && last.getBoundingClientRect().top < innerHeight)
    requestAnimationFrame(() => setTimeout(() => (window.painted = performance.now())));
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def main() -> None:
    with Stack(demo_model=True) as site, launched() as browser:
        rows = [measured(browser, site, name, *size) for name, size in SIZES.items()]
        show(f"opening a conversation, medians of {TIMES}", rows)


def measured(
    browser: Browser, site: Stack, name: str, count: int, length: int
) -> dict[str, object]:
    with Customer(browser, site.url) as customer:
        tab = customer.open()
        tab.ask("What are your business hours?")
        tab.is_answered()
        conversation = tab.path.strip("/").rpartition("/")[2]
        seed = SEED.format(conversation=conversation, usual=USUAL, length=length, count=count)
        site.manage("shell", "--verbosity", "0", "--command", seed)
        cookies = "; ".join(
            f"{each['name']}={each['value']}" for each in customer.context.cookies()
        )
        request = urllib.request.Request(site.url + tab.path, headers={"Cookie": cookies})
        served, size = zip(*(_served(request) for _ in range(TIMES)), strict=True)
        tab.page.close()
        customer.context.add_init_script(WATCH)
        page = customer.context.new_page()
        page.goto(BARE)
        page.wait_for_timeout(1_000)
        bare, opened = zip(*(_in_turn(page, tab.path) for _ in range(TIMES)), strict=True)
        painted, longest, wire = zip(*opened, strict=True)
        return {
            "conversation": name,
            "server, ms": statistics.median(served),
            "HTML, kB": size[0] / 1000,
            "on the wire, kB": wire[0] / 1000,
            "last message painted, ms": statistics.median(painted),
            "a page of one word, ms": statistics.median(bare),
            "longest task, ms": statistics.median(longest),
        }


def _served(request: urllib.request.Request) -> tuple[float, int]:
    began = time.perf_counter()
    with urllib.request.urlopen(request) as response:
        size = len(response.read())
    return (time.perf_counter() - began) * 1000, size


def _in_turn(page: Page, path: str) -> tuple[float, tuple[float, float, float]]:
    page.goto(BARE)
    page.wait_for_function("() => performance.getEntriesByType('paint').length")
    bare = page.evaluate("() => performance.getEntriesByType('paint')[0].startTime")
    page.wait_for_timeout(300)
    page.goto(path)
    page.wait_for_function("() => window.painted")
    page.wait_for_load_state("networkidle")
    sent = "performance.getEntriesByType('navigation')[0].transferSize"
    painted, longest, wire = page.evaluate(f"() => [window.painted, window.longest, {sent}]")
    return bare, (painted, longest, wire)


if __name__ == "__main__":
    main()
