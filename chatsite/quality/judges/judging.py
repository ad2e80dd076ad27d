"""Each night the strong model judges a sample of cheap answers, for labels to learn from.

Of some turns it writes the strong tier's answer too, and that is judged by the same rubric: a cheap
answer that would not do is worth a dearer one only where the strong tier does better.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.models import LedgerEntry
from chatsite.chat.models import Message
from chatsite.offline.jobs import Wanted
from chatsite.offline.kinds import Kind
from chatsite.offline.models import Batch, Item
from chatsite.provider import batch_models
from chatsite.quality import labels
from chatsite.quality.errors import BadVerdict
from chatsite.quality.judges import judge_calls, rubric
from chatsite.quality.judges.judge_calls import Words
from chatsite.quality.judges.rubric import Judgement
from chatsite.quality.models import QualityLabel
from routing import policies
from routing.choice import Tier
from routing.models import Policy

logger = logging.getLogger(__name__)

JUDGING = LedgerEntry.Purpose.JUDGING
KIND = Kind(JUDGING, "judge", "Judging, each day", 1_000_000_000)
# Of answers that ended since; and no second sample before.
SAMPLED_FROM = timedelta(days=1)
NOT_BEFORE = timedelta(hours=20)
# Of so many judged answers, one turn is answered by the strong tier as well. An answer costs more
# than a verdict, and the cheap one's alone is a label.
STRONG_EVERY = 4
# Messages before the answer that are shown.
MOST_SAID = 8
# References: `judge:12` and `judge-strong:12` ask for verdicts, `strong:12` for an answer.
CHEAP, WRITTEN, STRONG = "judge", "strong", "judge-strong"


def sample(now: datetime) -> int:
    """Queue the night's sample; returns how many calls, 0 where judging is off or had its night.

    Raises NotSold.
    """
    judged = Batch.objects.filter(purpose=JUDGING, created_at__gt=now - NOT_BEFORE)
    if not settings.JUDGED_PER_NIGHT or judged.exists():
        return 0
    policy = policies.current()
    sold = batch_models.of_tier(Tier.STRONG, now)
    if sold.why:
        logger.warning("Judging: %s", sold.why)
    model = sold.model
    drawn = _drawn(now)
    # Verdicts first: where the budget is short, strong answers are what is left out.
    wanted = [_verdict(CHEAP, reply, model, reply.text) for reply in drawn]
    wanted += [_answer(reply, model, policy) for reply in drawn[::STRONG_EVERY]]
    return KIND.queue(wanted, now)


def collect() -> int:
    """Turn verdicts that have come into labels, and have strong answers judged; safe to repeat.

    Returns how many verdicts were kept.
    """
    answered = Item.objects.filter(batch__purpose=JUDGING, state=Item.State.ANSWERED)
    items = list(answered.select_related("batch").order_by("id"))
    written = [item for item in items if item.reference.startswith(f"{WRITTEN}:")]
    verdicts = [item for item in items if item not in written]
    kept = 0
    for item in verdicts:
        with transaction.atomic():
            kept += _kept(item)
    _have_judged(written)
    return kept


def _drawn(now: datetime) -> list[Message]:
    """Finished cheap answers of the day, by lot. One query, once a night."""
    ended = Message.objects.filter(
        role=Message.Role.ASSISTANT,
        state=Message.State.COMPLETE,
        tier=Tier.CHEAP,
        ended_at__gte=now - SAMPLED_FROM,
        ended_at__lt=now,
    )
    unjudged = ended.exclude(labels__source=QualityLabel.Source.JUDGED).select_related(
        "conversation"
    )
    return list(unjudged.order_by("?")[: settings.JUDGED_PER_NIGHT])


def _said(reply: Message) -> Words:
    """The newest words before the reply."""
    before = reply.conversation.messages.filter(position__lt=reply.position).exclude(text="")
    said = before.order_by("-position")[:MOST_SAID]
    return [(each.role, each.text) for each in said][::-1]


def _verdict(kind: str, reply: Message, model: str, text: str) -> Wanted:
    request = judge_calls.verdict(f"{kind}:{reply.pk}", model, _said(reply), text)
    return Wanted(reply.reference, request)


def _answer(reply: Message, model: str, policy: Policy) -> Wanted:
    request = judge_calls.answer(
        f"{WRITTEN}:{reply.pk}",
        model,
        _said(reply),
        policy.strong_output_limit,
        policy.temperature,
    )
    return Wanted(reply.reference, request)


def _reply(item: Item) -> Message | None:
    """None once its conversation is deleted."""
    number = int(item.subject.removeprefix("reply:"))
    return Message.objects.filter(pk=number).select_related("conversation").first()


def _have_judged(written: Sequence[Item]) -> None:
    """Have strong answers judged by the models that wrote them, those of one model in one batch.

    What there is no room for waits.
    """
    by_model: dict[str, list[Wanted]] = {}
    used = []
    for item in written:
        reply = _reply(item)
        if reply is None or not item.text:
            used.append(item.pk)
            continue
        wanted = _verdict(STRONG, reply, item.batch.model, item.text)
        by_model.setdefault(item.batch.model, []).append(wanted)
    for alike in by_model.values():
        KIND.queue(alike, timezone.now())
    asked = {f"{STRONG}:{item.reference.removeprefix(f'{WRITTEN}:')}": item.pk for item in written}
    queued = Item.objects.filter(reference__in=asked).values_list("reference", flat=True)
    used += [asked[reference] for reference in queued]
    Item.objects.filter(pk__in=used).update(state=Item.State.USED, text="")


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
        labels.add(reply.pk, QualityLabel.Source.JUDGED, verdict.score)
