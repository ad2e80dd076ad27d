"""The list of models is read by a worker, and again where it could not be."""

import pytest

from chatsite.provider import tasks
from chatsite.provider.models import ProviderModel, Reading
from tests.upstream.server import Upstream

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(monkeypatch) -> list[tuple[tuple[int], int]]:
    """What is to be tried again, with the seconds until then."""
    found: list[tuple[tuple[int], int]] = []
    monkeypatch.setattr(
        tasks.read_models, "apply_async", lambda given, countdown: found.append((given, countdown))
    )
    return found


def test_a_list_that_was_read_is_not_asked_for_again(settings, queued):
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL = upstream.url

        tasks.read_models()

    assert ProviderModel.objects.get(name="gpt-4").listed_at is not None
    assert queued == []


def test_a_provider_that_is_away_is_asked_later_and_later(settings, queued):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"

    for again in (0, 1, tasks.MOST_AGAIN):
        tasks.read_models(again)

    assert queued == [((1,), 5), ((2,), 10)]
    assert Reading.objects.count() == 3
