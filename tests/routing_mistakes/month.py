"""A generated month with known truth: which answers are wrong, and why, is decided here.

Raters and the judge see it through noise of known rates. Three causes are planted:

- cheap answers about repairs are wrong far more often than others;
- so are those whose score was lowered by `one short question`;
- strong answers about gift cards would have been matched by the cheap model.
"""

import random
import uuid
from datetime import timedelta

from django.utils import timezone

from billing.models import LedgerEntry, Price
from chatsite.chat.models import Conversation, Message
from chatsite.quality import labels
from chatsite.quality.models import QualityLabel
from chatsite.routing_mistakes.judged_replies import Judged
from routing import policies
from routing.models import RouteDecision
from routing.tier_choice import Tier

PLANTED = [("task type", "Repairs"), ("feature", "one short question")]
PLANTED_DEAR = [("task type", "Gift cards")]
TASK_TYPES = ["Repairs", "Gift cards", "Shipping", "Returns", "Opening hours", ""]
FEATURES = ["one short question", "evidence", "length", "a figure", "polite"]
# Of cheap answers: usually wrong, wrong about repairs, wrong after a short question.
USUAL, REPAIRS, SHORT = 0.08, 0.6, 0.45
# Of strong answers: matched usually, matched about gift cards.
MATCHED, GIFT_CARDS = 0.15, 0.9
# How often a rater or the judge says the opposite of what is true.
NOISE = 0.08
CENT = 10_000_000


def judged(seed: int, replies: int = 1500) -> list[Judged]:
    """The month as the labels tell it."""
    draw = random.Random(seed)
    return [_one(draw, number) for number in range(1, replies + 1)]


def _one(draw: random.Random, number: int) -> Judged:
    task_type = draw.choice(TASK_TYPES)
    moved = tuple(
        (name, draw.choice([-1, 1]) * draw.uniform(0.2, 1.5)) for name in draw.sample(FEATURES, 2)
    )
    is_strong = draw.random() < 0.3
    score = round(draw.uniform(7, 10) if is_strong else draw.uniform(1, 6.9), 1)
    if is_strong:
        good = draw.random() < (GIFT_CARDS if task_type == "Gift cards" else MATCHED)
    else:
        short = any(name == FEATURES[0] and points < 0 for name, points in moved)
        wrong = max(USUAL, REPAIRS * (task_type == "Repairs"), SHORT * short)
        good = draw.random() >= wrong
    if draw.random() < NOISE:
        good = not good
    return Judged(
        reply=number,
        conversation=number,
        tier=Tier.STRONG if is_strong else Tier.CHEAP,
        score=score,
        task_type=task_type,
        moved=moved,
        cheap=0.9 if good else 0.2,
        strong=0.9 if is_strong else None,
        is_pinned=False,
        amount=4 * CENT if is_strong else CENT // 10,
        other=CENT // 10 if is_strong else 4 * CENT,
    )


def store(month: list[Judged]) -> None:
    """The same month in the database, as chat, routing, billing and labels would have left it."""
    now, policy = timezone.now(), policies.current()
    price = {row.model: row for row in Price.objects.all()}
    said, decided, entries, told = [], [], [], []
    conversations = Conversation.objects.bulk_create(
        [
            Conversation(public_id=uuid.UUID(int=each.reply), visitor=f"{each.reply:064}")
            for each in month
        ]
    )
    for each, conversation in zip(month, conversations, strict=True):
        said.append(
            Message(
                conversation=conversation,
                position=2,
                role="assistant",
                state="complete",
                text="Yes.",
                tier=each.tier,
                attempt=1,
                ended_at=now - timedelta(hours=each.reply % 700),
            )
        )
    for each, reply in zip(month, Message.objects.bulk_create(said), strict=True):
        ended = reply.ended_at
        assert ended is not None
        at = ended
        decided.append(
            RouteDecision(
                reference=reply.reference,
                policy=policy,
                tier=each.tier,
                score=each.score,
                threshold=policy.threshold,
                analyzer="rules",
                reason="As generated.",
                features={},
                moved=[list(pair) for pair in each.moved],
                task_type=each.task_type,
                decided_at=at,
            )
        )
        model = policy.strong_model if each.tier is Tier.STRONG else policy.cheap_model
        rate = price[model].rate
        entries.append(
            LedgerEntry(
                reference=reply.charge_reference,
                purpose="answer",
                outcome="stop",
                tier=each.tier,
                model_requested=model,
                service_tier="default",
                called_at=at,
                settled_at=at,
                input_tokens=1000,
                output_tokens=200,
                cached_tokens=0,
                cache_write_tokens=0,
                reasoning_tokens=0,
                estimated=False,
                price=price[model],
                price_assumed=False,
                input_rate=rate.input,
                cached_input_rate=rate.cached_input,
                cache_write_rate=rate.cache_write,
                output_rate=rate.output,
                reserved=each.amount,
                amount=each.amount,
            )
        )
        told.append(labels.label(reply.pk, QualityLabel.Source.JUDGED, each.cheap, each.strong, at))
    RouteDecision.objects.bulk_create(decided)
    LedgerEntry.objects.bulk_create(entries)
    labels.keep(told)
