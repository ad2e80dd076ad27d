"""One call for a reply: which model is asked what, and the money held and charged for it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from billing import clock, ledger, tokens
from billing.call_outcomes import CallOutcome
from billing.errors import NoPrice, NoRoom
from billing.prices.pricing import Estimate, Usage
from chatsite.answering.calls import paid_call
from chatsite.answering.question import prompt
from chatsite.answering.question.attachments_in_prompt import Attached
from chatsite.chat.models import Message
from chatsite.knowledge.articles import Found
from chatsite.provider import known_models
from routing import decisions, tiers
from routing.checks.trained_classifiers import Verifier
from routing.models import Policy
from routing.tier_choice import Tier, Turn
from routing.tiers import ModelHealth, Slot
from routing.trials import Part
from routing.wishes.recognition import Wish

# A worker that has not been heard of for so long is taken for dead; it renews every second.
REPLY_LEASE = timedelta(seconds=10)
# Attempts for one asking. Each is paid for.
MOST_TRIES = 4
# Seconds kept of a strong answer's time, so that the cheap tier can stand in for it.
STAND_IN_SECONDS = 12.0
# Tokens, some 150 words: a budget short of room makes an answer's limit smaller, down to this.
LEAST_OUTPUT = 200
# Tokens of an answer to a visitor or network whose own budget runs low; the prompt asks for less.
BRIEF_OUTPUT = 250


@dataclass(frozen=True, slots=True)
class Claimed:
    """A reply that this attempt owns, and what is known before it is routed."""

    reply: Message
    policy: Policy
    turn: Turn
    said: tuple[prompt.Said, ...]
    found: Found
    seconds: float  # until the reply's deadline
    newest_at: int  # revision at which the reply was the newest message, or -1
    part: Part | None = None  # in a trial of another policy
    checker: Verifier | None = None  # by whom its cheap answer is doubted; None on the first day
    wish: Wish | None = None  # to be answered by a person
    died: tuple[str, ...] = ()  # earlier attempts, some of which a dead worker may not have ended
    spared: bool = False  # a budget moved it to the cheap tier, where it stays
    is_brief: bool = False  # its own budget runs low
    site: str = ""  # its name
    from_reserve: float = 0.0  # the share of budgets' reserves that a cheap answer to it may use

    @property
    def open_files(self) -> list[Attached]:
        return prompt.open_files(self.said)


@dataclass(frozen=True, slots=True)
class Work:
    """One call to make: money is reserved for it under `reply.charge_reference`."""

    claimed: Claimed
    model: str
    successor: str
    messages: list[dict[str, Any]]  # images still by their ids: see `attachments_in_prompt.loaded`
    output_limit: int

    @property
    def reply(self) -> Message:
        return self.claimed.reply

    @property
    def seconds(self) -> float:
        """That the call may last, from when the reply was claimed."""
        seconds = self.claimed.seconds
        return seconds - min(STAND_IN_SECONDS, seconds / 3) if self.can_be_stood_in_for else seconds

    @property
    def can_be_stood_in_for(self) -> bool:
        """Whether the cheap tier answers if this call fails for good."""
        return self.reply.tier == Tier.STRONG and not self.reply.stage


def reserve(claimed: Claimed, tier: Tier, health: ModelHealth, *, rises: bool = True) -> Work:
    """Choose the model that answers for the tier now, and hold the worst case.

    Short of room, a smaller one: the answer's limit is then less. `rises` as in `tiers.slots`.
    Raises NoRoom, NoPrice.
    """
    *better, last = tiers.slots(tier, claimed.policy, health, rises=rises)
    for slot in better:
        with suppress(NoRoom, NoPrice):
            return _reserve(claimed, slot)
    return _reserve(claimed, last)


def reserve_own(
    claimed: Claimed, tier: Tier, health: ModelHealth, *, is_last_resort: bool = False
) -> Work:
    """The same for this tier's model and no other's. Raises NotAsked, NoRoom, NoPrice."""
    slot = tiers.own(tier, claimed.policy, health, is_last_resort=is_last_resort)
    return _reserve(claimed, slot)


def _reserve(claimed: Claimed, slot: Slot) -> Work:
    reply, found, model = claimed.reply, claimed.found.matches, slot.model
    reply.tier = slot.tier
    reply.sources = [{"title": match.title, "url": match.url} for match in found]
    output_limit = min(slot.output_limit, BRIEF_OUTPUT) if claimed.is_brief else slot.output_limit
    asked = prompt.fitted(
        claimed.site, found, claimed.said, model, output_limit, is_brief=claimed.is_brief
    )
    messages, output_limit = asked.messages, asked.output_limit
    reply.files_unseen = asked.files_unseen
    worst = Usage(input_tokens=tokens.of_messages(messages, model), output_tokens=output_limit)
    now = clock.now()
    end = now + paid_call.HOLD
    call = ledger.Call(
        reference=reply.charge_reference,
        purpose="answer",
        model=model,
        tier=slot.tier,
        conversation=reply.conversation.reference,
        visitor=reply.conversation.visitor,
        address=reply.conversation.address,
        compared_with="" if slot.tier == Tier.STRONG else claimed.policy.strong_model,
        from_reserve=claimed.from_reserve if slot.tier == Tier.CHEAP else 0.0,
    )
    try:
        ledger.reserve(call, worst, expires_at=end, now=now, instead_of=claimed.died)
    except NoRoom as error:
        if error.fits < min(LEAST_OUTPUT, output_limit):
            raise
        output_limit = error.fits
        less = replace(worst, output_tokens=output_limit)
        ledger.reserve(call, less, expires_at=end, now=now, instead_of=claimed.died)
    if slot.why:
        decisions.detour(reply.reference, slot.why)
    if asked.left_out:
        decisions.left_out(reply.reference, asked.left_out)
    return Work(claimed, model, slot.successor, messages, output_limit)


def only_strong_sees(claimed: Claimed) -> bool:
    """Whether the open question has an image that only the strong tier's model can be shown."""
    policy = claimed.policy
    return (
        any(each.is_image and each.shown for each in claimed.open_files)
        and known_models.sight(policy.cheap_model) is None
        and known_models.sight(policy.strong_model) is not None
    )


def seconds_left(reply: Message) -> float:
    """Until the reply's deadline."""
    return (reply.deadline - clock.now()).total_seconds() if reply.deadline else 0.0


def settle_stopped(work: Work, text: str) -> None:
    """Charge a call that was closed on the way by the tokens that were sent and came."""
    usage = Usage(
        input_tokens=tokens.of_messages(work.messages, work.model),
        output_tokens=tokens.count(text, work.model),
    )
    estimate = Estimate(usage, "Stopped by the customer; counted here.")
    reference = work.reply.charge_reference
    ledger.settle(reference, estimate, outcome=CallOutcome.STOPPED, now=clock.now())
