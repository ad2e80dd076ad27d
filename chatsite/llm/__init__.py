"""The one door to the provider: pieces of an answer, then its typed end, or one typed error.

    async for part in llm.stream(model="gpt-4", messages=[...], output_limit=800, temperature=0.2):
        ...  # Delta, Delta, ..., and last one Finished

What arrives is trusted as far as it is checked: only a seen finish reason makes an answer complete,
and no error repeats the provider's words, which may hold the customer's.
"""

from chatsite.llm import embeddings
from chatsite.llm.answer import Delta, Finished, Retracted
from chatsite.llm.async_client import close
from chatsite.llm.errors import Kind, UpstreamError
from chatsite.llm.finish_reasons import FinishReason
from chatsite.llm.listed_models import Listed, models
from chatsite.llm.streaming import Deadlines, Message, stream

__all__ = [
    "Deadlines",
    "Delta",
    "FinishReason",
    "Finished",
    "Kind",
    "Listed",
    "Message",
    "Retracted",
    "UpstreamError",
    "close",
    "embeddings",
    "models",
    "stream",
]
