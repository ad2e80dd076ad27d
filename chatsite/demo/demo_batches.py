"""The demo model's batches: files and results in memory, made when first asked for."""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any

Complete = Callable[[Mapping[str, Any]], tuple[int, Mapping[str, Any]]]

_PATH = re.compile(r"/v1/(files|batches)(?:/([\w-]+))?(/content)?")


@dataclass(slots=True)
class Shelf:
    """What was handed in and what came of it. Gone with the process, as all of the demo is."""

    complete: Complete  # the status and the body that a request is answered with
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def answer(self, method: str, path: str, kind: bytes, body: bytes) -> bytes | None:
        """A file's bytes or JSON; None for what is not there. Raises ValueError, KeyError."""
        found = _PATH.fullmatch(path)
        match (method, found and found.groups()):
            case "POST", ("files", None, None):
                name = self._keep(_uploaded(kind, body))
                return _json({"id": name, "object": "file", "purpose": "batch"})
            case "GET", ("files", name, "/content"):
                return self.files.get(name)
            case "POST", ("batches", None, None):
                return _json(self._begun(json.loads(body)["input_file_id"]))
            case "GET", ("batches", None, None):
                newest = list(self.batches.values())[::-1]
                return _json({"object": "list", "data": newest, "has_more": False})
            case "GET", ("batches", name, None) if name in self.batches:
                return _json(self._done(self.batches[name]))
        return None

    def _begun(self, file: str) -> dict[str, Any]:
        name = f"batch-{next(self.numbers)}"
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": int(time.time()),
            "input_file_id": file,
            "status": "in_progress" if file in self.files else "failed",
        }
        return self.batches[name]

    def _done(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Run it, if it has not been."""
        if batch["status"] == "in_progress":
            lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
            results = [self._result(line) for line in lines]
            batch["output_file_id"] = self._keep(b"\n".join(map(_json, results)))
            batch["status"] = "completed"
        return batch

    def _result(self, line: Mapping[str, Any]) -> dict[str, Any]:
        status, body = self.complete(line["body"])
        response = {"status_code": status, "request_id": "", "body": body}
        return {"custom_id": line["custom_id"], "response": response, "error": None}

    def _keep(self, content: bytes) -> str:
        name = f"file-{next(self.numbers)}"
        self.files[name] = content
        return name


def _uploaded(kind: bytes, body: bytes) -> bytes:
    """The file of a form. Raises ValueError."""
    form = BytesParser().parsebytes(b"Content-Type: " + kind + b"\r\n\r\n" + body)
    for part in form.walk():
        if part.get_filename():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return content
    raise ValueError("a form without a file")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
