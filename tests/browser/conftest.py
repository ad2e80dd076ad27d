"""One running site, one provider and one browser for all tests here."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from chatsite.demo import demo_server
from tests.browser.chromium import launched
from tests.browser.hostile import HOSTILE
from tests.browser.people import OPERATOR, STAFF, Customer, Operator, Staff, Tab
from tests.stack import Stack
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import Says
from tests.upstream.server import Upstream

# Every message is a call, what a test has the provider say is the answer, and saving asks nothing.
SEED = f"""
from billing.models import Budget
from chatsite.knowledge.models import Article
from routing import policies
from chatsite.answer_tests.models import CaseSet
from routing.models import TaskType
CaseSet.objects.update(guards=False)
TaskType.objects.update(cacheable=False)
draft = policies.current().draft()
draft.doubt_threshold = 1
policies.adopt(draft, None, "Answers stand as they are.")
# All come from one address, whose answers would become brief.
Budget.objects.filter(scope="address").update(limit=10**12)
Article.objects.create(
    title="The page of warnings", slug="warnings", published=True, body={HOSTILE!r}
)
"""


async def says_what_the_articles_say(exchange: Exchange) -> None:
    """What the demo model would answer, sooner."""
    answer = await asyncio.to_thread(demo_server.answer, exchange.call.body)
    await Says(answer.text, first_token=0.05, every=0.005)(exchange)


# The package's, not the session's: Playwright keeps an event loop running in this thread, and
# asynchronous tests elsewhere need it for their own.
@pytest.fixture(scope="package")
def provider() -> Iterator[Upstream]:
    with Upstream() as provider:
        yield provider


@pytest.fixture(scope="package")
def running(provider: Upstream) -> Iterator[Stack]:
    environment = {"OPENAI_BASE_URL": provider.url, "REPLY_ADDRESS": "reply@shop.example"}
    accounts = "\n".join([STAFF.account, OPERATOR.account])
    with Stack(environment=environment, seed=SEED + accounts) as running:
        yield running
        # Whatever they still write, nobody reads it: 8 s less than to let them finish.
        for process in running.processes:
            process.kill()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def upstream(provider: Upstream) -> Iterator[Upstream]:
    """The provider, which answers from the articles unless it is told otherwise."""
    provider.reset()
    provider.otherwise = says_what_the_articles_say
    yield provider
    provider.reset()


@pytest.fixture
def site(running: Stack, upstream: Upstream) -> Iterator[Stack]:
    """The running site, and again after a test that killed its web process."""
    yield running
    if not running.web.running:
        running.web.start()
    running.wait_until_ready()


@pytest.fixture
def customer(browser: Browser, site: Stack) -> Iterator[Customer]:
    with Customer(browser, site.url) as customer:
        yield customer


@pytest.fixture
def tab(customer: Customer) -> Tab:
    """The page of a new conversation."""
    return customer.open()


@pytest.fixture
def staff(browser: Browser, site: Stack) -> Iterator[Staff]:
    with Staff(browser, site.url) as staff:
        yield staff


@pytest.fixture
def operator(browser: Browser, site: Stack) -> Iterator[Operator]:
    with Operator(browser, site.url) as operator:
        yield operator
