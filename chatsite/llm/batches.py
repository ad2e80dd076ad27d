"""The provider's batch interface: many calls in a file, answered within a day at half the price.

    file = batches.upload(requests)
    batch = batches.create(file) or batches.find(file)
    progress = batches.progress(batch)
    for result in batches.results(progress): ...

Nothing is kept here: whoever calls stores the ids, and goes on after a restart from there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from openai import OpenAI
from openai.types import Batch

from chatsite.llm import parameters, sdk_client
from chatsite.llm.errors import Kind, UpstreamError
from chatsite.llm.masking import Mask
from chatsite.llm.refusal_parsing import refusal, reported
from chatsite.llm.response import chunks, usage
from chatsite.llm.response.answer import Finished
from chatsite.llm.response.finish_reasons import FinishReason
from chatsite.llm.response.text_repair import repaired
from chatsite.llm.response.think_tags import ThinkTags
from chatsite.llm.streaming import Message

# Of the provider's limits: requests in a file, and characters of a reference.
MOST_REQUESTS = 50_000
LONGEST_REFERENCE = 64
# Seconds that the provider keeps our file, and what it answers: a week.
FILES_KEPT_FOR = 7 * 24 * 3600
# The newest batches among which one of ours is looked for.
NEWEST = 200
# The states in which nothing more will come.
OVER = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class Request:
    """One call; `reference` is ours, and unique in its batch."""

    reference: str
    model: str
    messages: Sequence[Message]
    output_limit: int
    temperature: float = 0.0
    response_format: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How a batch stands; `files` hold its results, once it is over."""

    state: str  # in the provider's words
    files: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        return self.state in OVER


@dataclass(frozen=True, slots=True)
class Result:
    """How one call ended: `finished`, or else `error`, whose usage is billed if it has one.

    `generated`: all that the model wrote, thoughts as well; to be counted where no usage came.
    """

    reference: str
    finished: Finished | None = None
    error: UpstreamError | None = None
    generated: str = ""


def upload(requests: Sequence[Request]) -> str:
    """Returns the provider's id of the file. Raises UpstreamError."""
    assert 0 < len(requests) <= MOST_REQUESTS
    lines = b"\n".join(orjson.dumps(_line(request)) for request in requests)
    with sdk_client.translated(), _client() as client:
        file = client.files.create(
            file=("requests.jsonl", lines),
            purpose="batch",
            expires_after={"anchor": "created_at", "seconds": FILES_KEPT_FOR},
        )
        return _identity(file.id)


def create(file: str) -> str:
    """Start a batch of an uploaded file; returns its id. Raises UpstreamError.

    Asked once: where the answer is lost, the batch may be there, and `find` finds it.
    """
    with sdk_client.translated(), _client() as client:
        batch = client.with_options(max_retries=0).batches.create(
            input_file_id=file,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            output_expires_after={"anchor": "created_at", "seconds": FILES_KEPT_FOR},
        )
        return _identity(batch.id)


def find(file: str) -> str:
    """The id of the batch that was started of this file, or blank. Raises UpstreamError."""
    with sdk_client.translated(), _client() as client:
        for number, batch in enumerate(client.batches.list(limit=100)):
            if batch.input_file_id == file:
                return _identity(batch.id)
            if number >= NEWEST:
                break
        return ""


def progress(batch: str) -> Progress:
    """Raises UpstreamError."""
    with sdk_client.translated(), _client() as client:
        found = client.batches.retrieve(batch)
        if not isinstance(found, Batch) or not isinstance(found.status, str):
            raise ValueError("no batch")
        files = (found.output_file_id, found.error_file_id)
        return Progress(found.status, tuple(file for file in files if file))


def cancel(batch: str) -> None:
    """What is done by then is billed, and comes as results. Raises UpstreamError."""
    with sdk_client.translated(), _client() as client:
        client.batches.cancel(batch)


def results(progress: Progress) -> Iterator[Result]:
    """In no order, and perhaps not of every request. Raises UpstreamError."""
    for file in progress.files:
        with sdk_client.translated(), _client() as client:
            lines = client.files.content(file).content.splitlines()
        for line in lines:
            # One that cannot be read stops none of those behind it.
            if result := _result(line):
                yield result


def _client() -> OpenAI:
    """Raises UpstreamError."""
    return sdk_client.client(settings.OPENAI_API_KEY or "demo")


def _line(request: Request) -> dict[str, Any]:
    assert len(request.reference) <= LONGEST_REFERENCE
    return {
        "custom_id": request.reference,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": parameters.body(
            request.model,
            Mask().messages(request.messages) if settings.MASK_PERSONAL_DATA else request.messages,
            request.output_limit,
            request.temperature,
            request.response_format,
        ),
    }


def _identity(value: object) -> str:
    """Raises ValueError."""
    if not isinstance(value, str) or not value or len(value) > 100:
        raise ValueError("no id")
    return value


def _result(line: bytes) -> Result | None:
    """How one call ended, whatever its line holds; None where it does not say which call it was."""
    try:
        # Half a character is no JSON to orjson; the standard library reads it.
        read = json.loads(line.decode("utf-8", "surrogateescape"), strict=False)
        reference = read["custom_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(reference, str):
        return None
    try:
        return _outcome(reference, read)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return Result(reference, error=UpstreamError(Kind.PROTOCOL, "not the protocol"))


def _outcome(reference: str, line: Mapping[str, Any]) -> Result:
    """Raises ValueError and its kin for what is not the protocol."""
    response, error = line.get("response"), line.get("error")
    if response is None or error:
        # It was never run: the batch expired, or was cancelled.
        failure = reported(error, paid=False)
        kind = failure.kind if failure.code else Kind.OVERLOADED
        not_run = UpstreamError(kind, "not run in its batch", code=failure.code)
        return Result(reference, error=not_run)
    body, request_id = response["body"], str(response.get("request_id") or "")[:100]
    status = int(response["status_code"])
    if status != 200 or body.get("error"):
        return Result(reference, error=refusal(status, body, {"x-request-id": request_id}))
    chunk = chunks.document(json.dumps(body).encode())
    thoughts = ThinkTags()
    text = thoughts.feed(repaired(chunk.whole).replace("\0", "")).text + thoughts.end()
    bill = usage.read(chunk.usage) if chunk.usage else None
    finish = chunk.finish
    if finish is None and chunk.whole and bill:
        finish = FinishReason.STOP  # a whole document with its bill ends by itself
    if not isinstance(finish, FinishReason):
        no_text = UpstreamError(
            Kind.PROTOCOL, "the answer is no text", request_id=request_id, usage=bill
        )
        return Result(reference, error=no_text, generated=chunk.thought + chunk.whole)
    return Result(
        reference,
        Finished(
            text=text,
            finish_reason=finish,
            usage=bill,
            model=chunk.model[:100],
            service_tier="batch",
            request_id=request_id,
        ),
        generated=chunk.thought + chunk.whole,
    )
