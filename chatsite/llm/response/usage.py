"""How many tokens a call is billed for, from whatever a server says of it.

What cannot be right is counted here and marked as an estimate: no call is free by mistake, and none
is booked as exact that was not.
"""

from collections.abc import Callable, Mapping
from typing import Any

from billing.prices.pricing import Estimate, Usage

# Each count by the names that servers have for it: OpenAI's first, then Anthropic's, DeepSeek's.
_INPUT = ("prompt_tokens", "input_tokens")
_OUTPUT = ("completion_tokens", "output_tokens")
_CACHED = ("cached_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens")
_WRITTEN = (
    "cache_write_tokens",
    "cache_creation_tokens",
    "cache_creation_input_tokens",
)
_REASONING = ("reasoning_tokens",)
_OF_INPUT = ("prompt_tokens_details", "input_tokens_details")
_OF_OUTPUT = ("completion_tokens_details", "output_tokens_details")


def read(counts: Mapping[str, Any]) -> Usage | Estimate | None:
    """None where the counts make no sense: an unknown bill, and not a small one."""
    try:
        given = _count(counts, _INPUT)
        made = _count(counts, _OUTPUT)
        total = _count(counts, ("total_tokens",)) or 0
        cached = _part(counts, _OF_INPUT, _CACHED)
        written = _part(counts, _OF_INPUT, _WRITTEN)
        reasoning = _part(counts, _OF_OUTPUT, _REASONING)
        if given is None and made is not None and total >= made:
            given = total - made
        elif made is None and given is not None and total > given:
            made = total - given
        if given is None or made is None:
            return None
        return _added_up(given, made, total, cached, written, reasoning)
    except ValueError:
        return None


def reported_output(counts: Mapping[str, Any]) -> int:
    """What the limit of an answer was held against; 0 where that is not said."""
    try:
        return _count(counts, _OUTPUT) or 0
    except ValueError:
        return 0


def _added_up(
    given: int, made: int, total: int, cached: int, written: int, reasoning: int
) -> Usage | Estimate:
    """Each token once, whether a server counts parts within a sum or beside it.

    Raises ValueError.
    """
    why = ""
    unexplained = total - given - made
    cache_beside = cached + written > given
    reasoning_beside = reasoning > made
    if unexplained > 0:
        cache_beside = unexplained in {cached + written, cached + written + reasoning} - {0}
        reasoning_beside = unexplained in {reasoning, cached + written + reasoning} - {0}
        if unexplained == cached + written == reasoning:
            cache_beside = cached + written > given
            reasoning_beside = not cache_beside
    if cache_beside:
        given += cached + written
    if reasoning_beside:
        made += reasoning
    if total > given + made:
        why = "The total is larger than its parts."
        if given:
            made = total - given
        else:
            given = total - made
    elif 0 < total < given + made:
        why = "The total is smaller than its parts."
    if cached + written > given or reasoning > made:
        why = "A part is larger than its whole."
        given, made = max(given, cached + written), max(made, reasoning)
    usage = Usage(given, made, cached, written, reasoning)
    return Estimate(usage, why) if why else usage


def completed(
    usage: Usage | Estimate | None,
    *,
    prompt: Callable[[], int],
    output: Callable[[], int],
) -> Usage | Estimate | None:
    """The usage, with our own count for each half that is zero and cannot be.

    Every call has a prompt, and one that sent words made tokens.
    """
    if usage is None:
        return None
    known = usage.usage if isinstance(usage, Estimate) else usage
    given = known.input_tokens or prompt()
    made = known.output_tokens or output()
    if (given, made) == (known.input_tokens, known.output_tokens):
        return usage
    counted = Usage(
        given, made, known.cached_tokens, known.cache_write_tokens, known.reasoning_tokens
    )
    return Estimate(counted, "The provider reported zero tokens; counted here.")


def _count(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """The first of these that is there. Raises ValueError for what counts nothing."""
    for name in names:
        number = counts.get(name)
        if number is not None:
            return _whole(number)
    return None


def _whole(number: object) -> int:
    """JSON has fractions, booleans and words too; `31.0` and `"31"` are 31. Raises ValueError."""
    match number:
        case bool():
            pass
        case int() if number >= 0:
            return number
        case float() if number >= 0 and number.is_integer():
            return int(number)
        case str() if number.isascii() and number.isdecimal():
            return int(number)
    raise ValueError("no count")


def _part(counts: Mapping[str, Any], details: tuple[str, ...], names: tuple[str, ...]) -> int:
    """The largest that is said of it, in the details or beside them. Raises ValueError."""
    places = [counts.get(detail) for detail in details]
    if any(place is not None and not isinstance(place, Mapping) for place in places):
        raise ValueError("no details")
    mappings = [counts, *(place for place in places if isinstance(place, Mapping))]
    return max((_count(place, (name,)) or 0) for place in mappings for name in names)
