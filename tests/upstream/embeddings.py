"""A provider's embeddings, for tests: texts that share words are near each other.

upstream.embeddings.serves = True
upstream.embeddings.after = 0.5   # seconds to each answer
upstream.embeddings.fails_from = 2   # the second request and those after it
upstream.embeddings.means = {"Mein Herd riecht nach Gas": "I smell gas"}   # what is near to what
assert upstream.embeddings.asked[0]["input"] == [...]
"""

import asyncio
import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from aiohttp import web

WIDTH = 64


@dataclass
class Embeddings:
    serves: bool = False
    after: float = 0.0
    fails_from: int = 0  # 0: never
    refuses_input_type: bool = False
    means: dict[str, str] = field(default_factory=dict)
    width: int = WIDTH
    vectors: dict[str, Sequence[float]] = field(default_factory=dict)  # given as they are
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        self.asked.append(body)
        await asyncio.sleep(self.after)
        if not self.serves:
            return _json({"error": {"message": "no such route", "code": None}}, 404)
        if self.fails_from and len(self.asked) >= self.fails_from:
            return _json({"error": {"message": "busy", "code": None}}, 503)
        if self.refuses_input_type and "input_type" in body:
            error = {"message": "Unrecognized request argument: input_type", "code": None}
            return _json({"error": error}, 400)
        data = [
            {"object": "embedding", "index": index, "embedding": self._vector(text)}
            for index, text in enumerate(body["input"])
        ]
        used = sum(len(text.split()) for text in body["input"])
        usage = {"prompt_tokens": used, "total_tokens": used}
        return _json({"object": "list", "data": data, "model": body["model"], "usage": usage})

    def _vector(self, text: str) -> str:
        vector = np.full(self.width, 0.1, dtype=np.float32)
        if text in self.vectors:
            vector = np.array(self.vectors[text], dtype=np.float32)
        else:
            for word in self.means.get(text, text).lower().split():
                vector[zlib.crc32(word.strip(".,?!:").encode()) % self.width] += 1
        return base64.b64encode(vector.tobytes()).decode()


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
