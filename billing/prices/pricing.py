"""What a call costs."""

from dataclasses import dataclass, fields

# Rates are per so many tokens.
PER = 1_000_000
# More than any model can be sent or write in one call: such a count is a broken response.
MOST_TOKENS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Nano-dollars per million tokens."""

    input: int
    cached_input: int
    cache_write: int
    output: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """By the rate that they are charged at, of one call or many; each token is counted once."""

    fresh: int = 0
    cached: int = 0
    written: int = 0  # to a cache
    output: int = 0

    def at(self, rate: Rate) -> int:
        """Nano-dollars, rounded up once."""
        return _rounded_up(
            self.fresh * rate.input
            + self.cached * rate.cached_input
            + self.written * rate.cache_write
            + self.output * rate.output
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counts them. Raises ValueError for a count that cannot be one.

    `cached_tokens` and `cache_write_tokens` are part of `input_tokens`, and `reasoning_tokens` of
    `output_tokens`: each token is counted once.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= MOST_TOKENS:
                raise ValueError(f"{field.name}={getattr(self, field.name)!r}")

    @property
    def tokens(self) -> Tokens:
        # Servers exist that count cached tokens beside the input: then none is at the full rate.
        fresh = max(0, self.input_tokens - self.cached_tokens - self.cache_write_tokens)
        return Tokens(fresh, self.cached_tokens, self.cache_write_tokens, self.output_tokens)


NOTHING = Usage(input_tokens=0, output_tokens=0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A usage that the provider did not report exactly, and why: a sentence for people."""

    usage: Usage
    why: str


def cost(usage: Usage, rate: Rate) -> int:
    """Nano-dollars, rounded up once."""
    return usage.tokens.at(rate)


def most(usage: Usage, rate: Rate) -> int:
    """Nano-dollars that this many tokens can cost at the most.

    Whether input is read from or written to a cache, which can cost more than plain input, is
    known only afterwards.
    """
    dearest = max(rate.input, rate.cached_input, rate.cache_write)
    return _rounded_up(usage.input_tokens * dearest + usage.output_tokens * rate.output)


def output_within(amount: int, usage: Usage, rate: Rate) -> int:
    """The most output tokens that so many nano-dollars allow after the input."""
    left = amount * PER - usage.input_tokens * max(rate.input, rate.cached_input, rate.cache_write)
    if left < 0:
        return 0
    return min(usage.output_tokens, left // rate.output if rate.output else usage.output_tokens)


def _rounded_up(amount: int) -> int:
    return -(-amount // PER)
