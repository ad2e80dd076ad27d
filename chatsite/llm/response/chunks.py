"""One chunk of an answer, as any server of the protocol sends it, in our terms."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import orjson

from chatsite.llm.response import finish_reasons
from chatsite.llm.response.finish_reasons import FinishReason, NoAnswer
from chatsite.llm.response.server_sent_events import Event

# What some send as an event where others send a comment.
_KEEP_ALIVE = re.compile(r"\s*(:.*|ping|pong|keep[-_ ]?alive|heartbeat|ok)?\s*", re.IGNORECASE)
# Names of what went wrong, in a document that is no answer.
_COMPLAINTS = (
    *("message", "msg", "errors", "error_msg", "error_message", "errorMessage", "error_code"),
    *("errorCode", "fault", "exception", "Message"),
)
# Parts of a content that are not meant for the customer.
_THOUGHT = ("think", "reason", "redacted")


@dataclass(frozen=True, slots=True)
class Chunk:
    text: str = ""
    thought: str = ""  # reasoning in a field of its own; not shown
    whole: str = ""  # the answer as one message, instead of pieces
    finish: FinishReason | NoAnswer | None = None
    usage: Mapping[str, Any] | None = None
    model: str = ""
    service_tier: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """The server says that it failed; `error` in its own words."""

    error: object


@dataclass(frozen=True, slots=True)
class Done:
    """`[DONE]`: nothing more comes."""


NOTHING = Chunk()
# Of several answers to one question, the one that was asked for.
_FIRST = (None, 0, "0", "")


def read(event: Event) -> list[Chunk | Reported | Done]:
    """What an event says. Raises ValueError and its kin for what is not the protocol."""
    found: list[Chunk | Reported | Done] = []
    for value in _values(event):
        # Google's servers wrap a document in a list.
        values = value if isinstance(value, list) else [value]
        found += [_read(each, event.is_error) for each in values]
    return found


def _values(event: Event) -> list[object]:
    data = event.data.strip()
    if data.strip(b'"').upper() == b"[DONE]":
        return [Done()]
    try:
        return [orjson.loads(data)]
    except ValueError:
        pass
    # Half a character, as an escape or in bytes: TextRepair joins it with its other half.
    text = data.decode("utf-8", "surrogateescape")
    try:
        return [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        if event.is_error:
            return [None]
        if "\n" not in text:
            if event.is_last or _KEEP_ALIVE.fullmatch(text):
                return []  # cut, or no more than a sign of life
            raise ValueError("no JSON") from None
    # Events that only one newline keeps apart.
    lines = [line.encode("utf-8", "surrogateescape") for line in text.split("\n") if line.strip()]
    return [value for line in lines for value in _values(replace(event, data=line))]


def document(text: bytes) -> Chunk:
    """An answer that came as one. Raises ValueError and its kin for what is none."""
    found = [each for each in read(Event(text)) if each != NOTHING]
    if len(found) != 1 or not isinstance(found[0], Chunk):
        raise ValueError("no answer")
    return found[0]


def _read(value: object, is_error: bool) -> Chunk | Reported | Done:
    if isinstance(value, Done):
        return value
    if is_error:
        return Reported(value.get("error", value) if isinstance(value, dict) else value)
    if value is None or (isinstance(value, str) and _KEEP_ALIVE.fullmatch(value)):
        return NOTHING
    if not isinstance(value, dict):
        raise ValueError("no object")
    if error := _error(value):
        return Reported(error)
    return _chunk(value)


def _error(value: Mapping[str, Any]) -> object:
    """What a server says went wrong, inside a 200; None where nothing did."""
    if error := value.get("error"):
        return error
    if value.get("choices") or value.get("usage"):
        return None
    # vLLM, LM Studio, FastAPI; a gateway's own page.
    if "error" in (value.get("object"), value.get("type")) or value.get("detail"):
        return value
    if "choices" in value:
        return None
    status = value.get("status") or value.get("status_code") or value.get("code")
    is_bad = str(status).lower() in {"error", "failed", "failure"} or (
        str(status).isdecimal() and int(str(status)) >= HTTPStatus.BAD_REQUEST
    )
    return value if is_bad or any(value.get(name) for name in _COMPLAINTS) else None


def _chunk(value: Mapping[str, Any]) -> Chunk:
    choices = value.get("choices") or ()
    if not isinstance(choices, list | tuple):
        raise ValueError("no list of choices")
    usage = value.get("usage") or (value.get("x_groq") or {}).get("usage")
    text = thought = whole = ""
    finish: FinishReason | NoAnswer | None = None
    for choice in choices:
        if choice.get("index") not in _FIRST:
            continue
        delta = choice.get("delta") or {}
        text += _shown(delta) + (choice.get("text") or "")
        thought += _thought(delta)
        if not delta and (message := choice.get("message")):
            whole += _shown(message)
            thought += _thought(message)
        finish = finish or finish_reasons.read(choice.get("finish_reason"))
        if choice.get("error"):
            finish = NoAnswer.ERROR
        usage = usage or choice.get("usage")
    return Chunk(
        text=text,
        thought=thought,
        whole=whole,
        finish=finish,
        usage=usage if isinstance(usage, Mapping) else None,
        model=_name(value.get("model")),
        service_tier=_name(value.get("service_tier")),
    )


def _shown(message: Mapping[str, Any] | str) -> str:
    """A refusal is what the model has to say as well."""
    if isinstance(message, str):
        return message
    return _words(message.get("content")) + _words(message.get("refusal"))


def _thought(message: Mapping[str, Any] | str) -> str:
    """By the names that servers have for it; some send it under two at once."""
    if isinstance(message, str):
        return ""
    found = message.get("reasoning_content") or message.get("reasoning") or message.get("thinking")
    if not isinstance(found, str):
        found = ""
    content = message.get("content")
    return found + (_words(content, thoughts=True) if isinstance(content, list) else "")


def _words(content: object, *, thoughts: bool = False) -> str:
    """The text of a content: words, a part, or a list of parts. Raises ValueError."""
    match content:
        case None | False:
            return ""
        case str():
            return "" if thoughts else content
        case list():
            return "".join(
                part if isinstance(part, str) and not thoughts else _part(part, thoughts)
                for part in content
            )
        case dict():
            return _part(content, thoughts)
    raise ValueError("no content")


def _part(part: object, thoughts: bool) -> str:
    if not isinstance(part, dict):
        if isinstance(part, str):
            return ""
        raise ValueError("no part of a content")
    if str(part.get("type", "")).startswith(_THOUGHT) != thoughts:
        return ""
    for name in ("text", "content", "value", "refusal", "thinking", "summary"):
        if (found := part.get(name)) is not None:
            return _words(found)
    return ""


def _name(value: object) -> str:
    return value if isinstance(value, str) else ""
