"""The provider that `llm` asks in these tests."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest

from chatsite import llm
from chatsite.llm import parameters
from tests.llm.asking import KEY
from tests.upstream.server import Upstream


@pytest.fixture(scope="session")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(provider: Upstream, settings: Any) -> Upstream:
    provider.reset()
    settings.OPENAI_BASE_URL = provider.url
    settings.OPENAI_API_KEY = KEY
    return provider


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    yield
    parameters.news()
    parameters.restore({})


@pytest.fixture(autouse=True)
async def _connections() -> AsyncGenerator[None]:
    yield
    await llm.close()
