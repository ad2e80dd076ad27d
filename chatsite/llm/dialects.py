"""Which fields of a request each family of models takes. Add a row when a family differs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a family is asked: the field that limits the answer, and what it does not refuse."""

    limit: str = "max_tokens"
    temperature: bool = True
    formats: frozenset[str] = frozenset({"json_object", "json_schema"})


# By the beginning of the name, first match first; every other model, of whichever compatible
# server, takes the classic fields.
DIALECTS = (
    # Reasoning models refuse `max_tokens` and any temperature but their own.
    (re.compile(r"gpt-[5-9]|o\d"), Dialect("max_completion_tokens", temperature=False)),
    # gpt-4 of 2023 knows no formats; its turbos and gpt-3.5 JSON, but no schema.
    (re.compile(r"gpt-4(-0314|-0613|-32k.*)?$"), Dialect(formats=frozenset())),
    (re.compile(r"gpt-4-|gpt-3\.5"), Dialect(formats=frozenset({"json_object"}))),
)


def of(model: str) -> Dialect:
    """The dialect of a model; `ft:` before it (fine-tuned) or `openai/` (routers) are ignored."""
    name = model.removeprefix("ft:").rpartition("/")[2]
    return next((dialect for names, dialect in DIALECTS if names.match(name)), Dialect())


def fields(
    model: str,
    output_limit: int,
    temperature: float,
    response_format: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The fields of a request that differ between models.

    A `json_schema` that a model does not know becomes `json_object`, or nothing: the messages must
    describe the JSON as well, and the word must occur in them.
    """
    dialect = of(model)
    chosen: dict[str, Any] = {dialect.limit: output_limit}
    if dialect.temperature:
        chosen["temperature"] = temperature
    kind = response_format["type"] if response_format else "text"  # which every answer is
    if kind in dialect.formats:
        chosen["response_format"] = response_format
    elif kind == "json_schema" and "json_object" in dialect.formats:
        chosen["response_format"] = {"type": "json_object"}
    return chosen
