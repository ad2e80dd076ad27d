"""Chainlit's own example of a streamed answer; it keeps the conversation itself."""

import chainlit
from openai import AsyncOpenAI

MOST = 20  # messages said before, for the model

client = AsyncOpenAI(max_retries=0)


async def answer(asked: chainlit.Message) -> None:
    said = chainlit.chat_context.to_openai()[-MOST:]
    shown = chainlit.Message(content="")
    stream = await client.chat.completions.create(model="gpt-3.5-turbo", messages=said, stream=True)
    async for chunk in stream:
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            await shown.stream_token(piece)
    await shown.send()


chainlit.on_message(answer)
