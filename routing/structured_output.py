"""How a model is asked for JSON of a certain shape. Pure."""

import re
from collections.abc import Mapping

# Models from before structured outputs answer 400 to a schema; some know JSON mode, some nothing.
_JSON_MODE = re.compile(r"gpt-3\.5-turbo(?!-(?:0301|0613|instruct))|gpt-4-(?:turbo|1106|0125)")
_PLAIN = re.compile(r"gpt-3\.5|gpt-4(?:$|-)")


def list_format(name: str, item: Mapping[str, object]) -> dict[str, object]:
    """The format of an object whose one property, of that name, is a list of such items.

    Only what every strict implementation takes: no bounds, no lengths.
    """
    schema = {
        "type": "object",
        "properties": {name: {"type": "array", "items": dict(item)}},
        "required": [name],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def taken_by(model: str, wanted: dict[str, object]) -> dict[str, object]:
    """The `response_format` that this model takes; the messages ask for the same shape in words."""
    if _JSON_MODE.match(model):
        return {"type": "json_object"}
    return {"type": "text"} if _PLAIN.match(model) else wanted
