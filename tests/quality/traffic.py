"""A site's rated traffic, where it is known what the cheap model gets wrong."""

import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from django.utils import timezone

from chatsite.chat.models import Conversation, Message
from routing import policies
from routing.analysis import difficulty
from routing.checks.verifier import Answered, measure
from routing.models import AnswerCheck, RouteDecision
from routing.tier_choice import Turn

# The rules score all of these alike; only labels tell that the cheap model fails at engraving.
EASY = "Do you have the {} pen in stock?", "When does the {} shop open?", "Is the {} ink new?"
HARD = "Is the {} engraving done by hand?", "Which {} letters can you engrave?"


def asked(count: int, seed: int = 1) -> Iterator[tuple[str, bool]]:
    """Questions, and whether the cheap answer would do."""
    draw = random.Random(seed)
    for _ in range(count):
        fails = draw.random() < 0.4
        text = draw.choice(HARD if fails else EASY)
        noise = draw.random() < 0.1
        yield text.format(draw.choice(["blue", "small", "gold", "Ohio"])), fails != noise


def rated(count: int, days: int = 20) -> None:
    """So many conversations of one rated cheap answer each, the newest of them today."""
    policy, now = policies.current(), timezone.now()
    rows = list(asked(count))
    conversations = Conversation.objects.bulk_create(
        Conversation(visitor=f"{number}", revision=2) for number in range(count)
    )
    moments = [now - timedelta(days=days) * (1 - number / count) for number in range(count)]
    Message.objects.bulk_create(
        Message(conversation=conversation, position=1, role="customer", text=text)
        for conversation, (text, _) in zip(conversations, rows, strict=True)
    )
    replies = Message.objects.bulk_create(
        _reply(conversation, fails, at)
        for conversation, (_, fails), at in zip(conversations, rows, moments, strict=True)
    )
    for reply, at in zip(replies, moments, strict=True):
        reply.created_at = at
    Message.objects.bulk_update(replies, ["created_at"])
    said = list(zip(replies, (text for text, _ in rows), strict=True))
    RouteDecision.objects.bulk_create(
        RouteDecision(
            reference=reply.reference,
            policy=policy,
            tier="cheap",
            score=difficulty.rules(Turn(text)).value,
            threshold=policy.threshold,
            analyzer="learned, first day",
            features=asdict(difficulty.signals(Turn(text))),
        )
        for reply, text in said
    )
    AnswerCheck.objects.bulk_create(_verdict(reply, text) for reply, text in said)


def _reply(conversation: Conversation, fails: bool, at: datetime) -> Message:
    return Message(
        conversation=conversation,
        position=2,
        role="assistant",
        state="complete",
        tier="cheap",
        text="I cannot find that." if fails else "Yes, it is.",
        rating=Message.Rating.BAD if fails else Message.Rating.GOOD,
        ended_at=at,
    )


def _verdict(reply: Message, text: str) -> AnswerCheck:
    return AnswerCheck(
        reference=reply.reference,
        call=reply.charge_reference,
        doubt=0.3,
        threshold=0.6,
        verifier="first day",
        findings=[],
        features=measure(Answered(text, reply.text)),
        outcome="trusted",
    )
