"""The `model` analyzer's call: the cheap tier scores a turn, on the ledger like any other call."""

import logging
from functools import partial

from django.utils import timezone

from billing import ledger, tokens
from billing.errors import NoPrice, NoRoom
from billing.pricing import Usage
from chatsite import llm
from chatsite.chat.calls import HOLD, NOTHING, UNBILLED, Claimed
from chatsite.grouped import GroupedWrites
from routing import difficulty, scores
from routing.choice import Score, Tier
from routing.errors import BadScore
from routing.models import Policy

logger = logging.getLogger(__name__)

# Room for the structured answer.
OUTPUT_LIMIT = 40
# Seconds: beyond it the local rules decide, because a customer is waiting.
PATIENCE = 3.0


def asks_a_model(claimed: Claimed) -> bool:
    """Whether the policy wants a model's score that is not known yet."""
    return claimed.policy.analyzer == Policy.Analyzer.MODEL


async def score(claimed: Claimed, writes: GroupedWrites) -> Score | None:
    """The model's score for the turn, or None where the rules must do."""
    turn, policy = claimed.turn, claimed.policy
    known = await writes.run(partial(scores.cached, turn, policy))
    if known is not None:
        return known
    messages = difficulty.scoring_messages([turn], policy.criteria)
    reference = f"score:{claimed.reply.pk}:{claimed.reply.attempt}"
    try:
        await writes.run(partial(_reserve, claimed, reference, messages))
    except (NoRoom, NoPrice) as error:
        logger.info("%s not asked: %s", reference, error)
        return None
    settle = partial(ledger.settle, reference, now=timezone.now())
    finished: llm.Finished | None = None
    try:
        async for part in llm.stream(
            model=policy.cheap_model,
            messages=messages,
            output_limit=OUTPUT_LIMIT,
            temperature=0.0,
            deadlines=llm.Deadlines(first_byte=PATIENCE, idle=PATIENCE, total=PATIENCE),
            response_format=difficulty.scoring_format(policy.cheap_model),
            reference=reference,
        ):
            if isinstance(part, llm.Finished):
                finished = part
        assert finished is not None
        value = difficulty.read_scores(finished.text, 1)[0]
    except llm.UpstreamError as error:
        logger.warning("%s failed: %s", reference, error)
        if not error.sent:
            await writes.run(partial(ledger.release, reference))
        else:
            billed = NOTHING if error.kind in UNBILLED else error.usage
            await writes.run(partial(settle, billed, outcome=error.kind))
        return None
    except BadScore as error:
        logger.warning("%s unreadable: %s", reference, error)
        value = None
    assert finished is not None

    def store() -> Score | None:
        settle(
            finished.usage,
            model=finished.model,
            service_tier=finished.service_tier,
            request_id=finished.request_id,
            outcome=str(finished.finish_reason),
        )
        return scores.remember(turn, policy, value) if value is not None else None

    return await writes.run(store)


def _reserve(claimed: Claimed, reference: str, messages: list[dict[str, str]]) -> None:
    model = claimed.policy.cheap_model
    now = timezone.now()
    conversation = claimed.reply.conversation
    call = ledger.Call(
        reference=reference,
        purpose="scoring",
        model=model,
        tier=Tier.CHEAP,
        conversation=conversation.reference,
        visitor=conversation.visitor,
    )
    prompt_tokens = tokens.of_messages(messages, model, difficulty.scoring_format(model))
    worst = Usage(input_tokens=prompt_tokens, output_tokens=OUTPUT_LIMIT)
    ledger.reserve(call, worst, expires_at=now + HOLD, now=now)
