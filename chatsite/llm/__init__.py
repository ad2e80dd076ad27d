"""The one door to the provider: pieces of an answer, then its typed end, or one typed error.

    async for part in llm.stream(model="gpt-4", messages=[...], output_limit=800, temperature=0.2):
        ...  # Delta, Delta, ..., and last one Finished

What arrives is trusted as far as it is checked: only a seen finish reason makes an answer complete,
and no error repeats the provider's words, which may hold the customer's.
"""

from chatsite.llm.answer import Delta, Finished, FinishReason
from chatsite.llm.calls import Deadlines, Message, close, models, stream
from chatsite.llm.errors import Kind, UpstreamError

__all__ = [
    "Deadlines",
    "Delta",
    "FinishReason",
    "Finished",
    "Kind",
    "Message",
    "UpstreamError",
    "close",
    "models",
    "stream",
]
