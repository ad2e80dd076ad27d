"""A draft of the policy, and what it would have done with the traffic of the last days."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from billing.errors import NoPrice
from billing.models import Price
from billing.prices.pricing import Rate
from chatsite.tuning.threshold import changed_replies, quality_curve, recent_traffic, replay
from chatsite.tuning.threshold.changed_replies import Fates, Moved
from chatsite.tuning.threshold.newest_replies import Window
from chatsite.tuning.threshold.quality_curve import Quality
from chatsite.tuning.threshold.recent_traffic import Group
from chatsite.tuning.threshold.replay import Effect, Models
from routing.models import Policy

# Labels among the replies that would move, from which their quality counts as measured.
LEAST_MOVED_LABELS = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """The window's replies, under some settings at any threshold."""

    replay: replay.Replay
    weighed_again: int  # replies that another analyzer had scored
    rates: Mapping[str, Rate]
    quality: Quality
    versions: Mapping[int, Policy]


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
        if self.effect.to_cheap and self.moved_labels < LEAST_MOVED_LABELS:
            return None
        return self.quality.kept_at(self.effect.threshold)


def of(in_force: Policy, settings: Policy, threshold: float) -> Policy:
    """An unsaved version: these settings with this threshold."""
    draft = settings.draft()
    draft.threshold = threshold
    draft.replaces = in_force
    return draft


def replayed(draft: Policy, window: Window, versions: Mapping[int, Policy]) -> Seen:
    """The window's replies under the draft; `versions` by primary keys. Raises NoPrice."""
    rated = rates(draft)
    own = {pk: version.threshold for pk, version in versions.items()}
    found = recent_traffic.since(window.since, draft, own)
    priced = _priced(found.groups, draft, versions, rated)
    return Seen(priced, found.weighed_again, rated, quality_curve.since(window.since), versions)


def counted(policy: Policy, since: datetime) -> replay.Replay:
    """Replies by the scores that they had, against the threshold that counts. Raises NoPrice."""
    groups = recent_traffic.counted(since, policy)
    decided_by = Policy.objects.in_bulk({group.alike.policy for group in groups})
    return _priced(groups, policy, decided_by, rates(policy))


def preview(draft: Policy, window: Window, seen: Seen, page: int = 1) -> Preview:
    """`seen`: what `replayed` gave for these settings under any threshold."""
    rows, there_are_more = changed_replies.newest(
        window.since, draft, seen.versions, seen.rates, seen.replay.doubted, page
    )
    before = draft.replaces.threshold if draft.replaces else draft.threshold
    low, high = sorted((before, draft.threshold))
    return Preview(
        effect=seen.replay.at(draft.threshold),
        drawn=tuple(seen.replay.curve()),
        weighed_again=seen.weighed_again,
        fates=changed_replies.fates(window.since, draft),
        moved=tuple(rows),
        there_are_more=there_are_more,
        quality=seen.quality,
        moved_labels=seen.quality.between(low, high),
    )


def _priced(
    groups: Collection[Group],
    draft: Policy,
    decided_by: Mapping[int, Policy],
    rated: Mapping[str, Rate],
) -> replay.Replay:
    models = {pk: Models.by(policy) for pk, policy in decided_by.items()}
    return replay.of(groups, models, Models.by(draft), rated)


def rates(draft: Policy) -> Mapping[str, Rate]:
    """Today's prices of the models that would answer. Raises NoPrice."""
    models, now = (draft.cheap_model, draft.strong_model), timezone.now()
    prices = Price.objects.filter(model__in=models, service_tier="default", effective_from__lte=now)
    found = {price.model: price.rate for price in prices.order_by("effective_from")}
    for model in models:
        if model not in found:
            raise NoPrice(model)
    return found
