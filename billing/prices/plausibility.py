"""Whether a typed price is plausible: some price lists are per token or per thousand tokens."""

from dataclasses import fields

from billing.money import exact
from billing.prices.pricing import Rate

# Between two prices of the same model. Units differ by 1000 or more.
FACTOR_IN_TIME = 20
# In the built-in list cached input costs down to a 20th of input, output up to 8 times as much.
FACTOR_TO_INPUT = 50
# Nano-dollars per million tokens; in the built-in list $0.025 to $30.
LEAST_INPUT = 10_000_000
MOST_INPUT = 200_000_000_000


def doubts(typed: Rate, known: Rate | None) -> dict[str, str]:
    """A question for each rate that looks mistyped. `known` is what the model costs so far."""
    found: dict[str, str] = {}
    if not LEAST_INPUT <= typed.input <= MOST_INPUT:
        found["input"] = f"{_price(typed.input)} is outside the usual range."
    for field in fields(Rate):
        name, rate = field.name, getattr(typed, field.name)
        if name == "output" and rate == 0:  # embeddings have none
            continue
        before = getattr(known, name) if known else rate
        if not _near(rate, before, FACTOR_IN_TIME):
            found[name] = f"{_price(rate)}, where the price so far is {_price(before)}."
        elif not _near(rate, typed.input, FACTOR_TO_INPUT):
            found.setdefault(name, f"{_price(rate)}, where input is {_price(typed.input)}.")
    return found


def _near(one: int, other: int, factor: int) -> bool:
    return one <= other * factor and other <= one * factor


def _price(rate: int) -> str:
    return f"{exact(rate)} per million tokens"
