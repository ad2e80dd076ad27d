"""A draft of the policy, and what it would have done with the traffic of the last days."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from billing.errors import NoPrice
from billing.models import Price
from billing.pricing import Rate
from chatsite.tuning import moved, quality, replay, traffic
from chatsite.tuning.moved import Fates, Moved
from chatsite.tuning.quality import Quality
from chatsite.tuning.replay import Effect, Models
from chatsite.tuning.traffic import Group
from chatsite.tuning.window import Window
from routing.models import Policy

# Labels among the replies that would move, from which their quality counts as measured.
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft does, as its page shows it."""

    effect: Effect
    drawn: tuple[Effect, ...]  # at every threshold
    weighed_again: int  # replies that another analyzer had scored
    fates: Fates
    moved: tuple[Moved, ...]  # one page
    there_are_more: bool
    quality: Quality
    moved_labels: int  # labels among the replies that would move

    @property
    def kept(self) -> tuple[float, float] | None:
        """Share of the strong tier's quality with its lower bound; None: not measured.

        Of messages that would move to the cheap tier, labels of others say nothing.
        """
        if self.effect.to_cheap and self.moved_labels < ENOUGH:
            return None
        return self.quality.kept_at(self.effect.threshold)


def of(in_force: Policy, settings: Policy, threshold: float) -> Policy:
    """An unsaved version: these settings with this threshold."""
    draft = settings.draft()
    draft.threshold = threshold
    draft.replaces = in_force
    return draft


def replayed(draft: Policy, window: Window) -> tuple[replay.Replay, int]:
    """The window's replies under the draft, and how many were weighed again. Raises NoPrice."""
    seen = traffic.since(window.since, draft)
    return _priced(seen.groups, draft), seen.weighed_again


def counted(policy: Policy, since: datetime) -> replay.Replay:
    """Replies by the scores that they had, against the threshold that counts. Raises NoPrice."""
    return _priced(traffic.counted(since), policy)


def preview(
    draft: Policy, window: Window, page: int = 1, seen: tuple[replay.Replay, int] | None = None
) -> Preview:
    """`seen`: what `replayed` gave for these settings under any threshold. Raises NoPrice."""
    found, weighed_again = seen or replayed(draft, window)
    labels = quality.since(window.since)
    rows, there_are_more = moved.newest(window.since, draft, rates(draft), page)
    before = draft.replaces.threshold if draft.replaces else draft.threshold
    low, high = sorted((before, draft.threshold))
    return Preview(
        effect=found.at(draft.threshold),
        drawn=tuple(found.curve()),
        weighed_again=weighed_again,
        fates=moved.fates(window.since, draft),
        moved=tuple(rows),
        there_are_more=there_are_more,
        quality=labels,
        moved_labels=labels.between(low, high),
    )


def _priced(groups: Collection[Group], draft: Policy) -> replay.Replay:
    decided_by = Policy.objects.in_bulk({group.alike.policy for group in groups})
    models = {pk: Models.by(policy) for pk, policy in decided_by.items()}
    return replay.of(groups, models, Models.by(draft), rates(draft))


def rates(draft: Policy) -> Mapping[str, Rate]:
    """Today's prices of the models that would answer. Raises NoPrice."""
    models, now = (draft.cheap_model, draft.strong_model), timezone.now()
    prices = Price.objects.filter(model__in=models, service_tier="default", effective_from__lte=now)
    found = {price.model: price.rate for price in prices.order_by("effective_from")}
    for model in models:
        if model not in found:
            raise NoPrice(model)
    return found
