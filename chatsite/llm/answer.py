"""An answer as it arrives: events in, pieces of text out, and what it was in the end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from billing.prices.pricing import Usage
from chatsite.llm.errors import KIND_OF_CODE, Kind, UpstreamError, known_code

# A token is 4 characters on average; beyond this, the provider does not keep to the limit.
MOST_CHARACTERS_PER_TOKEN = 32


@dataclass(frozen=True, slots=True)
class Delta:
    text: str  # never empty


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer. `usage` is None where the provider did not say."""

    text: str
    finish_reason: FinishReason
    usage: Usage | None
    model: str  # as the response names it, perhaps a snapshot of the one asked for
    service_tier: str
    request_id: str


class Answer:
    """What has arrived of an answer."""

    def __init__(self, model: str, output_limit: int, request_id: str) -> None:
        self.over = False
        self.finish_reason = ""
        self._pieces: list[str] = []
        self._room = max(2000, output_limit * MOST_CHARACTERS_PER_TOKEN)
        self._usage: Usage | None = None
        self._named: dict[str, Any] = {"model": model}  # the last event that names the model
        self._request_id = request_id
        self._failure = (Kind.BROKEN, "the stream ended before the answer did", "")

    def take(self, events: list[bytes]) -> str:
        """The text that they add."""
        before = len(self._pieces)
        try:
            for data in events:
                if data.strip() == b"[DONE]":
                    self.over = True
                if self.over:
                    break
                self._take(orjson.loads(data))
        except (ValueError, TypeError, AttributeError):  # of another shape than the protocol's
            self.fail(Kind.BROKEN, "not the protocol")
        text = "".join(self._pieces[before:])
        self._room -= len(text)
        if self._room < 0:
            self.fail(Kind.BROKEN, "more text than its limit allows")
        return text

    def _take(self, event: dict[str, Any]) -> None:
        if error := event.get("error"):
            code = known_code(error.get("code"), error.get("type"))
            # With words sent, they are paid for: only as a broken answer is that accounted.
            kind = KIND_OF_CODE[code] if code and not self._pieces else Kind.BROKEN
            self.fail(kind, f"the provider reported an error {code}".rstrip(), code)
            return
        if event.get("model"):
            self._named = event
        for choice in event.get("choices") or ():
            if choice.get("index"):
                continue
            delta = choice.get("delta") or {}
            # A refusal is what the model has to say as well. No database keeps a NUL.
            text = (delta.get("content") or "") + (delta.get("refusal") or "")
            if text:
                self._pieces.append(text.replace("\0", ""))
            self.finish_reason = self.finish_reason or str(choice.get("finish_reason") or "")
        # Some report the tokens so far with every event: only the last report is the bill.
        if self.finish_reason and (usage := event.get("usage")):
            self._usage = read_usage(usage)

    def fail(self, kind: Kind, what: str, code: str = "") -> None:
        """Take nothing more. Of an answer whose finish was seen, this changes nothing."""
        self.over = True
        self._failure = (kind, what, code)

    def finished(self) -> Finished:
        """Raises UpstreamError where no finish was seen, or one that is none of ours."""
        request_id = self._request_id
        if not self.finish_reason:
            kind, what, code = self._failure
            raise UpstreamError(kind, what, request_id=request_id, code=code)
        if self.finish_reason not in tuple(FinishReason):
            what = "the answer is no text"
            raise UpstreamError(Kind.BROKEN, what, request_id=request_id, usage=self._usage)
        return Finished(
            text="".join(self._pieces),
            finish_reason=FinishReason(self.finish_reason),
            usage=self._usage,
            model=str(self._named["model"])[:100],
            service_tier=str(self._named.get("service_tier") or "")[:20],
            request_id=request_id,
        )


def read_usage(counts: dict[str, Any]) -> Usage | None:
    """None where the counts make no sense: an unknown bill, and not a small one."""
    of_input = counts.get("prompt_tokens_details") or {}
    of_output = counts.get("completion_tokens_details") or {}
    try:
        return Usage(
            input_tokens=_count(counts.get("prompt_tokens")),
            output_tokens=_count(counts.get("completion_tokens")),
            cached_tokens=_count(of_input.get("cached_tokens") or 0),
            cache_write_tokens=_count(of_input.get("cache_write_tokens") or 0),
            reasoning_tokens=_count(of_output.get("reasoning_tokens") or 0),
        )
    except ValueError:
        return None


def _count(number: object) -> int:
    """JSON has fractions and booleans too. Raises ValueError."""
    if type(number) is not int:
        raise ValueError
    return number
