"""A streamed answer: one call, within deadlines."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx2
import orjson
from django.conf import settings

from billing import tokens
from chatsite.llm import async_client, parameters
from chatsite.llm.errors import Kind, UpstreamError
from chatsite.llm.masking import Mask
from chatsite.llm.response.answer import Answer, Delta, Finished, Retracted
from chatsite.llm.response.server_sent_events import Events, NotAnAnswer
from chatsite.llm.response.think_tags import Sifted
from chatsite.llm.transport import TooLong

# Its content is text, or parts: texts and images.
Message = Mapping[str, Any]

# Seconds that a finished answer waits for its usage.
USAGE_WITHIN = 2.0
# Seconds for the body's end after the last event, so that the connection is used again.
LAST_BYTES_WITHIN = 0.1


@dataclass(frozen=True)
class Deadlines:
    """Seconds: to the first sign of life, between two of them, and for everything.

    A model that thinks shows no words; its thoughts, or a server's keep-alives, are signs of life.
    """

    first_byte: float = 20
    idle: float = 15
    total: float = 60


async def stream(
    *, messages: Sequence[Message], **call: Any
) -> AsyncGenerator[Delta | Retracted | Finished]:
    """As `unmasked`, with what `masking` hides from the provider. Raises UpstreamError."""
    mask = Mask()
    asked = mask.messages(messages) if settings.MASK_PERSONAL_DATA else messages
    async with aclosing(unmasked(messages=asked, **call)) as parts:
        async for part in parts:
            match part:
                case Delta(text):
                    if shown := mask.delta(text):
                        yield Delta(shown)
                case Retracted():
                    mask.rest()
                    yield part
                case Finished(text):
                    if rest := mask.rest():
                        yield Delta(rest)
                    yield replace(part, text=mask.restore(text))


async def unmasked(
    *,
    model: str,
    messages: Sequence[Message],
    output_limit: int,
    temperature: float,
    deadlines: Deadlines,
    response_format: Mapping[str, Any] | None = None,
    reference: str = "",
) -> AsyncGenerator[Delta | Retracted | Finished]:
    """Ask once, without any retry. Yields Deltas, perhaps a Retracted, and one Finished last.

    `output_limit` is in tokens; `reference` is ours, and the provider's support can find the call
    by it. Where the provider refuses a field of the request, it is asked without it: of that,
    nothing is billed. Cancelling or closing it drops the connection. Raises UpstreamError.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + deadlines.total
    until = min(end, clock() + deadlines.first_byte)
    request = partial(
        parameters.body, model, messages, output_limit, temperature, response_format, stream=True
    )
    response = await _asked(model, request, reference, until)
    answer = Answer(
        model,
        output_limit,
        response.headers.get("x-request-id", "")[:100],
        prompt_tokens=partial(tokens.of_messages, messages, model, response_format),
        holds_back=parameters.thinks_aloud(model),
    )
    events = Events(response)
    try:
        while not answer.over and not events.ended:
            finishing = answer.ending is not None
            sifted = await _next(events, answer, until)
            if sifted is None:
                break
            if sifted.retracted:
                yield Retracted()
            if sifted.text:
                yield Delta(sifted.text)
            if answer.ending is None:
                until = min(end, clock() + deadlines.idle)
            elif not finishing:
                end = until = min(end, clock() + USAGE_WITHIN)
        if answer.ending is not None and not events.ended:
            with suppress(TimeoutError, TooLong):
                await events.next(clock() + LAST_BYTES_WITHIN)
    finally:
        await events.close()
    if rest := answer.rest():
        yield Delta(rest)
    if answer.thinks_unopened:
        parameters.learn_thinking(model)
    yield answer.finished()


async def _next(events: Events, answer: Answer, until: float) -> Sifted | None:
    """What the next events bring; None where they tell that no more can be read.

    Timed here only: the caller's time is not the provider's.
    """
    try:
        return answer.take(await events.next(until))
    except TimeoutError:
        answer.fail(Kind.TIMEOUT, "no more came in time")
    except (TooLong, NotAnAnswer):
        answer.fail(Kind.PROTOCOL, "not the protocol")
    return None


async def _asked(
    model: str, request: partial[dict[str, Any]], reference: str, until: float
) -> httpx2.Response:
    """The response to a request, once its status is known to be good. Raises UpstreamError."""
    unread: bool = True  # as the SDK's types take it
    while True:
        asked = request()
        # A tenth of what `chat.completions.create` costs, which checks and copies each message.
        call = async_client.client().post(
            "/chat/completions",
            content=orjson.dumps(asked),
            cast_to=httpx2.Response,
            options={"headers": {"X-Client-Request-Id": reference}} if reference else {},
            stream=unread,
        )
        try:
            return await async_client.answered(call, until)
        except UpstreamError as error:
            if not parameters.learn(model, error, asked):
                raise
