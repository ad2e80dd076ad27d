"""Staff grade a few answers blind, and how far the judge and two members of staff agree."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q

from chatsite.chat.models import Message
from chatsite.monitor.grading.grader_agreement import Agreement, kappa
from chatsite.monitor.models import Grade
from chatsite.quality import labels
from chatsite.quality.models import JudgeTrust, QualityLabel
from routing.models import AnswerCheck
from routing.tier_choice import Tier

Verdict = Grade.Verdict
# Answers graded in one go, which takes about a minute.
TEN = 10
# From how far back, and of how many, they are drawn.
RECENT, DRAWN_FROM = timedelta(days=14), 400
# Grades looked at for agreement: the newest.
MOST_GRADES = 2000
# The judge's grade, 0 to 1, as staff would say it.
RIGHT_FROM, PARTLY_FROM = 0.75, 0.25


def sample(person: AbstractBaseUser, now: datetime) -> list[Message]:
    """Ten recent answers that this person has not graded: rated and doubted ones, and by lot.

    What the judge has graded comes first within each group, so that the two can be compared.
    """
    graded = Grade.objects.filter(reply=OuterRef("pk"), by=person.pk)
    judged = QualityLabel.objects.filter(reply=OuterRef("pk"), source=QualityLabel.Source.JUDGED)
    whole = Message.objects.filter(
        role=Message.Role.ASSISTANT, state=Message.State.COMPLETE, ended_at__gte=now - RECENT
    ).exclude(Exists(graded))
    newest = list(whole.annotate(is_judged=Exists(judged)).order_by("-ended_at")[:DRAWN_FROM])
    return sorted(_stratified(newest), key=lambda reply: reply.pk)


def save(person: AbstractBaseUser, verdicts: dict[int, str]) -> int:
    """Keep this person's grades by the reply's id; grading again replaces. Returns how many.

    Raises ValueError for what is no verdict, or no finished answer.
    """
    wanted = {number: Verdict(verdict) for number, verdict in verdicts.items()}
    answers = Message.objects.filter(
        pk__in=wanted, role=Message.Role.ASSISTANT, state=Message.State.COMPLETE
    )
    if answers.count() != len(wanted):
        raise ValueError("Only finished answers can be graded.")
    for number, verdict in wanted.items():
        Grade.objects.update_or_create(
            reply_id=number, by_id=person.pk, defaults={"verdict": verdict}
        )
    judge = trust().judge
    labels.trust_judge(judge.kappa, judge.pairs)
    return len(wanted)


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the judge agrees with staff, and two members of staff with each other."""

    judge: Agreement
    staff: Agreement
    rubric: int = 1  # the version in force, by which the judge's grades were given

    @property
    def is_enough(self) -> bool:
        """Whether the judge's labels count."""
        return JudgeTrust(kappa=self.judge.kappa, pairs=self.judge.pairs).is_enough

    @property
    def least(self) -> float:
        return JudgeTrust.LEAST


def trust() -> Trust:
    """From the newest grades, and what was judged by the rubric in force; three queries."""
    version = labels.rubric_in_force()
    by_it = Q(rubric=version)
    if version == 1:  # by which all was judged that names no version
        by_it |= Q(rubric=None)
    by_reply: defaultdict[int, list[str]] = defaultdict(list)
    grades = Grade.objects.order_by("-graded_at").values_list("reply", "verdict")[:MOST_GRADES]
    for reply, verdict in grades:
        by_reply[reply].append(_of_staff(verdict))
    judged = QualityLabel.objects.filter(
        by_it, reply__in=list(by_reply), source=QualityLabel.Source.JUDGED
    ).values_list("reply", "reply__tier", "cheap", "strong")
    return Trust(
        judge=kappa(
            [
                (by_reply[reply][0], _of_judge(grade))
                for reply, tier, cheap, strong in judged
                # Of the answer that staff read.
                if (grade := strong if tier == Tier.STRONG else cheap) is not None
            ]
        ),
        staff=kappa([pair for given in by_reply.values() for pair in combinations(given, 2)]),
        rubric=version,
    )


def _stratified(replies: Sequence[Message]) -> list[Message]:
    """A third doubted, a third rated, the rest by lot; judged ones first."""
    doubted_now = set(
        AnswerCheck.objects.doubted()
        .filter(reference__in=[reply.reference for reply in replies])
        .values_list("reference", flat=True)
    )
    draw = random.Random()  # noqa: S311 - a sample, not a secret
    shuffled = draw.sample(replies, len(replies))
    shuffled.sort(key=lambda reply: not vars(reply)["is_judged"])
    doubted = [reply for reply in shuffled if reply.reference in doubted_now]
    rated = [reply for reply in shuffled if reply.rating is not None]
    third = TEN // 3
    chosen = list(dict.fromkeys([*doubted[:third], *rated[:third], *shuffled]))
    return chosen[:TEN]


def _of_staff(verdict: str) -> str:
    """An unsafe answer is a wrong one to a judge, who knows three grades."""
    return Verdict.WRONG if verdict == Verdict.UNSAFE else verdict


def _of_judge(grade: float) -> str:
    if grade >= RIGHT_FROM:
        return Verdict.RIGHT
    return Verdict.PARTLY if grade >= PARTLY_FROM else Verdict.WRONG
