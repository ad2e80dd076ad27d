"""Which fields of a request a model takes: by its family, and by what it has refused before.

A server that refuses a field by name is asked again at once without it, or with its other name.
What was learned so is kept here for the process; `provider.models` keeps it for the site.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chatsite.llm.errors import UpstreamError
from chatsite.llm.refusal_parsing import LIMITS, SYSTEM_ROLE


@dataclass(frozen=True, slots=True)
class Family:
    """The field that limits the answer, and what its models do not refuse."""

    limit: str = "max_tokens"
    temperature: bool = True
    formats: frozenset[str] = frozenset({"json_object", "json_schema"})


# By the beginning of the name, first match first; every other model, of whichever compatible
# server, takes the classic fields.
FAMILIES = (
    # Reasoning models refuse `max_tokens` and any temperature but their own.
    (re.compile(r"gpt-[5-9]|o\d"), Family("max_completion_tokens", temperature=False)),
    # gpt-4 of 2023 knows no formats; its turbos and gpt-3.5 JSON, but no schema.
    (re.compile(r"gpt-4(-0314|-0613|-32k.*)?$"), Family(formats=frozenset())),
    (re.compile(r"gpt-4-|gpt-3\.5"), Family(formats=frozenset({"json_object"}))),
)


def family(model: str) -> Family:
    """By its name; `ft:` before it (fine-tuned) or `openai/` (routers) are ignored."""
    name = model.removeprefix("ft:").rpartition("/")[2]
    return next((family for names, family in FAMILIES if names.match(name)), Family())


def body(
    model: str,
    messages: Iterable[Mapping[str, Any]],
    output_limit: int,
    temperature: float,
    response_format: Mapping[str, Any] | None,
    *,
    stream: bool = False,
) -> dict[str, Any]:
    """A request as this model takes it.

    A `json_schema` that a model does not know becomes `json_object`, or nothing: the messages must
    describe the JSON as well, and the word must occur in them.
    """
    takes = family(model)
    asked: dict[str, Any] = {
        "model": model,
        "messages": [dict(message) for message in messages],
        takes.limit: output_limit,
    }
    if stream:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    if takes.temperature:
        asked["temperature"] = temperature
    kind = response_format["type"] if response_format else "text"  # which every answer is
    if kind in takes.formats:
        asked["response_format"] = response_format
    elif kind == "json_schema" and "json_object" in takes.formats:
        asked["response_format"] = {"type": "json_object"}
    for name in refused_by(model):
        _remedy(name)(asked)
    return asked


def is_known(name: str) -> bool:
    return name in REMEDIES or _is_limit(name)


def in_words(name: str) -> str:
    """What is done about it, for who runs the site; blank for a name of nobody's."""
    if found := _AT_MOST.fullmatch(name):
        return f"answers are asked for with at most {found[1]} tokens"
    return IN_WORDS.get(name, "")


def _remedy(name: str) -> Callable[[dict[str, Any]], None]:
    found = _AT_MOST.fullmatch(name)
    return _at_most(int(found[1])) if found else REMEDIES[name]


def _at_most(most: int) -> Callable[[dict[str, Any]], None]:
    def remedy(asked: dict[str, Any]) -> None:
        for name in LIMITS & set(asked):
            asked[name] = min(asked[name], most)

    return remedy


def _without(*names: str) -> Callable[[dict[str, Any]], None]:
    def remedy(asked: dict[str, Any]) -> None:
        for name in names:
            asked.pop(name, None)

    return remedy


def _renamed(name: str, other: str) -> Callable[[dict[str, Any]], None]:
    def remedy(asked: dict[str, Any]) -> None:
        if name in asked:
            asked[other] = asked.pop(name)

    return remedy


def _any_json(asked: dict[str, Any]) -> None:
    if (asked.get("response_format") or {}).get("type") == "json_schema":
        asked["response_format"] = {"type": "json_object"}


def _at_once(asked: dict[str, Any]) -> None:
    asked.pop("stream_options", None)
    if "stream" in asked:
        asked["stream"] = False


def _as_the_customer(asked: dict[str, Any]) -> None:
    """Put the instructions before what the customer said first."""
    first, *others = asked["messages"]
    if first["role"] != "system":
        return
    if others and others[0]["role"] == "user":
        said, *others = others
        if not isinstance(said["content"], str):  # with images
            instructions = {"type": "text", "text": first["content"]}
            with_it = {"role": "user", "content": [instructions, *said["content"]]}
            asked["messages"] = [with_it, *others]
            return
        words = f"{first['content']}\n\n{said['content']}"
    else:
        words = first["content"]
    asked["messages"] = [{"role": "user", "content": words}, *others]


# What is done about a field that a model refuses.
REMEDIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "stream_options": _without("stream_options"),
    "temperature": _without("temperature"),
    "max_tokens": _renamed("max_tokens", "max_completion_tokens"),
    "max_completion_tokens": _renamed("max_completion_tokens", "max_tokens"),
    "json_schema": _any_json,
    "response_format": _without("response_format"),
    "stream": _at_once,
    SYSTEM_ROLE: _as_the_customer,
}
IN_WORDS = {
    "stream_options": "stream_options is left out: tokens may have to be counted here",
    "temperature": "temperature is left out",
    "max_tokens": "max_tokens is sent as max_completion_tokens",
    "max_completion_tokens": "max_completion_tokens is sent as max_tokens",
    "json_schema": "response_format asks for any JSON instead of a schema",
    "response_format": "response_format is left out",
    "stream": "answers come at once instead of word by word",
    SYSTEM_ROLE: "the instructions are sent with the customer's first message",
}
# A limit that a model names for its answers, as it is remembered.
_AT_MOST = re.compile(r"at_most_(\d+)")

# By model, in the order in which they were refused; and the models that think aloud, without an
# opening tag.
_refused: dict[str, tuple[str, ...]] = {}
_thinks: set[str] = set()
_news: set[str] = set()


def refused_by(model: str) -> tuple[str, ...]:
    return _refused.get(model, ())


def thinks_aloud(model: str) -> bool:
    return model in _thinks


def learn(model: str, error: UpstreamError, asked: Mapping[str, Any]) -> bool:
    """Whether asking again without the field that it names can help; then this is remembered."""
    known, name = refused_by(model), error.parameter
    limit = max(asked.get(each, 0) for each in LIMITS)
    if name in LIMITS and error.most and error.most < limit and not any(map(_is_limit, known)):
        return _remember(model, f"at_most_{error.most}")
    kind = (asked.get("response_format") or {}).get("type")
    if name == "response_format" and kind == "json_schema" and "json_schema" not in known:
        name = "json_schema"
    is_sent = name == SYSTEM_ROLE or name == "json_schema" or name in asked
    if name not in REMEDIES or name in known or not is_sent:
        return False
    if name in LIMITS and LIMITS & set(known):
        return False  # it takes neither
    return _remember(model, name)


def _is_limit(name: str) -> bool:
    return bool(_AT_MOST.fullmatch(name))


def _remember(model: str, name: str) -> bool:
    _refused[model] = (*refused_by(model), name)
    _news.add(model)
    return True


def learn_thinking(model: str) -> None:
    if model not in _thinks:
        _thinks.add(model)
        _news.add(model)


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known of a model beside its family."""

    refused: tuple[str, ...] = ()
    thinks_aloud: bool = False


def news() -> dict[str, Learned]:
    """What this process has found out and nobody has kept yet. It is news once."""
    found = {model: Learned(refused_by(model), model in _thinks) for model in tuple(_news)}
    _news.clear()
    return found


def restore(kept: Mapping[str, Learned]) -> None:
    """Know what is kept, and what is still news; nothing else."""
    for model in {*_refused, *_thinks} - {*kept, *_news}:
        _refused.pop(model, None)
        _thinks.discard(model)
    for model, learned in kept.items():
        if model in _news:
            continue
        _refused[model] = learned.refused
        if learned.thinks_aloud:
            _thinks.add(model)
        else:
            _thinks.discard(model)
