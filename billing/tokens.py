"""How many tokens a text is, counted offline."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rs_bpe.bpe import openai

# Everything newer, and everything unknown, is counted with o200k.
CL100K = re.compile(r"(ft:)?(gpt-3\.5|gpt-35|gpt-4(?![\d.o]))|text-embedding-")
KNOWN = re.compile(r"(ft:)?(gpt-|chatgpt-|o\d)")

# The provider wraps a message in 3 tokens (4 on its oldest model) and opens the answer with 3.
PER_MESSAGE = 4
PER_ANSWER = 3
# Ours, for tokens that nobody wrote and some models are sent. Given back when the call settles.
MARGIN = 8
MARGIN_PERCENT = 2
# Other tokenizers need up to so much more for the same European text.
UNKNOWN_MARGIN_PERCENT = 50
# How a response format is put to the model is not published; its JSON is longer than that.
PER_FORMAT = 32


def count(text: str, model: str) -> int:
    """Tokens of a text for this model. 14-23 us for 140 tokens, after a first call of 60 ms."""
    # A tokenizer is 16 (cl100k) or 35 MB, loaded once and only where it is used.
    tokenizer = openai.cl100k_base() if CL100K.match(model) else openai.o200k_base()
    try:
        return int(tokenizer.count(text))
    except UnicodeEncodeError:
        # Half a surrogate pair, which JSON may carry and UTF-8 may not.
        return int(
            tokenizer.count(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
        )


def _paragraphs(text: str, model: str) -> int:
    """The same, and at most a token more for each paragraph; those known before cost nothing."""
    paragraphs = text.split("\n\n")
    return sum(known(paragraph, model) for paragraph in paragraphs) + len(paragraphs) - 1


@lru_cache(maxsize=4096)
def known(text: str, model: str) -> int:
    """As `count`, of a text that comes again: instructions, articles."""
    return count(text, model)


def text_within(room: int, model: str) -> int:
    """How many tokens of text, as `count` counts, messages may have that are to fit in `room`.

    With `PER_MESSAGE` for each of them, `of_messages` is then at most the room.
    """
    return max(0, (room - MARGIN) * 100 // (100 + _percent(model)) - PER_ANSWER - PER_MESSAGE)


class Image(dict[str, Any]):
    """A part of a message as the provider takes it, and the most tokens that it bills for it."""

    def __init__(self, url: str, tokens: int) -> None:
        super().__init__(type="image_url", image_url={"url": url, "detail": "high"})
        self.tokens = tokens


def of_messages(
    messages: Sequence[Mapping[str, Any]],
    model: str,
    response_format: Mapping[str, Any] | None = None,
) -> int:
    """Prompt tokens of a call, never fewer than the provider bills."""
    total = PER_ANSWER
    for message in messages:
        # Instructions and articles come again and again, customers' words do not.
        counted = _paragraphs if message["role"] == "system" else count
        values = message.values()
        total += PER_MESSAGE + sum(
            counted(value, model) if isinstance(value, str) else _parts(value, model)
            for value in values
        )
    if response_format is not None:
        total += PER_FORMAT + count(json.dumps(response_format), model)
    return total + MARGIN + -(-total * _percent(model) // 100)


def _parts(parts: Sequence[Mapping[str, Any]], model: str) -> int:
    """Of a content that is more than words."""
    return sum(
        part.tokens if isinstance(part, Image) else count(part["text"], model) for part in parts
    )


def _percent(model: str) -> int:
    return MARGIN_PERCENT if KNOWN.match(model) else UNKNOWN_MARGIN_PERCENT
