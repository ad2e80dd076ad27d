"""What routing is worth on labelled customers' messages: on the first day, and learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatsite.knowledge.embeddings import question_embeddings
from chatsite.knowledge.search import question
from routing import stored_site_profile
from routing.learning import message_evaluation
from routing.learning.labelled_data import Graded, Message
from routing.learning.labels import TooFewLabels
from routing.learning.message_evaluation import Report, Told
from routing.models import Policy
from routing.tier_choice import Turn


@dataclass(frozen=True, slots=True)
class Measured:
    """The first day's report, and that of models learned from the other domains' labels.

    `learned` is why there is none, where the labels are too few.
    """

    how: str  # by what messages were read, as a phrase
    first_day: Report
    learned: Report | str
    threshold: float
    share: float

    def as_json(self) -> dict[str, Any]:
        learned = self.learned.as_json() if isinstance(self.learned, Report) else None
        return {
            "analyzer": "learned, first day",
            "read_by": self.how,
            "threshold": self.threshold,
            **self.first_day.as_json(),
            "learned": learned,
        }

    def as_text(self, name: str, left_out: int) -> str:
        whole = self.first_day.whole
        learned = self.learned if isinstance(self.learned, Report) else None
        note = f" {left_out} lines could not be read and are left out." if left_out else ""
        lines = [
            f"# Routing on {name}: {whole.rows:,} messages, {whole.needed:,} need the strong model",
            "",
            f"Read by {self.how}; strong from {self.threshold:g} on.{note} AUC: how often a "
            "message that needs the strong model scores above one that does not. Learned: by "
            f"models fitted to the labels of the other domains, {self.share:.0%} strong.",
            "",
            "| messages | rows | need strong | AUC | strong | found | learned: AUC | strong "
            "| found |",
            "|---|---|---|---|---|---|---|---|---|",
            _row("all", whole, learned.whole if learned else None),
            *(
                _row(group, told, learned.groups[group] if learned else None)
                for group, told in self.first_day.groups.items()
            ),
        ]
        if isinstance(self.learned, str):
            lines += ["", f"Nothing is learned: {self.learned}."]
        return "\n".join(lines)


def of(messages: Sequence[Message], policy: Policy, share: float, *, words_only: bool) -> Measured:
    """Measured under the policy's threshold."""
    site = stored_site_profile.current()
    none: list[tuple[float, ...]] = [()] * len(messages)
    asked = [
        question.of(each.turn.text, "".join(each.turn.earlier[-1:]), each.turn.answer)
        for each in messages
    ]
    vectors, how = (none, "words") if words_only else question_embeddings.for_routing(asked)
    scores = message_evaluation.first_day_scores(messages, vectors, site)
    first_day = message_evaluation.report(messages, scores, policy.threshold)
    learned: Report | str
    try:
        found = message_evaluation.learned_scores(messages, vectors, site)
        threshold = message_evaluation.threshold_for(found, share)
        learned = message_evaluation.report(messages, found, threshold)
    except TooFewLabels as error:
        learned = str(error)
    return Measured(how, first_day, learned, policy.threshold, share)


def of_exams(
    worse: Sequence[bool],
    first_day: Sequence[float],
    learned: Sequence[float],
    threshold: float,
    rows: Sequence[Graded],
    share: float,
) -> dict[str, Any]:
    """The same figures of graded answers: whether the cheap one was worse."""
    messages = [
        Message(Turn(row.prompt), is_worse, row.group)
        for row, is_worse in zip(rows, worse, strict=True)
    ]
    top = message_evaluation.threshold_for(learned, share)
    return {
        **message_evaluation.report(messages, first_day, threshold).as_json(),
        "learned": message_evaluation.report(messages, learned, top).as_json(),
    }


def _row(name: str, told: Told, learned: Told | None) -> str:
    cells = [name, f"{told.rows:,}", f"{told.needed:,}", *_figures(told)]
    return f"| {' | '.join([*cells, *(_figures(learned) if learned else ['', '', ''])])} |"


def _figures(told: Told) -> list[str]:
    return [
        "" if told.auc is None else f"{told.auc:.3f}",
        "" if told.strong_share is None else f"{told.strong_share:.0%}",
        "" if told.recall is None else f"{told.recall:.0%}",
    ]
