"""What a customer may do how often is counted for all web processes together."""

import multiprocessing
import uuid

import pytest
from redis import Redis

from chatsite.chat.errors import TooFast
from chatsite.chat.web import rate_limits


@pytest.fixture
def visitor() -> str:
    return uuid.uuid4().hex


def refused(verb, visitor: str, network: str) -> bool:
    try:
        verb(visitor, network)
    except TooFast:
        return True
    return False


@pytest.mark.parametrize("verb", [rate_limits.asking, rate_limits.clicking])
@pytest.mark.parametrize("by", ["visitor", "network"])
def test_a_visitor_and_a_network_may_do_so_much(settings, monkeypatch, visitor, verb, by):
    of_network = 4 if by == "network" else 1000
    settings.ASKS_PER_VISITOR = 4 if by == "visitor" else 1000
    settings.ASKS_PER_ADDRESS = of_network
    monkeypatch.setattr(rate_limits, "CLICKS", settings.ASKS_PER_VISITOR)
    monkeypatch.setattr(rate_limits, "CLICKS_OF_NETWORK", of_network)

    # A new cookie each time is a new visitor, but no new network.
    visitors = [visitor if by == "visitor" else f"{visitor}{number}" for number in range(6)]
    seen = [refused(verb, each, f"network of {visitor}") for each in visitors]

    assert seen == [False] * 4 + [True] * 2


def another_process(visitor: str, seen) -> None:
    seen.put([refused(rate_limits.asking, visitor, visitor) for _ in range(3)])


def test_two_processes_count_together(settings, visitor):
    settings.ASKS_PER_VISITOR = 4
    fork = multiprocessing.get_context("fork")
    seen = fork.Queue()
    for _ in range(2):
        process = fork.Process(target=another_process, args=(visitor, seen))
        process.start()
        process.join()

    assert seen.get() == [False, False, False]
    assert seen.get() == [False, True, True]


def test_without_redis_a_process_counts_for_itself(settings, visitor):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    settings.ASKS_PER_VISITOR = 2

    seen = [refused(rate_limits.asking, visitor, visitor) for _ in range(4)]

    assert seen == [False, False, True, True]


def test_counts_are_forgotten_by_themselves(settings, visitor):
    rate_limits.asking(visitor, visitor)

    redis = Redis.from_url(settings.REDIS_URL)
    keys = list(redis.scan_iter(match=f"*{visitor}*"))
    assert keys
    assert all(0 < redis.ttl(key) <= 120 for key in keys)
