"""The cheap model is asked whether the articles support each claim of an answer in doubt.

One call an answer. It is not shared with other conversations' answers, whose words and costs would
have to be kept apart, to save the instructions: 200 tokens of some 1,500. Nor are verdicts kept:
no two answers are alike, and an equal question gets the saved answer.
"""

import asyncio
import logging
from functools import partial

from billing import ledger
from billing.errors import NoPrice, NoRoom
from chatsite import llm
from chatsite.answering.calls import paid_call, reply_call
from chatsite.answering.calls.reply_call import Work
from chatsite.answering.checking import answer_check
from chatsite.provider.model_health import Health
from chatsite.runtime.grouped_writes import GroupedWrites
from routing import structured_output, tiers
from routing.checks import claims
from routing.checks.verifier import CheckResult
from routing.errors import BadClaims
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)

PURPOSE = "checking"
# Seconds for the call, after which the check on this server decides; and what has to be left
# before it, so that the strong model could still write again.
GIVEN_UP_AFTER, NEEDED = 6.0, 30.0
# Characters from which an answer is checked beside the loop, where others go on being written:
# dense ones of 4,000 take 60 ms.
LONG = 1000


def is_uncertain(work: Work, found: CheckResult) -> bool:
    """Whether the policy has a model asked about this answer."""
    band = work.claimed.policy.claims_band
    if not band or not found.checked or found.declines:
        return False
    # What rules are certain of, no model decides; and a budget that saves asks nobody more.
    if found.is_certain or work.claimed.spared:
        return False
    return abs(found.doubt - answer_check.limit(work)) <= band


def asked(work: Work, answer: str) -> tuple[tuple[str, ...], list[dict[str, str]], int]:
    """The claims, what a model is asked about them, and the longest reply in tokens."""
    said = claims.claims(answer)
    messages = claims.messages(work.claimed.turn.text, said, answer_check.articles(work))
    return said, messages, claims.OUTPUT_LIMIT + claims.OUTPUT_PER_CLAIM * len(said)


async def weighed(
    work: Work,
    finished: llm.Finished,
    health: Health,
    writes: GroupedWrites,
) -> CheckResult | None:
    """The check, with the model's verdicts where it was asked and answered in time."""
    if len(finished.text) < LONG:
        found = answer_check.check(work, finished)
    else:
        found = await asyncio.to_thread(answer_check.check, work, finished)
    if found is None or not is_uncertain(work, found):
        return found
    if reply_call.seconds_left(work.reply) < NEEDED:
        return found
    said, messages, output_limit = asked(work, finished.text)

    def reserve() -> ledger.Call | None:
        return _reserved(work, messages, output_limit, health)

    call = await writes.run(reserve)
    if call is None:
        return found
    wanted = structured_output.taken_by(call.model, claims.VERDICTS_FORMAT)
    try:
        told = await paid_call.answer_soon(
            call, messages, output_limit, wanted, GIVEN_UP_AFTER, writes
        )
    except llm.UpstreamError:
        return found
    await writes.run(partial(paid_call.settle, call.reference, told))
    try:
        return claims.weighed(found, claims.read(told.text, len(said)))
    except BadClaims as error:
        logger.warning("%s unreadable: %s", call.reference, error)
        return found


def _reserved(
    work: Work, messages: list[dict[str, str]], output_limit: int, health: Health
) -> ledger.Call | None:
    """The call, with its worst case held; None where no model may be asked."""
    reply = work.reply
    model = tiers.scorer(work.claimed.policy, health.current())
    if not model:
        return None
    call = ledger.Call(
        reference=f"claims:{reply.pk}:{reply.attempt}",
        purpose=PURPOSE,
        model=model,
        tier=Tier.CHEAP,
        conversation=reply.conversation.reference,
        visitor=reply.conversation.visitor,
        address=reply.conversation.address,
    )
    wanted = structured_output.taken_by(model, claims.VERDICTS_FORMAT)
    try:
        paid_call.reserve(call, messages, output_limit, wanted)
    except (NoRoom, NoPrice) as error:
        logger.info("%s not asked: %s", call.reference, error)
        return None
    return call
