"""One call on the ledger: its worst case is held before, and what it cost is charged after."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from typing import Any

from billing import clock, ledger, tokens
from billing.call_outcomes import CallOutcome
from billing.errors import NoPrice, NoRoom
from billing.ledger import Call
from billing.models import LedgerEntry
from billing.prices.pricing import NOTHING, Usage
from chatsite import llm
from chatsite.llm import Finished, Kind, UpstreamError
from chatsite.llm.streaming import Deadlines, Message
from chatsite.runtime.grouped_writes import GroupedWrites

logger = logging.getLogger(__name__)

# Longer than any attempt may last: a hold that is still open then belongs to a dead worker.
HOLD = timedelta(seconds=120)
# Answered with an HTTP error: the provider generated nothing and bills nothing.
UNBILLED = {
    Kind.REFUSED,
    Kind.BAD_REQUEST,
    Kind.TOO_LONG,
    Kind.UNAUTHORISED,
    Kind.QUOTA,
    Kind.UNKNOWN_MODEL,
    Kind.OVERLOADED,
}


class NotMade(Exception):
    """A call without an answer; says why in a sentence.

    `failure`: what the provider did instead, in two words; blank where it was not asked.
    """

    def __init__(self, why: str, failure: str = "") -> None:
        super().__init__(why)
        self.failure = failure


def answer_now(
    call: Call,
    messages: Sequence[Message],
    output_limit: int,
    temperature: float,
    *,
    deadlines: Deadlines | None = None,
    response_format: Mapping[str, Any] | None = None,
) -> Finished:
    """Hold, ask and charge, while the caller waits. Raises NotMade."""
    try:
        reserve(call, messages, output_limit, response_format)
    except NoRoom as error:
        raise NotMade(f"The budget “{error.budget}” is used up.") from error
    except NoPrice as error:
        raise NotMade(f"There is no price for {error.model}.") from error

    async def asked() -> Finished:
        try:
            return await whole_answer(
                model=call.model,
                messages=messages,
                output_limit=output_limit,
                temperature=temperature,
                deadlines=deadlines or Deadlines(),
                reference=call.reference,
                response_format=response_format,
            )
        finally:
            await llm.close()

    try:
        finished = asyncio.run(asked())
    except UpstreamError as error:
        settle_failed(call.reference, error)
        failure = error.kind.replace("_", " ")
        raise NotMade(f"{call.model} did not answer ({failure}).", failure) from error
    settle(call.reference, finished)
    return finished


async def answer_soon(
    call: Call,
    messages: Sequence[Message],
    output_limit: int,
    response_format: Mapping[str, Any],
    seconds: float,
    writes: GroupedWrites,
) -> Finished:
    """Ask, for a worker's loop, what is held already; a call that fails or is dropped is charged.

    The answer is still to be settled. Raises UpstreamError.
    """
    try:
        return await whole_answer(
            model=call.model,
            messages=messages,
            output_limit=output_limit,
            temperature=0.0,
            deadlines=Deadlines(first_byte=seconds, idle=seconds, total=seconds),
            reference=call.reference,
            response_format=response_format,
        )
    except UpstreamError as error:
        logger.warning("%s failed: %s", call.reference, error)
        await writes.run(partial(settle_failed, call.reference, error))
        raise
    except asyncio.CancelledError:
        await writes.run(partial(abandon, call.reference))
        raise


def reserve(
    call: Call,
    messages: Sequence[Message],
    output_limit: int,
    response_format: Mapping[str, Any] | None = None,
) -> None:
    """Hold the most that these messages can cost. Raises NoRoom, NoPrice."""
    now = clock.now()
    worst = Usage(tokens.of_messages(messages, call.model, response_format), output_limit)
    ledger.reserve(call, worst, expires_at=now + HOLD, now=now)


async def whole_answer(
    *,
    model: str,
    messages: Sequence[Message],
    output_limit: int,
    temperature: float,
    deadlines: Deadlines,
    reference: str,
    response_format: Mapping[str, Any] | None = None,
) -> Finished:
    """What is answered in the end, where nobody reads along. Raises UpstreamError."""
    stream = llm.stream(
        model=model,
        messages=messages,
        output_limit=output_limit,
        temperature=temperature,
        deadlines=deadlines,
        reference=reference,
        response_format=response_format,
    )
    async with aclosing(stream) as parts:
        async for part in parts:
            if isinstance(part, Finished):
                return part
    raise AssertionError("a stream ends in Finished or in an error")


def settle(reference: str, finished: Finished, outcome: str = "") -> None:
    """Charge a call that came to its end; `outcome` where its words are not the answer."""
    ledger.settle(
        reference,
        finished.usage,
        model=finished.model,
        service_tier=finished.service_tier,
        request_id=finished.request_id,
        outcome=outcome or str(finished.finish_reason),
        now=clock.now(),
    )


def settle_failed(reference: str, error: UpstreamError) -> None:
    """Charge what a failed call cost, or what was held where nobody knows."""
    if not error.sent:
        ledger.release(reference)
        return
    unbilled = error.usage is None and error.kind in UNBILLED
    usage = NOTHING if unbilled else error.usage
    ledger.settle(reference, usage, outcome=error.kind, now=clock.now())


def abandon(reference: str) -> None:
    """Charge what was held: nobody will hear how the call ended."""
    ledger.settle(reference, None, outcome=CallOutcome.ABANDONED, now=clock.now())


def cost(reference: str) -> int:
    """Of a call that is settled; nano-dollars."""
    return LedgerEntry.objects.values_list("amount", flat=True).get(reference=reference)
