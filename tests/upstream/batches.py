"""The test upstream's batch interface: files, batches and their results, as a test wishes them.

upstream.batches.says["judge:1"] = '{"score": 0.5}'
upstream.batches.fails["judge:2"] = 400
"""

import itertools
import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from tests.upstream.exchange import SNAPSHOTS, Billed, tokens

USAGE = {
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}


@dataclass
class Running:
    """A batch of the provider's."""

    id: str
    file: str
    left: int  # polls until it is over
    created: dict[str, Any]
    over: bool = False
    output: str = ""
    errors: str = ""


class Batches:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.running: dict[str, Running] = {}
        self.asked: list[str] = []  # "POST /batches", ...
        self.bill: list[Billed] = []
        # What is to come.
        self.polls = 0  # that find it unfinished
        self.ends_as = "completed"
        self.says: dict[str, str] = {}
        self.otherwise = '{"score": 0.5, "reason": "It will do."}'
        self.without_usage: set[str] = set()
        self.counts: dict[str, dict[str, int]] = {}  # that a line reports in place of its own
        self.bodies: dict[str, object] = {}  # of lines that are no answers
        self.extra_lines: list[bytes] = []
        self.fails: dict[str, int] = {}
        self.unfinished: set[str] = set()
        self.missing: set[str] = set()
        # Of the next requests: a status, 0 for a lost answer to what is done all the same.
        self.statuses: deque[tuple[str, int]] = deque()
        self._numbers = itertools.count(1)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v1")
        asked = f"{request.method} {re.sub('(file|batch)-[0-9]+', ':id', path)}"
        self.asked.append(asked)
        status = None
        if self.statuses and self.statuses[0][0] == asked:
            status = self.statuses.popleft()[1]
        if status:
            error = {"message": "Something of the customer's.", "code": None, "type": "x"}
            return _json({"error": error}, status)
        answer = await self._answer(asked, path, request)
        if status == 0 and request.transport is not None:
            request.transport.abort()
        return answer

    async def _answer(self, asked: str, path: str, request: web.Request) -> web.Response:
        match asked:
            case "POST /files":
                form = await request.post()
                assert form["purpose"] == "batch"
                uploaded = form["file"]
                assert isinstance(uploaded, web.FileField)
                name = self._keep(uploaded.file.read())
                return _json({"id": name, "object": "file", "purpose": "batch"})
            case "POST /batches":
                body = orjson.loads(await request.read())
                assert body["endpoint"] == "/v1/chat/completions"
                number = next(self._numbers)
                batch = Running(f"batch-{number}", body["input_file_id"], self.polls, body)
                self.running[batch.id] = batch
                return _json(self._described(batch))
            case "GET /batches":
                found = [self._described(batch) for batch in reversed(self.running.values())]
                return _json({"object": "list", "data": found, "has_more": False})
            case "GET /batches/:id":
                batch = self.running[path.rpartition("/")[2]]
                if batch.left <= 0:
                    self._run(batch)
                batch.left -= 1
                return _json(self._described(batch))
            case "GET /files/:id/content":
                return web.Response(body=self.files[path.split("/")[2]])
        return _json({"error": {"message": "?", "code": None, "type": "x"}}, 404)

    def _keep(self, content: bytes) -> str:
        name = f"file-{next(self._numbers)}"
        self.files[name] = content
        return name

    def _run(self, batch: Running) -> None:
        if batch.over:
            return
        batch.over = True
        if self.ends_as == "failed":
            return
        output, errors = [], []
        for line in self.files[batch.file].splitlines():
            wanted = orjson.loads(line)
            reference = wanted["custom_id"]
            if reference in self.missing:
                continue
            if reference in self.unfinished:
                error = {"code": "batch_expired", "message": "This request could not be executed."}
                errors.append({"custom_id": reference, "response": None, "error": error})
            elif reference in self.fails:
                body = {"error": {"message": "Of the customer's.", "code": None, "type": "x"}}
                errors.append(_line(reference, self.fails[reference], body))
            else:
                answer = self._completion(reference, wanted["body"])
                output.append(_line(reference, 200, self.bodies.get(reference, answer)))
        if output:
            # Not by orjson, which writes no half of a character.
            lines = [*self.extra_lines, *(json.dumps(each).encode() for each in output)]
            batch.output = self._keep(b"\n".join(lines))
        if errors:
            batch.errors = self._keep(b"\n".join(map(orjson.dumps, errors)))

    def _completion(self, reference: str, body: dict[str, Any]) -> dict[str, Any]:
        text, model = self.says.get(reference, self.otherwise), body["model"]
        given = 3 + sum(
            3 + tokens(message["role"], model) + tokens(message["content"], model)
            for message in body["messages"]
        )
        made = tokens(text, model)
        self.bill.append(Billed(reference, model, given, made))
        usage = USAGE | {"prompt_tokens": given, "completion_tokens": made}
        usage |= self.counts.get(reference, {})
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            "object": "chat.completion",
            "model": SNAPSHOTS.get(model, model),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": None if reference in self.without_usage else usage,
        }

    def _described(self, batch: Running) -> dict[str, Any]:
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": 1,
            "input_file_id": batch.file,
            "status": self.ends_as if batch.over else "in_progress",
            "output_file_id": batch.output or None,
            "error_file_id": batch.errors or None,
        }


def _line(reference: str, status: int, body: object) -> dict[str, Any]:
    response = {"status_code": status, "request_id": f"req_{reference}", "body": body}
    return {"id": f"batch_req_{reference}", "custom_id": reference, "response": response}


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json", status=status)
