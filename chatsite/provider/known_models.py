"""What is known of models whatever the provider's list says: how much they take, when they end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from time import monotonic

from billing.prices.model_snapshots import family
from chatsite.provider.models import ProviderModel

BUILT_IN = Path(__file__).parent / "data" / "openai-models.json"
# Tokens, of a model of which nobody says how much it takes: what the smallest in use do.
LEAST_CONTEXT = 8192
# Seconds for which a context is not looked up again.
KNOWN_FOR = 10


@dataclass(frozen=True, slots=True)
class Known:
    context: int
    shuts_down_on: date | None


def of(model: str) -> Known | None:
    """By its name or its snapshot's; a router's prefix (`openai/`) is ignored."""
    name = model.rpartition("/")[2]
    return _built_in().get(name) or _built_in().get(family(name))


def context(model: str) -> int:
    """Tokens that a prompt and its answer may have together."""
    return _context(model, int(monotonic() // KNOWN_FOR))


@lru_cache(maxsize=256)
def _context(model: str, _now: int) -> int:
    row = ProviderModel.objects.filter(name=model).only("context").first()
    if row is not None and row.context:
        return row.context
    known = of(model)
    return known.context if known else LEAST_CONTEXT


def learn_context(model: str, tokens: int) -> None:
    """Keep what the provider said when it refused a prompt as too long."""
    ProviderModel.objects.update_or_create(name=model, defaults={"context": tokens})
    _context.cache_clear()


@cache
def _built_in() -> Mapping[str, Known]:
    listed = json.loads(BUILT_IN.read_text())["models"]
    return {
        name: Known(
            facts["context"],
            date.fromisoformat(facts["shuts_down_on"]) if "shuts_down_on" in facts else None,
        )
        for name, facts in listed.items()
    }
