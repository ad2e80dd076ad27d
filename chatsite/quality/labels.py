"""What happened to cheap answers, as labels that routing and the verifier learn from.

Each source says something else about the cheap answer, and is trusted accordingly:

- `judged`: a judge that read the answer, by a rubric. One that read both knows the strong one too.
- `rating`: a thumb up or down, of the few who click; who is content clicks less.
- `retry`: the model ran into its own limit or filter, and the customer asked anew. The broken-off
  answer would not do, whichever tier answers in the end.
- `handoff`: the last answer before a person was asked for, or wrote. Some want a person anyway.
- `follow_up`: the next message repeats the question (it would not do) or goes on (it may have
  done). Nobody was asked, so it is weak; but it is known of nearly every answer, good or bad.
- `verdict`: one minus the verifier's doubt. An opinion and no truth; never taught to the verifier.

Only replies of the cheap tier are read: of a turn that went strong nobody knows what the cheap
answer would have been, unless a judge had it written.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatsite.quality.models import JudgeTrust, QualityLabel, Rubric

Source = QualityLabel.Source

# How far each source is trusted, up to 1.
TRUST = {
    Source.JUDGED: 1.0,
    Source.RATING: 0.8,
    Source.RETRY: 0.8,
    Source.HANDOFF: 0.5,
    Source.FOLLOW_UP: 0.2,
    Source.VERDICT: 0.2,
}
# The version of the rubric in force, within a query.
IN_FORCE = Coalesce(Subquery(Rubric.objects.filter(is_current=True).values("version")[:1]), 1)
# From this trust on somebody has said something; below it, it is only inferred.
FIRM = 0.5


def add(
    reply_id: int,
    source: QualityLabel.Source,
    cheap: float,
    strong: float | None = None,
    *,
    said_at: datetime | None = None,
    rubric: int | None = None,
    confidence: float | None = None,
) -> None:
    """Keep what a source says of the cheap answer (0 to 1) to a reply's turn.

    The newest word of a source replaces its earlier one, so adding it again changes nothing.
    """
    said = label(reply_id, source, cheap, strong, said_at or timezone.now(), rubric)
    said.confidence = confidence
    keep([said])


def rubric_in_force() -> int:
    """Its version; the first where none is stored yet."""
    current = Rubric.objects.filter(is_current=True).values_list("version", flat=True).first()
    return current or 1


def trust_judge(kappa: float, pairs: int) -> None:
    """Keep how far the judge agrees with staff by the rubric in force; below the line its labels
    do not count.
    """
    JudgeTrust.objects.update_or_create(
        id=rubric_in_force(), defaults={"kappa": kappa, "pairs": pairs, "at": timezone.now()}
    )


def not_trusted() -> tuple[QualityLabel.Source, ...]:
    """Sources whose labels do not count now. One short query."""
    trust = JudgeTrust.objects.filter(id=IN_FORCE).first()
    return () if trust is None or trust.is_enough else (Source.JUDGED,)


def totals() -> list[float]:
    """How many labels there are and what they add up to: different once anything else was said."""
    sums = QualityLabel.objects.aggregate(
        number=Count("pk"), cheap=Coalesce(Sum("cheap"), 0.0), trust=Coalesce(Sum("weight"), 0.0)
    )
    return [round(value, 3) for value in sums.values()]


def label(
    reply_id: int,
    source: QualityLabel.Source,
    cheap: float,
    strong: float | None,
    said_at: datetime,
    rubric: int | None = None,
) -> QualityLabel:
    """An unsaved label, trusted as its source is."""
    return QualityLabel(
        reply_id=reply_id,
        source=source,
        cheap=cheap,
        strong=strong,
        weight=TRUST[source],
        said_at=said_at,
        rubric=rubric,
    )


def keep(found: Sequence[QualityLabel]) -> None:
    """Store labels, each in place of what its source said before."""
    QualityLabel.objects.bulk_create(
        found,
        update_conflicts=True,
        unique_fields=["reply", "source"],
        update_fields=["cheap", "strong", "weight", "said_at", "rubric", "confidence"],
        batch_size=500,
    )
