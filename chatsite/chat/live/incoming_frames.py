"""What a page may ask for over its socket: which action that is, and which limit counts it."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

from chatsite.chat.actions import (
    ask,
    ask_for_person,
    leave_address,
    rate,
    rate_conversation,
    retry,
    stop_answer,
)
from chatsite.chat.attachments import uploads
from chatsite.chat.change_announcements import Change
from chatsite.chat.web import rate_limits
from chatsite.runtime.grouped_writes import GroupedWrites


@dataclass(frozen=True, slots=True)
class PageRequest:
    limit: Callable[[str, str], None]
    action: Callable[[], Change]


@cache
def _writes() -> GroupedWrites:
    return GroupedWrites("asks")


async def carried_out(
    said: Mapping[str, object], conversation: uuid.UUID, visitor: str, network: str, language: str
) -> Change:
    """What this frame asks for, committed. Raises Refused, KeyError, ValueError."""
    request = read(said, conversation, visitor, network, language)
    # In a thread, as Redis is waited for.
    await asyncio.to_thread(request.limit, visitor, network)
    return await _writes().run(request.action)


def read(
    said: Mapping[str, object],
    conversation: uuid.UUID,
    visitor: str,
    network: str,
    language: str = "",
) -> PageRequest:
    """What this frame asks for. Raises KeyError, ValueError for what no page sends."""
    if "retry" in said:
        reply = int(str(said["retry"]))
        return PageRequest(rate_limits.asking, partial(retry.reply, conversation, visitor, reply))
    if "stop" in said:
        reply = int(str(said["stop"]))
        stop = partial(stop_answer.reply, conversation, visitor, reply)
        return PageRequest(rate_limits.clicking, stop)
    if "rate" in said:
        rated = partial(rate.answer, conversation, visitor, *rate.read(said))
        return PageRequest(rate_limits.clicking, rated)
    if "satisfaction" in said:
        how = rate_conversation.read(said)
        rated = partial(rate_conversation.by_customer, conversation, visitor, *how)
        return PageRequest(rate_limits.clicking, rated)
    if "email" in said:
        address = str(said["email"])
        left = partial(leave_address.by_customer, conversation, visitor, address, language)
        return PageRequest(rate_limits.clicking, left)
    if "person" in said:
        is_wanted = str(said["person"]) == "1"
        request = partial(ask_for_person.request, conversation, visitor, is_wanted)
        return PageRequest(rate_limits.clicking, request)
    client_id = uuid.UUID(str(said["client_id"]))
    text = str(said["text"])
    files = uploads.read_ids(said.get("files") or ())
    question = partial(ask.question, conversation, visitor, text, client_id, network, files)
    return PageRequest(rate_limits.asking, question)
