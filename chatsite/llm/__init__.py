"""The one door to the provider: pieces of an answer, then its typed end, or one typed error.

    async for part in llm.stream(model="gpt-4", messages=[...], output_limit=800, temperature=0.2):
        ...  # Delta, Delta, ..., and last one Finished

What arrives is trusted as far as it is checked: only a seen finish reason makes an answer complete,
and no error repeats the provider's words, which may hold the customer's.

What calls the provider is imported when it is first used: a web process reads names of this package
and calls nobody, and the provider's client takes 30 MB.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chatsite.llm.errors import Kind, UpstreamError
from chatsite.llm.response.answer import Delta, Finished, Retracted
from chatsite.llm.response.finish_reasons import FinishReason

if TYPE_CHECKING:
    from chatsite.llm.async_client import close
    from chatsite.llm.models_endpoint import Listed, models
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
    "models",
    "stream",
]

_CALLING = {
    "close": "async_client",
    "Listed": "models_endpoint",
    "models": "models_endpoint",
    "Deadlines": "streaming",
    "Message": "streaming",
    "stream": "streaming",
}


def __getattr__(name: str) -> Any:
    if name not in _CALLING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_CALLING[name]}"), name)
