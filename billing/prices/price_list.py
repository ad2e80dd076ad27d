"""Price lists: dollars per million tokens for many models, from a file, compared with ours."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from billing import money
from billing.errors import BadPriceList
from billing.models import Price
from billing.prices import plausibility

# The provider's prices at the time of this version.
BUILT_IN = Path(__file__).parent / "data" / "openai-prices.json"
UNIT = "USD per 1,000,000 tokens"
# Of dollars. `1e999999` is valid JSON, and no database's number.
MOST_DIGITS = 15
# Beside a model's own prices, those of its other service tiers.
SERVICE_TIERS = ("batch", "flex", "priority")


class Kind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNLISTED = "unlisted"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


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
    refused: str = ""  # why it cannot be applied

    @property
    def kind(self) -> Kind:
        if self.refused:
            return Kind.REFUSED
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


@dataclass(frozen=True, slots=True)
class PriceList:
    """What a file says. `refused`: entries that cannot be used, each with what is wrong with it."""

    as_of: datetime
    prices: tuple[Price, ...]
    refused: dict[str, str]  # by model


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its names stood in it twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs)
        self.twice = {name for name, count in counts.items() if count > 1}


def read(path: Path) -> PriceList:
    """The prices of a file. Raises BadPriceList where it is no price list at all."""
    try:
        # Never through a float: 0.1 has to be 100,000,000 nano-dollars.
        content = json.loads(
            path.read_text(),
            parse_float=Decimal,
            parse_int=Decimal,
            object_pairs_hook=_Object,
        )
        unit, as_of = content["unit"], date.fromisoformat(content["as_of"])
        source = f"{content['source']['package']}, as of {as_of}"[:200]
        models: _Object = content["models"]
        entries = list(models.items())
    except KeyError as error:
        raise BadPriceList(f"{path.name}: {error} is missing") from error
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadPriceList(f"{path.name} is not a price list: {error}") from error
    if unit != UNIT:
        raise BadPriceList(f"{path.name}: the unit is {unit!r}, not {UNIT!r}")
    prices: list[Price] = []
    refused = dict.fromkeys(models.twice, "it is listed twice")
    for model, entry in entries:
        if model not in refused:
            try:
                prices += _of_model(model, entry, source)
            except ValueError as error:
                refused[model] = str(error)
    return PriceList(datetime.combine(as_of, time.min, UTC), tuple(prices), refused)


def compare(listed: PriceList, effective_from: datetime | None = None) -> list[Change]:
    """What applying the list would do, by model and service tier; nothing is written.

    Its prices take effect at its date, which may be still to come.
    """
    effective_from = effective_from or listed.as_of
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
            why = f"{before} is already there, with another price"
            changes.append(Change(before, price, refused=why))
            continue
        so_far = before or standard[price.model]
        doubts = plausibility.doubts(price.rate, so_far.rate)
        changes.append(Change(before, price, doubts, later.get(key)))
    changes += [
        Change(price, None) for price in known.values() if price.model not in listed.refused
    ]
    return sorted(changes, key=lambda change: (change.price.model, change.price.service_tier))


def apply(changes: Sequence[Change]) -> int:
    """Add the prices that are new or differ; returns how many. Raises BadPriceList."""
    added = [change.after for change in changes if change.kind in {Kind.ADDED, Kind.CHANGED}]
    try:
        with transaction.atomic():
            return len(Price.objects.bulk_create(price for price in added if price is not None))
    except IntegrityError as error:
        raise BadPriceList("somebody else has set prices from the same moment on") from error


def _of_model(model: str, entry: Any, source: str) -> list[Price]:
    """Its price in each service tier. Raises ValueError in words."""
    if not isinstance(entry, _Object):
        raise ValueError(f"{entry!r} is not an object with prices")
    if model != model.strip():
        raise ValueError("its name begins or ends with a space")
    if not model.isprintable():
        raise ValueError("its name has characters that cannot be printed")
    tiers = [("default", entry), *((tier, entry.get(tier)) for tier in SERVICE_TIERS)]
    return [_price(model, tier, rates, source) for tier, rates in tiers if rates is not None]


def _price(model: str, service_tier: str, rates: Any, source: str) -> Price:
    """Raises ValueError in words."""
    if not isinstance(rates, _Object):
        raise ValueError(f"{service_tier} is {rates!r}, not an object with prices")
    if rates.twice:
        raise ValueError(f"{', '.join(sorted(rates.twice))} is listed twice in it")
    price = Price(
        model=model,
        service_tier=service_tier,
        input=_required(rates, "input"),
        cached_input=_optional(rates, "cached_input"),
        cache_write=_optional(rates, "cache_write"),
        output=_required(rates, "output"),
        source=source,
    )
    try:
        price.clean_fields()
    except ValidationError as error:
        raise ValueError(
            " ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
        ) from error
    return price


def _optional(rates: Mapping[str, Any], name: str) -> int | None:
    """Nano-dollars; None where the list leaves it out. Raises ValueError in words."""
    return None if rates.get(name) is None else _required(rates, name)


def _required(rates: Mapping[str, Any], name: str) -> int:
    """Nano-dollars. Raises ValueError in words."""
    amount = rates.get(name)
    if amount is None:
        raise ValueError(f"{name} is missing")
    if not isinstance(amount, Decimal) or not amount.is_finite():
        raise ValueError(f"{name} is {amount!r}, not a number of dollars")
    if amount.adjusted() > MOST_DIGITS:
        raise ValueError(f"{name} is {amount}, not a price per million tokens")
    return money.nano(amount)
