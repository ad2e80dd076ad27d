"""A provider that takes batches, and calls to put in one."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Budget, Price
from chatsite.llm.batches import Request
from chatsite.offline import batch_jobs
from chatsite.offline.batch_jobs import Wanted
from chatsite.offline.models import Batch
from tests.upstream.batches import Batches
from tests.upstream.server import Upstream

MODEL = "gpt-5.6-sol"


@pytest.fixture(scope="session")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def batches(provider: Upstream, settings, monkeypatch) -> Batches:
    """The provider's side."""
    monkeypatch.setattr("chatsite.llm.sdk_client.RETRIES", 0)
    provider.reset()
    provider.batches = Batches()
    settings.OPENAI_BASE_URL = provider.url
    settings.OPENAI_API_KEY = "sk-of-the-tests"
    return provider.batches


@pytest.fixture
def queue(db) -> Callable[..., Batch | None]:
    """Queue so many calls, at a price and under a budget for the site."""
    for service_tier, rate in (("default", 4), ("batch", 2)):
        Price.objects.create(
            model=MODEL,
            service_tier=service_tier,
            effective_from=timezone.now() - timedelta(days=1),
            input=rate * 10**9,
            output=rate * 5 * 10**9,
        )
    Budget.objects.create(name="site", scope="site", period="month", limit=10**9)

    def queue(count: int = 3, model: str = MODEL) -> Batch | None:
        calls = [
            Wanted(
                f"reply:{number}",
                Request(f"judge:{number}", model, [{"role": "user", "content": "Judge."}], 50),
            )
            for number in range(1, count + 1)
        ]
        return batch_jobs.queue("judging", "judge", calls, timezone.now())

    return queue
