"""One call by `llm.stream`, and the bytes that a provider answers with."""

from typing import Any

import orjson
import pytest

from chatsite import llm
from chatsite.llm import Deadlines, Delta, Finished, Retracted, UpstreamError

KEY = "sk-of-the-tests-and-nobody-else"
# In place of words that were taken back.
RETRACTED = "<retracted>"
# Seconds. Long enough for a busy machine where an answer is expected, short where none is.
PATIENT = Deadlines(first_byte=5, idle=5, total=10)
QUESTION = [
    {"role": "system", "content": "You answer in JSON or in words."},
    {"role": "user", "content": "When do you open?"},
]


async def asked(heard: list[str] | None = None, **otherwise: Any) -> Finished:
    """The end of one call; `heard` gets the words that came before it."""
    arguments: dict[str, Any] = {
        "model": "gpt-3.5-turbo",
        "messages": QUESTION,
        "output_limit": 200,
        "temperature": 0.2,
        "deadlines": PATIENT,
    } | otherwise
    words = [] if heard is None else heard
    ends: list[Finished] = []
    async for part in llm.stream(**arguments):
        assert not ends, "Finished is last"
        match part:
            case Delta(text):
                assert text
                words.append(text)
            case Retracted():
                words.append(RETRACTED)
            case Finished():
                ends.append(part)
    (finished,) = ends
    assert finished.text == "".join(words).rpartition(RETRACTED)[2]
    return finished


async def failure(**otherwise: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as raised:
        await asked(**otherwise)
    return raised.value


def event(**fields: Any) -> bytes:
    return b"data: %b\n\n" % orjson.dumps({"model": "gpt-4-0613"} | fields)


def words(text: str | None, finish: str | None = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return event(choices=[choice], **fields)


STOP = words(None, "stop")
DONE = b"data: [DONE]\n\n"
