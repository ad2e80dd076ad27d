"""Which model answers for a tier now: its own, its successor, or the other tier's."""

from dataclasses import dataclass, field

from routing.errors import NotAsked
from routing.models import Policy
from routing.tier_choice import Tier


@dataclass(slots=True)
class ModelHealth:
    """What keeps models from being asked, by their names."""

    gone: frozenset[str] = frozenset()  # the provider does not list them
    refused: frozenset[str] = frozenset()  # it said so to a call
    paused: set[str] = field(default_factory=set)  # their calls kept failing
    # Paused for long enough: the first call for each says whether it answers again.
    probes: set[str] = field(default_factory=set)

    def admits(self, model: str) -> bool:
        """Whether it may be asked; where a probe is due, whoever asks this first is it."""
        if model in self.probes:
            self.probes.discard(model)
            self.paused.add(model)
            return True
        return model not in self.refused and model not in self.paused


@dataclass(frozen=True, slots=True)
class Slot:
    """A model that answers for a tier, and why where it is not the tier's own."""

    tier: Tier
    model: str
    successor: str  # answers where a call finds the model gone; blank: nothing does
    output_limit: int
    why: str = ""  # a sentence for the receipt


def slots(
    tier: Tier, policy: Policy, health: ModelHealth, *, rises: bool = True
) -> tuple[Slot, ...]:
    """What to ask for this tier, the best first; the next where there is no room for one.

    `rises`: whether the strong tier may stand in for the cheap one. Never empty: where nothing is
    well, the tier's own model is asked all the same.
    """
    own, *others = _slots(tier, policy, health)
    if health.admits(own.model) or (tier == Tier.CHEAP and not rises):
        return (own, *others)
    other, *_ = _slots(Tier.CHEAP if tier == Tier.STRONG else Tier.STRONG, policy, health)
    if not health.admits(other.model):
        return (own, *others)
    ill = "is gone from the provider" if own.model in health.refused else "is failing and paused"
    why = f"{own.model} {ill}, so {other.model} of the {other.tier} tier was asked."
    instead = Slot(other.tier, other.model, other.successor, other.output_limit, why)
    return (instead, own, *others)


def own(tier: Tier, policy: Policy, health: ModelHealth, *, is_last_resort: bool = False) -> Slot:
    """The tier's own model, or its successor. Raises NotAsked while it is not to be asked.

    `is_last_resort`: else the customer gets nothing, so a paused one is tried all the same.
    """
    slot, *_ = _slots(tier, policy, health)
    if not health.admits(slot.model) and not (is_last_resort and slot.model in health.paused):
        raise NotAsked(slot.model)
    return slot


def scorer(policy: Policy, health: ModelHealth) -> str:
    """The model that scores messages now; blank while it is not to be asked."""
    model = _slots(Tier.CHEAP, policy, health)[0].model
    return "" if model in health.refused | health.paused | health.probes else model


def _slots(tier: Tier, policy: Policy, health: ModelHealth) -> tuple[Slot, ...]:
    """The tier's model; before it its successor, if the provider has that one and not the model."""
    if tier == Tier.STRONG:
        model, successor = policy.strong_model, policy.strong_successor
        output_limit = policy.strong_output_limit
    else:
        model, successor = policy.cheap_model, policy.cheap_successor
        output_limit = policy.cheap_output_limit
    missing = health.gone | health.refused
    if successor in missing:
        successor = ""
    own = Slot(tier, model, successor, output_limit)
    if model in missing and successor:
        why = f"{model} is gone from the provider, so its successor {successor} was asked."
        return Slot(tier, successor, "", output_limit, why), own
    return (own,)
