"""Hostile texts wherever the site shows words, in Chromium: none may run, none may fetch.

    python -m tests.attacks.xss [--live 40]

Every kind of `tests.attacks.injected` in every place of Markdown: as customers' words, answers and
staff's replies on the customer's page, in the inbox and in the admin; as answers while they are
streamed; in notes, articles, help pages and names; in mails, each opened as a page. The browser is
told to ignore the site's content security policy, so that nothing is held by it alone. A case is
one text on one kind of page where it was really found; fails with fewer than 2,000.
"""

import argparse
import email
import email.policy
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Dialog, Error, Page, Route

from tests import receivers
from tests.attacks import injected
from tests.browser.chromium import launched
from tests.load.accounts import Accounts
from tests.stack import Stack
from tests.tables import show
from tests.upstream.server import Upstream

LEAST = 2000
TOLD_EVERY = 20  # pages
# Their question has to be one that articles answer, so that the answer is shown as it comes.
QUESTION = "What is on the page of warnings?"
SEED = """
from routing import policies
from routing.models import Policy, TaskType
from billing.models import Budget
from chatsite.answer_tests.models import CaseSet
CaseSet.objects.update(guards=False)
TaskType.objects.update(cacheable=False, answers_itself=False)
draft = policies.current().draft()
draft.doubt_threshold = 1
draft.doubted_answers = Policy.Doubted.SHOW
policies.adopt(draft, None, "Answers stand as they are.")
Budget.objects.update(limit=10**13)
from tests.attacks import planted
planted.main()
"""
# Two minutes from now everything that is owed is due.
MAILED = """
from datetime import timedelta
from django.core.management import call_command
from django.utils import timezone
from billing.alerts import deliveries
from chatsite.inbox import notify
from chatsite.mail import sending
later = timezone.now() + timedelta(minutes=2)
for _ in range(100):
    looked = sending.look(later), notify.look(later)
    if not any([*looked, sending.send(later), notify.deliver(later), deliveries.deliver(later)]):
        break
call_command("send_report", to="owner@shop.example")
"""
LISTS = [
    *("inbox/cannedreply", "inbox/tag", "webhooks/endpoint", "api/accesstoken", "widget/widget"),
    *("answer_tests/case", "answer_tests/caseset", "business_hours/dayoff", "auth/group"),
    *("auth/user", "knowledge/article", "chat/conversation", "staff/auditentry", "shop/shop"),
]
HEADERS = {
    *("Content-Type", "Content-Transfer-Encoding", "Mime-Version", "Subject", "From", "To"),
    *("Reply-To", "Date", "Message-Id", "References", "In-Reply-To", "Auto-Submitted"),
    "X-Auto-Response-Suppress",
}
# What is left in the page of a text that was let through: elements and addresses that act.
ACTS = """() => {
  const found = [];
  for (const each of document.querySelectorAll("*")) {
    for (const {name, value} of each.attributes) {
      if (/^on/i.test(name) || (/^(data-)?hx-on/i.test(name) && /pwn/.test(value)))
        found.push(`${each.tagName} ${name}=${value}`);
      if (/^(href|src|action|data|formaction|srcdoc|(data-)?hx-get|ws-connect)$/i.test(name)
          && (/^[\\s\\x00-\\x20]*(javascript|vbscript|data|blob|filesystem):/i.test(value)
              || /tracker\\.test/.test(value) && !/^(A|AREA)$/.test(each.tagName)))
        found.push(`${each.tagName} ${name}=${value}`);
    }
    if (each.tagName === "SCRIPT" && /pwn/.test(each.textContent)) found.push("SCRIPT");
  }
  return found;
}"""
HOVERED = """() => document.querySelectorAll("main a, article a, article *").forEach(each => {
  for (const kind of ["mouseover", "mouseenter", "focus"])
    each.dispatchEvent(new Event(kind, {bubbles: true}));
})"""


@dataclass
class Watch:
    own: str
    executed: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    acting: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)

    def over(self, context: BrowserContext) -> None:
        context.expose_binding("pwn", lambda source, n=None: self.executed.append(f"pwn({n})"))
        context.on("dialog", self._popped_up)
        context.on("request", lambda request: self._requested(request.url))
        context.route(re.compile("tracker\\.test"), lambda route: route.abort())

    def proves_itself(self, page: Page) -> None:
        """It sees what runs, what is fetched and what would act, where all is let through."""
        page.goto("/new/")
        for text in injected.RAW[:8]:
            page.set_content(text.format(n=1))
            page.wait_for_timeout(100)
        acting = page.evaluate(ACTS)
        assert len(self.executed) > 2, self.executed
        assert self.fetched, "nothing was fetched"
        assert acting, "nothing would act"
        self.executed.clear()
        self.fetched.clear()

    def visit(self, page: Page, path: str, kind: str) -> None:
        response = page.goto(path, wait_until="load")
        if response is None or response.status >= 400:
            self.failed.append(f"{path}: {response.status if response else 'no answer'}")
        self.look(page, kind)

    def look(self, page: Page, kind: str) -> None:
        page.evaluate(HOVERED)
        page.wait_for_timeout(100)
        self.acting += [f"{kind}: {each}" for each in page.evaluate(ACTS)]
        if not page.url.startswith(self.own):
            self.failed.append(f"{kind}: led to {page.url}")
        shown = page.content()
        found = set(re.findall(r"pwn\((\d+)\)|tracker\.test/(\d+)", shown))
        self.cases[kind] += len({one or other for one, other in found})
        self.pages[kind] += 1
        if self.pages.total() % TOLD_EVERY == 0:
            sys.stderr.write(f"{self.pages.total()} pages, {self.cases.total()} cases\n")

    def _popped_up(self, dialog: Dialog) -> None:
        self.executed.append(dialog.message)
        dialog.dismiss()

    def _requested(self, url: str) -> None:
        if urlsplit(url).scheme in {"http", "https", "ws"} and not url.startswith(self.own):
            self.fetched.append(url)


def opened(browser: Browser, url: str, watch: Watch, **cookies: str) -> Page:
    context = browser.new_context(base_url=url, bypass_csp=True)
    context.add_cookies([{"name": n, "value": v, "url": url} for n, v in cookies.items()])
    watch.over(context)
    return context.new_page()


def shown_live(page: Page, watch: Watch, upstream: Upstream, texts: list[str]) -> None:
    """Streamed in pieces, then final, then after a reload."""
    for text in texts:
        upstream.reset()
        upstream.drips(text, every=0.005)
        page.goto("/new/")
        page.get_by_role("textbox", name="Message").fill(QUESTION)
        page.get_by_role("button", name="Send").click()
        answer = page.locator("article[data-role=assistant]").last
        try:
            answer.wait_for(timeout=30_000)
            while answer.get_attribute("data-state") in {"pending", "writing"}:
                watch.acting += [f"while it is written: {each}" for each in page.evaluate(ACTS)]
                page.wait_for_timeout(50)
        except Error as error:
            watch.failed.append(f"live: {error}")
            continue
        watch.look(page, "an answer, live")
        page.reload()
        watch.look(page, "an answer, live, after a reload")


def opened_mails(page: Page, watch: Watch, mails: list[str]) -> None:
    """Each part of each, as its type says: no reader of mail takes less care than this one."""
    for mail in mails:
        parsed = email.message_from_string(mail, policy=email.policy.default)
        unknown = {name.title() for name in parsed} - HEADERS
        if unknown or parsed.defects:
            watch.failed.append(f"a mail's head: {unknown or parsed.defects}")
        for part in parsed.walk():
            if part.is_multipart():
                continue
            page.route("**/mail", partial(_fulfil, part), times=1)
            page.goto("/mail")
            watch.look(page, f"mails, {part.get_content_type()}")


def _fulfil(part: EmailMessage, route: Route) -> None:
    kind = f"{part.get_content_type()}; charset=utf-8"
    # Else what has control characters is a download.
    headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
    route.fulfill(headers=headers, body=part.get_content())


def run(live: int) -> bool:
    began = time.monotonic()
    with Upstream() as upstream, receivers.mailbox() as mailbox, launched() as browser:
        environment = {
            "OPENAI_BASE_URL": upstream.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
            "REPLY_ADDRESS": "reply@shop.example",
            "ALERT_EMAILS": "owner@shop.example",
        }
        with Stack(environment=environment, database="sqlite") as stack:
            file = Path(stack.var, "planted.json")
            code = f"import os; os.environ['PLANTED'] = {str(file)!r}\n{SEED}"
            sys.stderr.write(stack.manage("shell", "--verbosity", "0", "-c", code))
            planted = json.loads(file.read_text())
            accounts = Accounts.of(stack)
            watch = Watch(stack.url)
            customer = opened(browser, stack.url, watch, **{planted["name"]: planted["cookie"]})
            staff = opened(browser, stack.url, watch, **accounts.cookies("owner"))
            watch.proves_itself(customer)
            for number, public_id in planted["conversations"]:
                watch.visit(customer, f"/c/{public_id}/", "customer's page")
                watch.visit(staff, f"/inbox/{number}/", "inbox")
                page = f"/admin/chat/conversation/{number}/change/"
                watch.visit(staff, page, "admin's conversation")
            for slug in planted["articles"]:
                watch.visit(customer, f"/help/{slug}/", "help pages")
            watch.visit(customer, "/help/", "help pages")
            watch.visit(customer, "/conversations/", "customer's list")
            for queue in ("all", "mine", "unassigned"):
                watch.visit(staff, f"/inbox/?queue={queue}", "inbox's queue")
            for name in LISTS:
                watch.visit(staff, f"/admin/{name}/?all=", "admin's lists")
                link = staff.locator("#result_list tbody th a").first
                if link.count():
                    watch.visit(staff, link.get_attribute("href") or "", "admin's forms")
            stack.manage("shell", "--verbosity", "0", "-c", MAILED)
            opened_mails(customer, watch, mailbox.messages)
            shown_live(customer, watch, upstream, planted["live"][:live])
            for process in stack.processes:
                process.kill()
    return report(watch, time.monotonic() - began)


def report(watch: Watch, seconds: float) -> bool:
    rows = [
        {"where": kind, "pages": watch.pages[kind], "cases": count}
        for kind, count in watch.cases.items()
    ]
    show("Hostile texts in Chromium, without the content security policy", rows)
    total = watch.cases.total()
    summary = {
        "cases": total,
        "executed": len(watch.executed),
        "fetched": len(watch.fetched),
        "elements that would act": len(watch.acting),
        "pages that failed": len(watch.failed),
        "seconds": seconds,
    }
    show("In all", [summary])
    for what in (watch.executed, watch.fetched, watch.acting, watch.failed):
        sys.stdout.writelines(f"\n{count} x {each}" for each, count in Counter(what).most_common(9))
    sys.stdout.write("\n")
    wrong = watch.executed or watch.fetched or watch.acting or watch.failed
    return not wrong and total >= LEAST


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.attacks.xss", description=__doc__)
    parser.add_argument("--live", type=int, default=40, help="answers that are streamed")
    return int(not run(parser.parse_args().live))


if __name__ == "__main__":
    sys.exit(main())
