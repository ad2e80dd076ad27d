"""Price lists: dollars per million tokens for many models, from a file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from billing import money
from billing.errors import BadPriceList
from billing.models import Price

# The provider's prices at the time of this version.
BUILT_IN = Path(__file__).parent / "data" / "openai-prices.json"
UNIT = "USD per 1,000,000 tokens"
# Beside a model's own prices, those of its other service tiers.
SERVICE_TIERS = ("batch", "flex", "priority")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many prices a file had that were new, and that are in force already."""

    added: int
    unchanged: int


def load(path: Path, effective_from: datetime | None = None) -> Loaded:
    """Add what the file has and what is not in force; safe to run twice.

    Prices take effect at the file's date, or now if its date is still to come. Raises BadPriceList.
    """
    listed = _read(path)
    if effective_from is None:
        effective_from = min(listed.as_of, timezone.now())
    with transaction.atomic():
        known: dict[tuple[str, str], Price] = {}
        for price in Price.objects.filter(effective_from__lte=effective_from).order_by(
            "effective_from"
        ):
            known[price.model, price.service_tier] = price
        added = []
        for price in listed.prices:
            price.effective_from = effective_from
            before = known.get((price.model, price.service_tier))
            if before is not None and before.rate == price.rate:
                continue
            if before is not None and before.effective_from == effective_from:
                raise BadPriceList(f"{before} is already there, with another price")
            added.append(price)
        Price.objects.bulk_create(added)
    return Loaded(len(added), len(listed.prices) - len(added))


@dataclass(frozen=True, slots=True)
class _Listed:
    as_of: datetime
    prices: list[Price]


def _read(path: Path) -> _Listed:
    """Raises BadPriceList."""
    try:
        # Never through a float: 0.1 has to be 100,000,000 nano-dollars.
        content = json.loads(path.read_text(), parse_float=Decimal, parse_int=Decimal)
        if content["unit"] != UNIT:
            raise BadPriceList(f"{path.name}: the unit is {content['unit']!r}, not {UNIT!r}")
        as_of = date.fromisoformat(content["as_of"])
        source = f"{content['source']['package']}, as of {as_of}"[:200]
        prices = [
            price
            for model, listed in content["models"].items()
            for price in _of_model(model, listed, source)
        ]
        for price in prices:
            price.clean_fields()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise BadPriceList(f"{path.name}: {type(error).__name__} {error}") from error
    except ValidationError as error:
        raise BadPriceList(f"{path.name}: {error.message_dict}") from error
    return _Listed(datetime.combine(as_of, time.min, UTC), prices)


def _of_model(model: str, listed: Mapping[str, Any], source: str) -> Iterator[Price]:
    for service_tier, rates in [("default", listed), *((t, listed.get(t)) for t in SERVICE_TIERS)]:
        if rates is not None:
            yield Price(
                model=model,
                service_tier=service_tier,
                input=money.nano(rates["input"]),
                cached_input=_nano(rates.get("cached_input")),
                cache_write=_nano(rates.get("cache_write")),
                output=money.nano(rates["output"]),
                source=source,
            )


def _nano(amount: Decimal | None) -> int | None:
    return None if amount is None else money.nano(amount)
