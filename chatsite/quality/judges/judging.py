"""Each night the strong model judges a sample of answers, for labels to learn from.

Of some turns the other tier's answer is written too, and judged by the same rubric: a cheap answer
that would not do is worth a strong one only where the strong tier does better, and a strong one is
worth its price only where the cheap tier would not have done.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.models import LedgerEntry
from chatsite.answering.question import context
from chatsite.chat.models import Message
from chatsite.offline.batch_jobs import Wanted
from chatsite.offline.job_kinds import Kind
from chatsite.offline.models import Batch, Item
from chatsite.provider import batch_capable_models
from chatsite.provider.errors import NotSold
from chatsite.quality import labels
from chatsite.quality.errors import BadVerdict
from chatsite.quality.judges import judge_calls, rubric, rubric_versions, sampling
from chatsite.quality.judges.judge_calls import Words
from chatsite.quality.judges.rubric import Judgement
from chatsite.quality.models import QualityLabel, Rubric
from routing import policies
from routing.models import Policy
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)

JUDGING = LedgerEntry.Purpose.JUDGING
KIND = Kind(JUDGING, "judge", "Judging, each day", 1_000_000_000)
# No second sample before.
NOT_BEFORE = timedelta(hours=20)
# Of so many judged answers, one turn is answered by the strong tier as well. An answer costs more
# than a verdict, and the cheap one's alone is a label.
STRONG_EVERY = 4
# Messages before the answer that are shown.
MOST_SAID = 8
# References: `judge:12` and `judge-strong:12` ask for verdicts of both tiers' answers, `strong:12`
# and `cheap:12` for the answer of the tier that did not give it.
CHEAP, WRITTEN, STRONG, MATCHING = "judge", "strong", "judge-strong", "cheap"


def sample(now: datetime) -> int:
    """Queue the night's sample; returns how many calls, 0 where judging is off or had its night.

    Raises NotSold.
    """
    judged = Batch.objects.filter(purpose=JUDGING, created_at__gt=now - NOT_BEFORE)
    if not settings.JUDGED_PER_NIGHT or judged.exists():
        return 0
    policy = policies.current()
    sold = batch_capable_models.of_tier(Tier.STRONG, now)
    if sold.why:
        logger.warning("Judging: %s", sold.why)
    model = sold.model
    by = rubric_versions.in_force()
    drawn = sampling.draw(now, Tier.CHEAP, settings.JUDGED_PER_NIGHT)
    # Verdicts first: where the budget is short, strong answers are what is left out.
    wanted = [_verdict(CHEAP, reply, model, reply.text, by) for reply in drawn]
    limit = policy.strong_output_limit
    wanted += [_answer(WRITTEN, each, model, policy, limit, by) for each in drawn[::STRONG_EVERY]]
    return KIND.queue(wanted, now) + _pairs(policy, by, now)


def _pairs(policy: Policy, by: Rubric, now: datetime) -> int:
    """Have the cheap model answer some turns that went strong; returns how many calls."""
    number = max(1, settings.JUDGED_PER_NIGHT // STRONG_EVERY)
    drawn = sampling.draw(now, Tier.STRONG, number)
    if not drawn:
        return 0
    try:
        model = batch_capable_models.of_tier(Tier.CHEAP, now).model
    except NotSold as error:
        logger.warning("No strong answer is judged beside a cheap one: %s", error)
        return 0
    limit = policy.cheap_output_limit
    return KIND.queue([_answer(MATCHING, each, model, policy, limit, by) for each in drawn], now)


def collect() -> int:
    """Turn verdicts that have come into labels, and have strong answers judged; safe to repeat.

    Returns how many verdicts were kept.
    """
    answered = Item.objects.filter(batch__purpose=JUDGING, state=Item.State.ANSWERED)
    items = list(answered.select_related("batch").order_by("id"))
    answers = (f"{WRITTEN}:", f"{MATCHING}:")
    written = [item for item in items if item.reference.startswith(answers)]
    verdicts = [item for item in items if item not in written]
    kept = 0
    for item in verdicts:
        with transaction.atomic():
            kept += _kept(item)
    _have_judged(written)
    return kept


def _said(reply: Message) -> Words:
    """The newest words before the reply."""
    before = reply.conversation.messages.filter(position__lt=reply.position).exclude(text="")
    said = before.order_by("-position")[:MOST_SAID]
    return [(each.role, each.text) for each in said][::-1]


def _verdict(kind: str, reply: Message, model: str, text: str, by: Rubric) -> Wanted:
    reader = context.reader(reply.conversation.visitor)
    request = judge_calls.verdict(f"{kind}:{reply.pk}", model, _said(reply), text, by.text, reader)
    return Wanted(reply.reference, request, by.version)


def _answer(
    kind: str, reply: Message, model: str, policy: Policy, limit: int, by: Rubric
) -> Wanted:
    """An answer that will be judged by this version of the rubric."""
    reader = context.reader(reply.conversation.visitor)
    request = judge_calls.answer(
        f"{kind}:{reply.pk}", model, _said(reply), limit, policy.temperature, reader
    )
    return Wanted(reply.reference, request, by.version)


def _reply(item: Item) -> Message | None:
    """None once its conversation is deleted."""
    number = int(item.subject.removeprefix("reply:"))
    return Message.objects.filter(pk=number).select_related("conversation").first()


def _have_judged(written: Sequence[Item]) -> None:
    """Have the answers judged by the strong model, those of one judge in one batch.

    A strong answer by the model that wrote it; a cheap one together with the strong one that the
    customer had. What there is no room for waits.
    """
    now = timezone.now()
    judge = _judge(now) if any(_is_pair(item) for item in written) else ""
    by_model: dict[str, list[Wanted]] = {}
    used = []
    for item in written:
        reply = _reply(item)
        if reply is None or not item.text:
            used.append(item.pk)
            continue
        by = rubric_versions.of(item.version)
        if _is_pair(item):
            # The cheap one first: its verdict becomes the label to which the other is added.
            wanted = [
                _verdict(CHEAP, reply, judge, item.text, by),
                _verdict(STRONG, reply, judge, reply.text, by),
            ]
            by_model.setdefault(judge, []).extend(wanted)
        else:
            model = item.batch.model
            verdict = _verdict(STRONG, reply, model, item.text, by)
            by_model.setdefault(model, []).append(verdict)
    for alike in by_model.values():
        KIND.queue(alike, now)
    asked = {f"{STRONG}:{item.reference.partition(':')[2]}": item.pk for item in written}
    queued = Item.objects.filter(reference__in=asked).values_list("reference", flat=True)
    used += [asked[reference] for reference in queued]
    Item.objects.filter(pk__in=used).update(state=Item.State.USED, text="")


def _is_pair(item: Item) -> bool:
    return item.reference.startswith(f"{MATCHING}:")


def _judge(now: datetime) -> str:
    """Raises NotSold."""
    return batch_capable_models.of_tier(Tier.STRONG, now).model


def _kept(item: Item) -> bool:
    """Whether the verdict became a label; what is left of it is the reason."""
    try:
        verdict = rubric.read(item.text)
    except BadVerdict as error:
        logger.warning("%s unreadable: %s", item.reference, error)
        Item.objects.filter(pk=item.pk).update(
            state=Item.State.FAILED, failure="unreadable", text=""
        )
        return False
    reply = _reply(item)
    # Its conversation may be deleted by now, and nothing of it is kept.
    reason = verdict.reason if reply else ""
    if not Item.objects.filter(pk=item.pk, state=Item.State.ANSWERED).update(
        state=Item.State.USED, text=reason
    ):
        return False  # another worker has used it
    if reply is not None:
        _label(item, reply, verdict)
    return reply is not None


def _label(item: Item, reply: Message, verdict: Judgement) -> None:
    if item.reference.startswith(f"{STRONG}:"):
        # Of the strong answer alone nothing is learned: the cheap one's verdict is the label.
        judged = QualityLabel.objects.filter(reply=reply, source=QualityLabel.Source.JUDGED)
        judged.update(strong=verdict.score)
    else:
        source = QualityLabel.Source.JUDGED
        labels.add(
            reply.pk,
            source,
            verdict.score,
            rubric=item.version or None,
            confidence=verdict.confidence,
        )
