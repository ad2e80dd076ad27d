"""Two priced models, a call and a moment, for tests of the ledger."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing import ledger
from billing.ledger import Call
from billing.models import Budget, Price
from billing.prices.pricing import Usage

# A Tuesday, 13:30 in Amsterdam.
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
# At most 1,000 tokens in and 1,000 out: $0.002 of gpt-3.5-turbo, $0.09 of gpt-4.
WORST = Usage(input_tokens=1000, output_tokens=1000)
CHEAP = 2_000_000
STRONG = 90_000_000

Reserve = Callable[..., int]


def set_prices() -> None:
    for model, rate_in, rate_out in (("gpt-3.5-turbo", 0.5, 1.5), ("gpt-4", 30, 60)):
        Price.objects.create(
            model=model,
            effective_from=NOW - timedelta(days=30),
            input=int(rate_in * 10**9),
            output=int(rate_out * 10**9),
        )


@pytest.fixture
def prices(db) -> None:
    set_prices()


def reserve(
    reference: str = "reply:1:1", worst: Usage = WORST, now: datetime = NOW, **named: Any
) -> int:
    """Reserve the worst case of a cheap call, or of one that differs as told."""
    given = {
        "purpose": "answer",
        "model": "gpt-3.5-turbo",
        "tier": "cheap",
        "conversation": "conversation:1",
        "visitor": "v1",
    }
    instead_of = named.pop("instead_of", ())
    call = Call(reference, **(given | named))
    return ledger.reserve(
        call, worst, expires_at=now + timedelta(minutes=2), now=now, instead_of=instead_of
    )


@pytest.fixture(name="reserve")
def _reserve(prices) -> Reserve:
    return reserve


def budget(limit: int, scope: str = "site", period: str = "total", key: str = "") -> Budget:
    name = f"{scope} {key} {period}"
    return Budget.objects.create(name=name, scope=scope, period=period, key=key, limit=limit)
