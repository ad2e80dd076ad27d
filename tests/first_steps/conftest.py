"""A provider whose list of models is read."""

from collections.abc import Iterator

import pytest

from tests.upstream.server import Upstream


@pytest.fixture
def upstream(settings) -> Iterator[Upstream]:
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL = upstream.url
        yield upstream
