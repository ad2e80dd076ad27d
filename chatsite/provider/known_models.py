"""What is known about models apart from the provider's list: context window, images, last day."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from time import monotonic

from billing.prices.model_families import family
from chatsite.provider.models import ProviderModel

BUILT_IN = Path(__file__).parent / "data" / "openai-models.json"
# Tokens, of a model of which nobody says how much it takes: what the smallest in use do.
LEAST_CONTEXT = 8192
# Seconds for which a context is not looked up again.
KNOWN_FOR = 10


@dataclass(frozen=True, slots=True)
class Sight:
    """What images cost in a model's prompts.

    By squares of 512 pixels, beside a base; or by patches of 32 pixels, times a factor; or, of a
    model whose owner has said so, the same for each.
    """

    base: int = 0
    square: int = 0
    patch: float = 0.0
    patches: int = 1536  # an image with more is made smaller
    each: int = 0

    def tokens(self, width: int, height: int) -> int:
        """The most that the provider bills for an image that it is asked to look at closely.

        Source: developers.openai.com, guide to images, calculating costs.
        """
        if self.each:
            return self.each
        if self.patch:
            patches = math.ceil(width / 32) * math.ceil(height / 32)
            return math.ceil(min(patches, self.patches) * self.patch)
        # It is made to fit into 2,048 pixels, and its shorter side into 768.
        scale = min(1.0, 2048 / max(width, height), 768 / min(width, height))
        squares = math.ceil(width * scale / 512) * math.ceil(height * scale / 512)
        return self.base + squares * self.square


@dataclass(frozen=True, slots=True)
class Known:
    context: int
    shuts_down_on: date | None
    sight: Sight | None = None


def of(model: str) -> Known | None:
    """By its name or its snapshot's; a router's prefix (`openai/`) is ignored."""
    name = model.rpartition("/")[2]
    return _built_in().get(name) or _built_in().get(family(name))


def context(model: str) -> int:
    """Tokens that a prompt and its answer may have together."""
    if said := _said(model, int(monotonic() // KNOWN_FOR)).context:
        return said
    known = of(model)
    return known.context if known else LEAST_CONTEXT


def sight(model: str) -> Sight | None:
    """How it counts images; None where it takes none, or nobody says that it does."""
    said = _said(model, int(monotonic() // KNOWN_FOR)).image_tokens
    if said is not None:
        return Sight(each=said) if said else None
    known = of(model)
    return known.sight if known else None


@lru_cache(maxsize=256)
def _said(model: str, _now: int) -> ProviderModel:
    """What the owner and the provider have said of it."""
    found = ProviderModel.objects.filter(name=model).only("context", "image_tokens").first()
    return found or ProviderModel(name=model)


def learn_context(model: str, tokens: int) -> None:
    """Keep what the provider said when it refused a prompt as too long."""
    ProviderModel.objects.update_or_create(name=model, defaults={"context": tokens})
    _said.cache_clear()


@cache
def _built_in() -> Mapping[str, Known]:
    listed = json.loads(BUILT_IN.read_text())["models"]
    return {
        name: Known(
            facts["context"],
            date.fromisoformat(facts["shuts_down_on"]) if "shuts_down_on" in facts else None,
            Sight(**facts["images"]) if "images" in facts else None,
        )
        for name, facts in listed.items()
    }
