"""The physical limit: a websocket in front of the provider, with nothing in between.

No database, no queue, no routing, no money, no Markdown: one process, aiohttp on both sides.
"""

import argparse
import itertools

import aiohttp
import orjson
from aiohttp import web

PROVIDER = web.AppKey("provider", str)
SESSION = web.AppKey("session", aiohttp.ClientSession)
_ids = itertools.count(1)


async def relay(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        said = orjson.loads(message.data)
        if "ack" not in said:
            await _answer(request.app, socket, said["text"])
    return socket


async def _answer(app: web.Application, socket: web.WebSocketResponse, text: str) -> None:
    body = {
        "model": "gpt-3.5-turbo",
        "messages": [{"role": "user", "content": text}],
        "stream": True,
    }
    whole = ""
    async with app[SESSION].post(app[PROVIDER], data=orjson.dumps(body)) as response:
        async for line in response.content:
            if not line.startswith(b"data: {"):
                continue
            choices = orjson.loads(line[6:])["choices"]
            if choices and (piece := choices[0]["delta"].get("content")):
                whole += piece
                await socket.send_str(piece)
    await socket.send_str(
        f'<article id="message-{next(_ids)}" data-role="assistant" data-state="complete">'
        f"{whole}</article>"
    )


async def _session(app: web.Application):
    app[SESSION] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    yield
    await app[SESSION].close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--provider", required=True)
    options = parser.parse_args()
    app = web.Application()
    app[PROVIDER] = f"{options.provider}/v1/chat/completions"
    app.cleanup_ctx.append(_session)
    app.router.add_get("/ws/c/{conversation}/", relay)
    web.run_app(app, host="127.0.0.1", port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
