"""The quality page's figures, from sums. Pure but for the addresses of answers."""

from dataclasses import dataclass

from billing import number_format as written
from chatsite.monitor.quality_sums import Asked, Report, Sums
from chatsite.monitor.rollups import FIRST_BOUNDS
from chatsite.tuning.trials.confidence_intervals import share

# In words, what a share of answers is a share of.
DEFINITIONS = {
    "Helpful": "Share of rated answers that were rated helpful.",
    "Resolved": "Complete answers that were not rated unhelpful, and after which the customer "
    "did not ask the same again or get a person.",
    "Ended without answer or rating": "Of conversations whose last message is an answer, the "
    "share where it failed, or where the customer rated nothing.",
    "Doubted": "Share of checked answers that the answer check doubted.",
    "Failed": "Share of all answers that ended in an error or were cut short.",
    "First words": "From the customer's question to the first words that are shown.",
    "Response time": "From the customer's question to the end of the answer.",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the page with its interval, its definition, and where its answers are."""

    name: str
    shown: str
    note: str
    url: str = ""

    @property
    def definition(self) -> str:
        return DEFINITIONS[self.name]


def figures(asked: Asked, report: Report) -> list[Figure]:
    return [*_worth(asked, report.total), *_faults(asked, report), *_times(asked, report.total)]


def _worth(asked: Asked, total: Sums) -> list[Figure]:
    return [
        Figure(
            "Helpful",
            _percent(total.helpful, total.rated),
            f"{_interval(total.helpful, total.rated)} {_percent(total.rated, total.answers)} of "
            "answers were rated.",
            asked.answers("unhelpful"),
        ),
        Figure(
            "Resolved",
            _percent(total.resolved, total.answers),
            f"Asked again: {_percent(total.asked_again, total.answers)}. "
            f"A person took part: {_percent(total.handed_over, total.answers)}.",
            asked.answers("unresolved"),
        ),
        Figure(
            "Ended without answer or rating",
            _percent(total.last_failed + total.last_unrated, total.last),
            f"Without an answer: {_percent(total.last_failed, total.last)}. "
            f"Without a rating: {_percent(total.last_unrated, total.last)}. "
            f"{total.last:,.0f} conversations.",
            asked.answers("ended"),
        ),
    ]


def _faults(asked: Asked, report: Report) -> list[Figure]:
    total, failed = report.total, sum(report.failures.values())
    return [
        Figure(
            "Doubted",
            _percent(total.doubted, total.checked),
            f"{total.escalated:,.0f} were replaced by the strong model, "
            f"{total.doubted - total.escalated:,.0f} were not.",
            asked.answers("doubted"),
        ),
        Figure(
            "Failed",
            _percent(failed, total.answers),
            f"{failed:,.0f} of {total.answers:,.0f} answers.",
            asked.answers("failed"),
        ),
    ]


def _times(asked: Asked, total: Sums) -> list[Figure]:
    p95 = total.took(0.95)
    return [
        Figure(
            "First words",
            began(total, 0.95),
            f"95th percentile. Median {began(total, 0.5)}.",
            asked.answers("late"),
        ),
        Figure(
            "Response time",
            "over 32 s" if p95 is None and total.answers else _seconds(p95),
            f"95th percentile. Median {_seconds(total.took(0.5))}.",
            asked.answers("slow"),
        ),
    ]


def _percent(part: float, whole: float) -> str:
    return written.share(part / whole) if whole else "none yet"


def _interval(part: float, whole: float) -> str:
    if not whole:
        return "No rating yet."
    found = share(int(part), int(whole))
    return f"{written.share(found.low)} to {written.share(found.high)} with 95 % confidence."


def _seconds(value: float | None) -> str:
    return "none yet" if value is None else written.seconds(value)


def began(sums: Sums, part: float) -> str:
    """Seconds within which this share of answers showed words."""
    first = sums.began(part)
    if first is None and sums.first_words:
        return f"over {FIRST_BOUNDS[-1] // 1000} s"
    return _seconds(first)
