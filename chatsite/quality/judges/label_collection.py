"""Questions, what either tier answers to them, and what a judge says of both: all in batches.

What was asked is found again by its reference. So a collection goes on from wherever it was left,
after a restart or a night without room, and a question that is added later is asked alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Sum

from billing.models import LedgerEntry
from chatsite.llm.batches import Request
from chatsite.offline.batch_jobs import Wanted
from chatsite.offline.job_kinds import Kind
from chatsite.offline.models import Item
from chatsite.quality.errors import BadVerdict
from chatsite.quality.judges import judge_calls, rubric
from chatsite.quality.judges.question_files import Question
from routing.models import Policy

EVALUATION = LedgerEntry.Purpose.EVALUATION
KIND = Kind(EVALUATION, "evaluation", "Evaluation, each day", 5_000_000_000)

Failed, Answered = Item.State.FAILED, Item.State.ANSWERED


class Step(StrEnum):
    """A call about a question."""

    CHEAP = "cheap"
    STRONG = "strong"
    JUDGE_CHEAP = "judge-cheap"
    JUDGE_STRONG = "judge-strong"


# What a verdict is about.
JUDGED = {Step.JUDGE_CHEAP: Step.CHEAP, Step.JUDGE_STRONG: Step.STRONG}


@dataclass(frozen=True, slots=True)
class Models:
    """Who is asked; each is sold in batches."""

    cheap: str
    strong: str
    judge: str

    def of(self, step: Step) -> str:
        return {Step.CHEAP: self.cheap, Step.STRONG: self.strong}.get(step, self.judge)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many calls there are, of all that the questions take."""

    all: int
    answered: int
    waiting: int
    failed: int
    cost: int  # nano-dollars, of what is settled

    @property
    def unasked(self) -> int:
        return self.all - self.answered - self.waiting - self.failed


@dataclass(frozen=True, slots=True)
class Collection:
    """The `round` is part of each reference: in another one, everything is asked anew."""

    questions: Sequence[Question]
    models: Models
    policy: Policy
    round: str = ""
    criteria: str = rubric.SHIPPED

    def go_on(self, now: datetime, *, again: bool = False) -> int:
        """Queue what can be asked by now, and `again` what failed; returns how many calls.

        Raises NoPrice.
        """
        found = self._found()
        queued = 0
        for step in Step:
            wanted = [
                self._wanted(question, step, found)
                for question in self.questions
                if self._is_due(question, step, found, again)
            ]
            queued += KIND.queue(wanted, now)
        return queued

    def progress(self) -> Progress:
        found = self._found()
        states = [item.state for item in found.values()]
        entries = LedgerEntry.objects.filter(
            purpose=EVALUATION, reference__in=[item.reference for item in found.values()]
        )
        return Progress(
            all=len(self.questions) * len(Step),
            answered=states.count(Answered),
            waiting=states.count(Item.State.WAITING),
            failed=states.count(Failed),
            cost=entries.aggregate(cost=Sum("amount"))["cost"] or 0,
        )

    def graded(self) -> list[dict[str, Any]]:
        """A line for each question of which all is known, as `learning.labelled_data` reads it."""
        found = self._found()
        return [
            self._graded(question, {step: found[question, step].text for step in Step})
            for question in self.questions
            if all(_is_in(found, question, step) for step in Step)
        ]

    def _graded(self, question: Question, texts: Mapping[Step, str]) -> dict[str, Any]:
        cheap, strong = (rubric.read(texts[step]) for step in JUDGED)
        return {
            **({"id": question.id} if question.id else {}),
            "prompt": question.prompt,
            "score_weak": cheap.score,
            "score_strong": strong.score,
            "answer_weak": texts[Step.CHEAP],
            "answer_strong": texts[Step.STRONG],
            "model_weak": self.models.cheap,
            "model_strong": self.models.strong,
            "judge": self.models.judge,
        }

    def _found(self) -> dict[tuple[Question, Step], Item]:
        """The newest attempt of each call. A verdict that is none has failed."""
        of_key = {self._key(question): question for question in self.questions}
        found: dict[tuple[Question, Step], Item] = {}
        for item in Item.objects.filter(batch__purpose=EVALUATION).order_by("id"):
            key, step = item.reference.split(":")[1:3]
            if key in of_key:
                found[of_key[key], Step(step)] = item
        for (_, step), item in found.items():
            if step in JUDGED and item.state == Answered and not _is_verdict(item.text):
                item.state, item.failure = Failed, "unreadable"
                item.save(update_fields=["state", "failure"])
        return found

    def _is_due(
        self,
        question: Question,
        step: Step,
        found: Mapping[tuple[Question, Step], Item],
        again: bool,
    ) -> bool:
        if step in JUDGED and not _is_in(found, question, JUDGED[step]):
            return False
        item = found.get((question, step))
        return item is None or (again and item.state == Failed)

    def _wanted(
        self, question: Question, step: Step, found: Mapping[tuple[Question, Step], Item]
    ) -> Wanted:
        before = found.get((question, step))
        attempt = int(before.reference.rpartition(":")[2]) + 1 if before else 1
        key = self._key(question)
        return Wanted(
            f"question:{key}",
            self._request(f"evaluation:{key}:{step}:{attempt}", question, step, found),
        )

    def _request(
        self,
        reference: str,
        question: Question,
        step: Step,
        found: Mapping[tuple[Question, Step], Item],
    ) -> Request:
        said, model, policy = (
            [(judge_calls.CUSTOMER, question.prompt)],
            self.models.of(step),
            self.policy,
        )
        if step in JUDGED:
            text = found[question, JUDGED[step]].text
            return judge_calls.verdict(reference, model, said, text, self.criteria)
        cheap = step == Step.CHEAP
        limit = policy.cheap_output_limit if cheap else policy.strong_output_limit
        return judge_calls.answer(reference, model, said, limit, policy.temperature)

    def _key(self, question: Question) -> str:
        models = self.models
        basis = [self.round, models.cheap, models.strong, models.judge, question.prompt]
        return hashlib.sha256(json.dumps(basis).encode()).hexdigest()[:16]


def _is_in(found: Mapping[tuple[Question, Step], Item], question: Question, step: Step) -> bool:
    item = found.get((question, step))
    return item is not None and item.state == Answered


def _is_verdict(text: str) -> bool:
    try:
        rubric.read(text)
    except BadVerdict:
        return False
    return True
