"""The chat that a tutorial ends with: FastAPI's websocket, LangChain, a conversation in memory."""

import itertools
import json

from fastapi import FastAPI, WebSocket
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_openai import ChatOpenAI

MOST = 20  # messages said before, for the model

app = FastAPI()
model = ChatOpenAI(model="gpt-3.5-turbo", max_retries=0)
_ids = itertools.count(1)


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    said: list[BaseMessage] = []
    async for text in socket.iter_text():
        asked = json.loads(text)
        if "text" not in asked:
            continue
        said.append(HumanMessage(asked["text"]))
        answer = ""
        async for chunk in model.astream(said[-MOST:]):
            if piece := str(chunk.content):
                answer += piece
                await socket.send_text(piece)
        said.append(AIMessage(answer))
        await socket.send_text(
            f'<article id="message-{next(_ids)}" data-role="assistant" data-state="complete">'
            f"{answer}</article>"
        )


app.add_api_websocket_route("/ws/c/{conversation}/", talk)
