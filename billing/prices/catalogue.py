"""Price lists: dollars per million tokens for many models, from a file, compared with ours."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import money
from billing.errors import BadPriceList
from billing.models import Price
from billing.prices import plausibility

# The provider's prices at the time of this version.
BUILT_IN = Path(__file__).parent / "data" / "openai-prices.json"
UNIT = "USD per 1,000,000 tokens"
# Beside a model's own prices, those of its other service tiers.
SERVICE_TIERS = ("batch", "flex", "priority")


class Kind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNLISTED = "unlisted"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """What a list means for one model in one service tier.

    `before` is in force when the list takes effect, `after` what the list says. A list that leaves
    a price out does not end it.
    """

    before: Price | None
    after: Price | None
    doubts: Mapping[str, str] = field(default_factory=dict)  # questions, by rate
    until: datetime | None = None  # from when on another price follows, set already

    @property
    def kind(self) -> Kind:
        if self.after is None:
            return Kind.UNLISTED
        if self.before is None:
            return Kind.ADDED
        return Kind.UNCHANGED if self.before.rate == self.after.rate else Kind.CHANGED

    @property
    def price(self) -> Price:
        """The one of the two that there is."""
        price = self.after or self.before
        assert price is not None
        return price


def compare(path: Path, effective_from: datetime | None = None) -> list[Change]:
    """What applying the file would do, by model and service tier; nothing is written.

    Prices take effect at the file's date, or now if its date is still to come. Raises BadPriceList.
    """
    listed = _read(path)
    if effective_from is None:
        effective_from = min(listed.as_of, timezone.now())
    known: dict[tuple[str, str], Price] = {}
    later: dict[tuple[str, str], datetime] = {}
    for price in Price.objects.order_by("effective_from"):
        key = (price.model, price.service_tier)
        if price.effective_from <= effective_from:
            known[key] = price
        else:
            later.setdefault(key, price.effective_from)
    standard = {price.model: price for price in listed.prices if price.service_tier == "default"}
    changes = []
    for price in listed.prices:
        price.effective_from = effective_from
        key = (price.model, price.service_tier)
        before = known.pop(key, None)
        if before is not None and before.rate == price.rate:
            changes.append(Change(before, price))
            continue
        if before is not None and before.effective_from == effective_from:
            raise BadPriceList(f"{before} is already there, with another price")
        so_far = before or standard[price.model]
        doubts = plausibility.doubts(price.rate, so_far.rate)
        changes.append(Change(before, price, doubts, later.get(key)))
    changes += [Change(price, None) for price in known.values()]
    return sorted(changes, key=lambda change: (change.price.model, change.price.service_tier))


def apply(changes: Sequence[Change]) -> int:
    """Add the prices that are new or differ; returns how many. Raises BadPriceList."""
    added = [change.after for change in changes if change.kind in {Kind.ADDED, Kind.CHANGED}]
    try:
        with transaction.atomic():
            return len(Price.objects.bulk_create(price for price in added if price is not None))
    except IntegrityError as error:
        raise BadPriceList("somebody has set prices from the same moment on meanwhile") from error


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
