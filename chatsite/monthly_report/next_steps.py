"""What to do next: the worst mistakes of the router, gaps in the articles, improvements to review.

As of the last night: of its 30 days, whichever month the report is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from billing.errors import NoPrice
from chatsite.monitor.gaps import gaps
from chatsite.monitor.gaps.gaps import Gap
from chatsite.quality import nightly_results
from chatsite.quality.models import Proposal
from chatsite.quality.nightly_results import Found, Kept
from chatsite.routing_mistakes import nightly_findings
from chatsite.routing_mistakes.causes import Kind

DAYS = timedelta(days=30)
# Shown of each kind, the worst first.
TOO_CHEAP, TOO_DEAR, GAPS = 2, 1, 3


@dataclass(frozen=True, slots=True)
class Step:
    """`question`: a customer's words, which stay on the site and go into no mail."""

    what: str
    why: str
    path: str
    link: str
    question: str = ""


def found(now: datetime) -> list[Step]:
    """Most important first; empty where nothing stands out."""
    kept = nightly_results.fresh(now)
    return [*_mistakes(now, kept), *_gaps(now, kept), *_improvements()]


def _mistakes(now: datetime, kept: Kept) -> Iterator[Step]:
    try:
        cheap, dear = nightly_findings.read(now, kept).found["parts"]
    except NoPrice as error:
        yield Step(
            f"Add the price of {error.model}.",
            "Without it, the cost of routing mistakes cannot be computed.",
            reverse("admin:billing_price_add"),
            "Add a price",
        )
        return
    for cause in cheap["rows"][:TOO_CHEAP]:
        count = f"{cause['wrong']} of {cause['judged']}"
        yield _mistake(
            cause,
            f"{count} cheap answers {_of(cause)} were not good enough. "
            f"They cost {cause['amount']}.",
        )
    for cause in dear["rows"][:TOO_DEAR]:
        count = f"{cause['wrong']} of {cause['judged']}"
        yield _mistake(
            cause,
            f"The cheap model would have matched {count} strong answers {_of(cause)}. "
            f"It would have saved {cause['saving'].lstrip('+')}.",
        )


def _mistake(cause: Found, why: str) -> Step:
    return Step(cause["in_short"], why, reverse("routing_mistakes:list"), "See the effect of this")


def _of(cause: Found) -> str:
    if cause["kind"] == Kind.TASK_TYPE:
        return f"to the task type “{cause['name']}”"
    return f"whose score depended on “{cause['name']}”"


def _gaps(now: datetime, kept: Kept) -> Iterator[Step]:
    for gap in gaps.read(now, kept).gaps[:GAPS]:
        if gap.count > 1:
            yield Step(
                "Write or correct an article.",
                f"{gap.count} customers asked much the same and got no good answer "
                f"({_reasons(gap)}).",
                reverse("monitor:gaps"),
                "See the gaps",
                gap.question,
            )


def _reasons(gap: Gap) -> str:
    counts = {
        "without an article": gap.nothing_found,
        "doubted": gap.doubted,
        "rated unhelpful": gap.unhelpful,
        "handed to a person": gap.handed_over,
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _improvements() -> Iterator[Step]:
    waiting = Proposal.objects.filter(state=Proposal.State.OPEN).select_related("learned")
    for proposal in waiting:
        yield Step(
            f"Review an improvement: {proposal.learned}.",
            "A model that was trained on this site's answers was measured as better than the one "
            "in use. It has no effect until it is accepted.",
            reverse("admin:quality_proposal_change", args=[proposal.pk]),
            "Review it",
        )
