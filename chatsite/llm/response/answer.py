"""An answer as it arrives: events in, pieces of text out, and what it was in the end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from billing import tokens
from billing.prices.pricing import Estimate, Usage
from chatsite.llm import refusal_parsing
from chatsite.llm.errors import Kind, UpstreamError
from chatsite.llm.response import chunks, usage
from chatsite.llm.response.chunks import Chunk, Done, Reported
from chatsite.llm.response.finish_reasons import FinishReason, NoAnswer
from chatsite.llm.response.server_sent_events import Event
from chatsite.llm.response.text_repair import TextRepair
from chatsite.llm.response.think_tags import Sifted, ThinkTags

# A token is 4 characters on average; beyond this, the provider does not keep to the limit.
MOST_CHARACTERS_PER_TOKEN = 16
LEAST_ROOM = 2000
ENDLESS = "It went on past its limit and was cut; counted here."


@dataclass(frozen=True, slots=True)
class Delta:
    text: str  # never empty


@dataclass(frozen=True, slots=True)
class Retracted:
    """What came so far was the model's thinking, sent without an opening tag: show none of it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer. `usage` is None where the provider did not say."""

    text: str
    finish_reason: FinishReason
    usage: Usage | Estimate | None
    model: str  # as the response names it, perhaps a snapshot of the one asked for
    service_tier: str
    request_id: str


class Answer:
    """What has arrived of an answer. `prompt_tokens` counts what was sent, where that is needed."""

    def __init__(
        self,
        model: str,
        output_limit: int,
        request_id: str,
        *,
        prompt_tokens: Callable[[], int],
        holds_back: bool = False,
    ) -> None:
        self.over = False
        self.ending: FinishReason | NoAnswer | None = None
        self._done = False
        self._model = model
        self._named, self._service_tier = model, ""
        self._output_limit = output_limit
        self._request_id = request_id
        self._prompt_tokens = prompt_tokens
        self._room = max(LEAST_ROOM, output_limit * MOST_CHARACTERS_PER_TOKEN)
        self._received: list[str] = []  # all that was generated, thoughts as well
        self._ending_text = ""  # of the chunk that ended it
        self._comes_whole = False  # as messages, and not as deltas
        self._text: list[str] = []
        self._repair = TextRepair()
        self._tags = ThinkTags(holds_back=holds_back)
        self._bill: Usage | Estimate | None = None
        self._reported_output = 0
        self._failure: UpstreamError | None = None

    @property
    def thinks_unopened(self) -> bool:
        """Whether its thinking came in the text, without an opening tag."""
        return self._tags.unopened

    def take(self, events: list[Event]) -> Sifted:
        """What they add to the text."""
        pieces: list[str] = []
        try:
            for event in events:
                for part in chunks.read(event):
                    if self.over:
                        break
                    pieces.append(self._take(part))
        except (ValueError, TypeError, AttributeError):  # of another shape than the protocol's
            self.fail(Kind.PROTOCOL, "not the protocol")
        if self._room < 0 and self.ending is None:
            self.ending, self.over = FinishReason.LENGTH, True
            self._bill = Estimate(Usage(self._prompt_tokens(), self._output_tokens()), ENDLESS)
        return self._sifted("".join(pieces))

    def _take(self, part: Chunk | Reported | Done) -> str:
        """The text of one chunk."""
        match part:
            case Done():
                self.over = self._done = True
                return ""
            case Reported(error):
                # With words sent, they are paid for: only as a broken answer is that accounted.
                failure = refusal_parsing.reported(error, paid=bool(self._received))
                failure.request_id = self._request_id
                self._failure, self.over = failure, True
                return ""
            case Chunk():
                return self._chunk(part)
        assert_never(part)

    def _chunk(self, chunk: Chunk) -> str:
        self._named = chunk.model or self._named
        self._service_tier = chunk.service_tier or self._service_tier
        text = chunk.text
        if chunk.whole and (self._comes_whole or not self._received):
            text, self._done, self._comes_whole = self._more_of(chunk.whole), True, True
        if self.ending is not None and chunk.finish and text == self._ending_text:
            text = ""  # the last chunk, sent twice
        if text or chunk.thought:
            self._received += [chunk.thought, text]
            self._room -= len(text) + len(chunk.thought)
            if self.ending is None:
                # Some report the tokens so far on the way: only the last report is the bill.
                self._bill = None
        if chunk.finish is not None and self.ending is None:
            self.ending, self._ending_text = chunk.finish, text
        if chunk.usage:
            self._read_bill(chunk)
        return text

    def _more_of(self, whole: str) -> str:
        """What a message adds: some servers send it again and again as it grows, some in pieces."""
        return whole.removeprefix("".join(self._received))

    def _read_bill(self, chunk: Chunk) -> None:
        assert chunk.usage is not None
        read = usage.read(chunk.usage)
        if read is not None and _size(read) >= _size(self._bill):
            self._bill = read
            self._reported_output = usage.reported_output(chunk.usage)

    def fail(self, kind: Kind, what: str) -> None:
        """Take nothing more. Of an answer whose end was seen, this changes nothing."""
        self.over = True
        self._failure = UpstreamError(kind, what, request_id=self._request_id)

    def rest(self) -> str:
        """What was held back of the text, once nothing more comes."""
        sifted = self._sifted(self._repair.end())
        last = self._tags.end()
        if last:
            self._text.append(last)
        return sifted.text + last

    def finished(self) -> Finished:
        """After `rest`. Raises UpstreamError where no end was seen, or one that is no answer."""
        text = "".join(self._text)
        match self._end(text):
            case None:
                raise self._failure or UpstreamError(
                    Kind.BROKEN,
                    "the stream ended before the answer did",
                    request_id=self._request_id,
                )
            case NoAnswer() as end:
                kind = Kind.PROTOCOL if end == NoAnswer.TOOL else Kind.BROKEN
                raise UpstreamError(
                    kind,
                    f"no answer but {end}",
                    request_id=self._request_id,
                    usage=self._usage(),
                )
            case FinishReason() as end:
                return Finished(
                    text=text,
                    finish_reason=end,
                    usage=self._usage(),
                    model=self._named[:100],
                    service_tier=self._service_tier[:20],
                    request_id=self._request_id,
                )

    def _end(self, text: str) -> FinishReason | NoAnswer | None:
        end = self.ending
        if end is None and self._done and self._failure is None and "".join(self._received):
            # `[DONE]` after usage says as much as a finish; alone, nobody knows.
            end = FinishReason.STOP if self._bill else FinishReason.UNCLEAR
        # Servers that cut at the limit and call it a stop: half a sentence.
        return FinishReason.LENGTH if end == FinishReason.STOP and self._at_limit(text) else end

    def _at_limit(self, text: str) -> bool:
        made = self._reported_output
        if not made and len(text) * 3 >= self._output_limit:
            made = tokens.count(text, self._model)
        # One that writes well past the limit was not stopped by it. Reasoning counts towards it,
        # also where it is reported beside the answer.
        is_near = self._output_limit <= made <= self._output_limit * 1.05 + 2
        return is_near or _made(self._bill) == self._output_limit

    def _usage(self) -> Usage | Estimate | None:
        return usage.completed(self._bill, prompt=self._prompt_tokens, output=self._output_tokens)

    def _output_tokens(self) -> int:
        return tokens.count("".join(self._received), self._model)

    def _sifted(self, text: str) -> Sifted:
        if not text:
            return Sifted("")
        text = self._repair.feed(text)
        sifted = self._tags.feed(text.replace("\0", ""))  # no database keeps a NUL
        if sifted.retracted:
            self._text.clear()
        if sifted.text:
            self._text.append(sifted.text)
        return sifted


def _made(bill: Usage | Estimate | None) -> int:
    match bill:
        case None:
            return 0
        case Estimate():
            return bill.usage.output_tokens
        case Usage():
            return bill.output_tokens


def _size(bill: Usage | Estimate | None) -> int:
    match bill:
        case None:
            return 0
        case Estimate():
            return _size(bill.usage)
        case Usage():
            return bill.input_tokens + bill.output_tokens
