"""Receipts: which model wrote an answer and why, what it cost, what the other would have cost."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Coalesce, NullIf

from billing import money
from billing.models import Hold, LedgerEntry, Price
from billing.prices import pricing
from billing.prices.pricing import Usage
from chatsite.chat.models import CannedAnswer, Message, ScoringShare
from routing.models import AnswerCheck, RouteDecision
from routing.tier_choice import Tier

# A reply in these may have a later call than the one that was checked.
CHECKED = {Message.Stage.ESCALATED, Message.Stage.KEPT, Message.Stage.QUOTED}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to the provider: charged, or in flight, when the amount is what is held for it."""

    reference: str
    entry: int | None  # primary key on the ledger; None in flight
    purpose: str
    tier: str
    model: str  # as returned, or as asked for where no answer names one
    usage: Usage | None  # None where the provider has not said
    amount: int  # nano-dollars
    estimated: bool
    outcome: str  # blank in flight
    called_at: datetime
    share: ScoringShare | None = None  # of a call for several replies; the amount is its part

    @property
    def cost(self) -> str:
        """Dollars, for people."""
        return money.shown(self.amount)

    @property
    def what(self) -> str:
        """What was asked for, and in which attempt at the reply."""
        number = self.share.attempt if self.share else self.reference.rpartition(":")[2]
        shared = f", shared by {self.share.parts} replies" if self.share else ""
        return f"{self.purpose.capitalize()}, attempt {number}{shared}"

    @property
    def ending(self) -> str:
        return self.outcome.replace("_", " ") if self.entry is not None else "in progress"


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same tokens at the price that the other tier's model had at that time."""

    tier: str
    model: str
    amount: int | None  # nano-dollars; None where it had no price
    difference: int  # what the model that answered cost less

    @property
    def cost(self) -> str:
        return "" if self.amount is None else money.shown(self.amount)

    @property
    def saved(self) -> str:
        """Dollars by which the answer was cheaper; blank where it was not."""
        return money.shown(self.difference) if self.difference > 0 else ""

    @property
    def spent_more(self) -> str:
        """Dollars by which the answer cost more; blank where it did not."""
        return money.shown(-self.difference) if self.difference < 0 else ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Of one reply. `answer` is the call whose words stand in the conversation, once it is paid."""

    decision: RouteDecision | None  # None until it is routed
    attempts: tuple[Attempt, ...]  # in the order they were made
    answer: Attempt | None
    other: Alternative | None
    canned: CannedAnswer | None = None  # where no model was asked
    verdict: AnswerCheck | None = None  # None where none was checked

    @property
    def cost(self) -> str:
        """Dollars for all of it: the answer, the failed attempts, the scoring."""
        return money.shown(sum(each.amount for each in self.attempts if each.entry is not None))

    @property
    def _recognised(self) -> CannedAnswer | RouteDecision | None:
        return self.canned or self.decision

    @property
    def task_type(self) -> str:
        """Blank where none was recognised."""
        return self._recognised.task_type if self._recognised else ""

    @property
    def similarity(self) -> float | None:
        """To the task type's examples, 0 to 1."""
        return self._recognised.similarity if self._recognised else None

    @property
    def recognised_by(self) -> str:
        return self._recognised.recognised_by if self._recognised else ""

    @property
    def besides(self) -> tuple[Attempt, ...]:
        """The calls that are not the answer: failed attempts, scoring, what is in flight."""
        return tuple(attempt for attempt in self.attempts if attempt != self.answer)


def of(messages: Iterable[Message]) -> dict[int, Receipt]:
    """The receipts of the replies among these messages, by the message's id. Five queries.

    Read them with `canned`, or it is a query more for each.
    """
    replies = [message for message in messages if message.role == Message.Role.ASSISTANT]
    names = [reply.reference for reply in replies]
    decisions = {
        decision.reference: decision
        for decision in RouteDecision.objects.filter(reference__in=names).select_related("policy")
    }
    verdicts = {
        verdict.reference: verdict
        for verdict in AnswerCheck.objects.filter(reference__in=names).defer("features")
    }
    attempts, prices = _attempts(replies), _prices(decisions.values())
    receipts = {}
    for reply in replies:
        decision = decisions.get(reply.reference)
        verdict = _of_this_asking(reply, verdicts.get(reply.reference))
        call = attempts.get(_written_by(reply, verdict)) if reply.text else None
        answer = call if call and call.entry is not None else None
        receipts[reply.pk] = Receipt(
            decision=decision,
            attempts=tuple(attempts[name] for name in _references(reply) if name in attempts),
            answer=answer,
            other=_other(answer, decision, prices) if answer and decision else None,
            canned=getattr(reply, "canned", None),
            verdict=verdict,
        )
    return receipts


def _references(reply: Message) -> list[str]:
    """The names of all calls that may have been made for the reply, in their order."""
    return [
        reference
        for number in range(1, reply.attempt + 1)
        for reference in (
            *reply.search_references(number),
            *(f"{kind}:{reply.pk}:{number}" for kind in ("score", "reply", "claims")),
        )
    ]


def _attempts(replies: Sequence[Message]) -> dict[str, Attempt]:
    """All calls for these replies; of one that several share, each reply's part. Two queries."""
    names = [reply.reference for reply in replies]
    shares = {
        f"score:{share.reply.removeprefix('reply:')}:{share.attempt}": share
        for share in ScoringShare.objects.filter(reply__in=names)
    }
    own = [reference for reply in replies for reference in _references(reply)]
    attempts = _calls([*own, *(share.call for share in shares.values())])
    return attempts | {
        reference: replace(whole, amount=share.of(whole.amount), share=share)
        for reference, share in shares.items()
        if (whole := attempts.get(share.call))
    }


def _of_this_asking(reply: Message, verdict: AnswerCheck | None) -> AnswerCheck | None:
    """The verdict, unless it is on an answer from before the customer's retry."""
    if verdict and (verdict.call == reply.charge_reference or reply.stage in CHECKED):
        return verdict
    return None


def _written_by(reply: Message, verdict: AnswerCheck | None) -> str:
    """The call whose words the reply holds: the newest, unless the draft before it stands."""
    if verdict and reply.stage == Message.Stage.KEPT:
        return verdict.call
    return reply.charge_reference


def _calls(references: Collection[str]) -> dict[str, Attempt]:
    """What is in flight and what is on the ledger, by reference.

    In one statement: a call that is settled meanwhile is seen once.
    """
    counts = ("input", "output", "cached", "cache_write", "reasoning")
    unknown = Value(None, output_field=BigIntegerField())
    same = ("reference", "purpose", "tier", "amount", "called_at")
    charged = LedgerEntry.objects.filter(reference__in=references).values_list(
        *same,
        Coalesce(NullIf(F("model_returned"), Value("")), F("model_requested")),
        "id",
        "estimated",
        "outcome",
        *(f"{count}_tokens" for count in counts),
    )
    held = Hold.objects.filter(reference__in=references).values_list(
        *same, "model", unknown, Value(True), Value(""), *(unknown for _ in counts)
    )
    # Ordered, neither could be part of the other's statement.
    rows = charged.order_by().union(held.order_by(), all=True)
    return {row[0]: _attempt(*row) for row in rows}


def _attempt(
    reference: str,
    purpose: str,
    tier: str,
    amount: int,
    called_at: datetime,
    model: str,
    entry: int | None,
    estimated: bool,
    outcome: str,
    *counts: int | None,
) -> Attempt:
    usage = None if counts[0] is None else Usage(*(count or 0 for count in counts))
    return Attempt(
        reference, entry, purpose, tier, model, usage, amount, estimated, outcome, called_at
    )


def _prices(decisions: Iterable[RouteDecision]) -> dict[str, list[Price]]:
    """All prices of the models that these decisions chose between, the newest first."""
    policies = [decision.policy for decision in decisions]
    models = {policy.cheap_model for policy in policies} | {
        policy.strong_model for policy in policies
    }
    prices: dict[str, list[Price]] = {model: [] for model in models}
    for price in Price.objects.filter(model__in=models, service_tier="default").order_by(
        "-effective_from"
    ):
        prices[price.model].append(price)
    return prices


def _other(
    answer: Attempt, decision: RouteDecision, prices: dict[str, list[Price]]
) -> Alternative | None:
    """None where the tokens are not known."""
    usage = answer.usage
    if usage is None:
        return None
    # By what was called: a later retry may have been routed otherwise.
    if answer.tier == Tier.STRONG:
        tier, model = Tier.CHEAP, decision.policy.cheap_model
    else:
        tier, model = Tier.STRONG, decision.policy.strong_model
    in_force = (price for price in prices[model] if price.effective_from <= answer.called_at)
    price = next(in_force, None)
    if price is None:
        return Alternative(tier, model, None, 0)
    amount = pricing.cost(usage, price.rate)
    return Alternative(tier, model, amount, amount - answer.amount)
