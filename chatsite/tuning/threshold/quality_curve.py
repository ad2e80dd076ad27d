"""What labels say of the quality that a threshold keeps: nothing where there are none."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from chatsite.quality.models import JudgeTrust, QualityLabel
from routing import thresholds

Source = QualityLabel.Source

# What somebody did or judged. What a verifier thinks, or a next message hints at, measures nothing.
MEASURED = (Source.JUDGED, Source.RATING, Source.RETRY, Source.HANDOFF)
# The newest so many labels of the days in view.
MOST_LABELS = 5_000
# What was said earlier is of no reply that was decided since; a judge who disagrees with staff says
# nothing (`JudgeTrust.is_enough`).
LABELLED = f"""
SELECT l.reply_id, d.score - (d.threshold - p.threshold), l.weight, l.cheap, l.strong
FROM quality_qualitylabel l
JOIN routing_routedecision d ON d.reference = 'reply:' || l.reply_id
JOIN routing_policy p ON p.id = d.policy_id
WHERE l.said_at >= %s AND l.source IN ({", ".join("%s" for _ in MEASURED)}) AND d.decided_at >= %s
    AND NOT (l.source = %s AND EXISTS (
        SELECT 1 FROM quality_judgetrust t
        WHERE t.pairs >= %s AND t.kappa < %s
            AND t.id = COALESCE((SELECT version FROM quality_rubric WHERE is_current), 1)
    ))
ORDER BY l.said_at DESC
LIMIT %s
"""  # noqa: S608  # placeholders


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
    start = connection.ops.adapt_datetimefield_value(moment)
    judge = (Source.JUDGED, JudgeTrust.FEWEST, JudgeTrust.LEAST)
    best: dict[int, tuple[float, float]] = {}
    scores: dict[int, float] = {}
    with connection.cursor() as cursor:
        cursor.execute(LABELLED, [start, *MEASURED, start, *judge, MOST_LABELS])
        for reply, score, weight, cheap, strong in cursor.fetchall():
            loss = max(0.0, (1.0 if strong is None else strong) - cheap)
            best[reply] = max(best.get(reply, (0.0, 0.0)), (weight, loss))
            scores[reply] = score
    return Quality(tuple(scores.values()), tuple(best[reply][1] for reply in scores))
