"""Conversations as they went, told by the product's own verbs: asked, routed, charged, ended."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import F
from django.utils import timezone

from billing import ledger
from billing.models import Price
from billing.prices.pricing import Usage
from chatsite.chat.actions import ask, end_reply
from chatsite.chat.models import Conversation, Message
from routing import decisions, policies
from routing.models import Policy
from routing.tier_choice import Score, Tier, Turn

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
# Dollars per million tokens times 1e9: cheap 0.50 in, 0.25 cached, 1.50 out; strong 30 and 60.
CHEAP = {"input": 500_000_000, "cached_input": 250_000_000, "output": 1_500_000_000}
STRONG = {"input": 30_000_000_000, "output": 60_000_000_000}


def prices(since: datetime = NOW - timedelta(days=9)) -> None:
    """What the two models of the first policy cost; the policy itself, where it is missing."""
    for model, rates in (("gpt-3.5-turbo", CHEAP), ("gpt-4", STRONG)):
        Price.objects.create(model=model, effective_from=since, **rates)
    if not Policy.objects.exists():
        policies.adopt(Policy(), None, "for tests")


def batch_price(model: str, rate: int, *, output: int = 5) -> None:
    """A model's price in batches: nano-dollars a million tokens in, `output` times as many out."""
    Price.objects.create(
        model=model,
        service_tier="batch",
        effective_from=timezone.now() - timedelta(days=1),
        input=rate,
        output=output * rate,
    )


@dataclass
class Told:
    """One conversation, which goes on with `asks` and `answers`."""

    visitor: str = "v" * 64
    public_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(public_id=self.public_id)

    @property
    def reply(self) -> Message:
        """The newest reply."""
        return self.conversation.messages.filter(role="assistant").latest("position")

    def asks(self, text: str = "What are your business hours?") -> "Told":
        ask.question(self.public_id, self.visitor, text, uuid.uuid4())
        return self

    def begins(self, tier: str = "cheap", score: float = 3.0) -> Message:
        """A worker claims the reply, routes it and reserves for a call."""
        reply = self.reply
        Message.objects.filter(id=reply.pk).update(
            state=Message.State.WRITING,
            attempt=F("attempt") + 1,
            tier=tier,
            lease_until=NOW + timedelta(days=9999),
        )
        reply.refresh_from_db()
        policy = policies.current()
        decisions.decide(
            reply.reference,
            Turn("?"),
            policy,
            Score(10.0 if tier == Tier.STRONG else score, "rules", ("one short question",)),
        )
        model = policy.strong_model if tier == Tier.STRONG else policy.cheap_model
        self._reserve(reply.charge_reference, "answer", tier, model)
        return reply

    def scores(self, usage: Usage) -> "Told":
        """The model is asked for the score of the attempt that has begun."""
        reply = self.reply
        reference = f"score:{reply.pk}:{reply.attempt}"
        self._reserve(reference, "scoring", "cheap", "gpt-3.5-turbo")
        ledger.settle(reference, usage, model="gpt-3.5-turbo", outcome="stop", now=NOW)
        return self

    def fails(self, outcome: str = "timeout", usage: Usage | None = None) -> "Told":
        """The attempt is settled, and the reply due again."""
        reply = self.reply
        ledger.settle(reply.charge_reference, usage, outcome=outcome, now=NOW)
        Message.objects.filter(id=reply.pk).update(
            state=Message.State.PENDING, lease_until=None, text=""
        )
        return self

    def ends(
        self,
        text: str = "From nine to five.",
        state: str = "complete",
        failure: str = "",
        usage: Usage | None = None,
        model: str = "",
        outcome: str = "stop",
    ) -> Message:
        """The attempt is settled and the reply over."""
        reply = self.reply
        used = usage or Usage(input_tokens=1000, output_tokens=200)
        ledger.settle(reply.charge_reference, used, model=model, outcome=outcome, now=NOW)
        end_reply.end(reply, state, failure=failure, text=text)
        return self.reply

    def answered(self, text: str = "From nine to five.", tier: str = "cheap") -> "Told":
        self.begins(tier)
        self.ends(text)
        return self

    def failed(self) -> "Told":
        self.begins()
        self.ends("", "failed", "late")
        return self

    def _reserve(self, reference: str, purpose: str, tier: str, model: str) -> None:
        conversation = self.conversation
        call = ledger.Call(
            reference, purpose, model, tier, conversation.reference, conversation.visitor
        )
        ledger.reserve(call, Usage(2000, 500), expires_at=NOW + timedelta(minutes=2), now=NOW)
