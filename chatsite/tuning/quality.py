"""What labels say of the quality that a threshold keeps: nothing where there are none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chatsite.quality.models import Label
from routing import thresholds
from routing.models import RouteDecision

Source = Label.Source

# What somebody did or judged. What a verifier thinks, or a next message hints at, measures nothing.
MEASURED = (Source.JUDGED, Source.RATING, Source.RETRY, Source.HANDOFF)
# The newest so many labels of the days in view.
MOST_LABELS = 5_000
# References in one query: SQLite takes 32,766 arguments.
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Quality:
    """Replies of which somebody has said how good the cheap answer was.

    `losses`, 0 to 1: by how much it fell behind the strong one, which is taken to have been right
    where nobody has seen it.
    """

    scores: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()

    @property
    def labels(self) -> int:
        return len(self.losses)

    def between(self, low: float, high: float) -> int:
        """Labels of replies that score from `low` up to, not including, `high`."""
        return sum(low <= score < high for score in self.scores)

    def kept_at(self, threshold: float) -> tuple[float, float] | None:
        """Share of the strong tier's quality, and the least it surely (95 %) is; None: unknown."""
        if not self.losses:
            return None
        lost = sum(
            loss for score, loss in zip(self.scores, self.losses, strict=True) if score < threshold
        )
        return 1 - lost / self.labels, 1 - thresholds.upper_bound(lost, self.labels)

    def threshold_for(self, kept: float) -> float | None:
        """The highest that surely (95 %) keeps so much of the quality; None: not one does."""
        found = thresholds.for_loss(self.scores, self.losses, 1 - kept)
        if found is None:
            return None
        shown = round(found, 1)
        return shown if shown >= found else round(shown + 0.1, 1)


def least_labels(kept: float) -> int:
    """How many labels it takes, all of them good, to be sure of so much."""
    number = 1
    while thresholds.upper_bound(0, number) > 1 - kept:
        number += 1
    return number


def since(moment: datetime) -> Quality:
    """From the newest labels of replies decided since then; of each, what is trusted most."""
    # Nobody can have said it earlier.
    labels = Label.objects.filter(source__in=MEASURED, said_at__gte=moment)
    newest = labels.order_by("-said_at").values_list("reply_id", "weight", "cheap", "strong")
    best: dict[str, tuple[float, float]] = {}
    for reply, weight, cheap, strong in newest[:MOST_LABELS]:
        loss = max(0.0, (1.0 if strong is None else strong) - cheap)
        name = f"reply:{reply}"
        best[name] = max(best.get(name, (0.0, 0.0)), (weight, loss))
    found = [
        (score - (threshold - own), best[name][1])
        for names in _batched(best)
        for name, score, threshold, own in RouteDecision.objects.filter(
            reference__in=names, decided_at__gte=moment
        ).values_list("reference", "score", "threshold", "policy__threshold")
    ]
    return Quality(tuple(score for score, _ in found), tuple(loss for _, loss in found))


def _batched(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, AT_ONCE)):
        yield some
