"""What graded questions would cost and take on this site: its models, prices and measured speed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billing import model_speed, tokens
from billing.model_speed import Speed
from billing.prices import pricing
from billing.prices.pricing import Rate, Usage
from chatsite.tuning.threshold import draft_policy
from routing.learning.labelled_data import Graded
from routing.learning.routing_strategies import Questions
from routing.models import Policy


@dataclass(frozen=True, slots=True)
class Answering:
    """One tier's model. `speed` is None where the ledger has too few of its calls."""

    model: str
    rate: Rate
    speed: Speed | None


@dataclass(frozen=True, slots=True)
class Site:
    """`prompt_tokens` of instructions and articles go with each question; an answer that the file
    does not have is taken to be of `answer_tokens`, a strong one as long as the cheap one.
    """

    cheap: Answering
    strong: Answering
    prompt_tokens: int
    answer_tokens: int

    @classmethod
    def of(cls, policy: Policy, prompt_tokens: int, answer_tokens: int) -> "Site":
        """Raises NoPrice."""
        rates = draft_policy.rates(policy)
        cheap, strong = (
            Answering(model, rates[model], model_speed.of(model))
            for model in (policy.cheap_model, policy.strong_model)
        )
        return cls(cheap, strong, prompt_tokens, answer_tokens)

    def questions(self, rows: Sequence[Graded]) -> Questions:
        return Questions(
            cheap=[row.cheap for row in rows],
            strong=[row.strong for row in rows],
            cheap_cost=[self._cost(row, self.cheap) for row in rows],
            strong_cost=[self._cost(row, self.strong) for row in rows],
            cheap_seconds=self._seconds(rows, self.cheap, lambda row: row.cheap_seconds),
            strong_seconds=self._seconds(rows, self.strong, lambda row: row.strong_seconds),
        )

    def times(self, rows: Sequence[Graded]) -> str:
        """On what the response times rest, in sentences."""
        return " ".join(
            f"{tier} {source}."
            for tier, source in (
                ("Cheap answers", self._timed(rows, self.cheap, lambda row: row.cheap_seconds)),
                ("Strong answers", self._timed(rows, self.strong, lambda row: row.strong_seconds)),
            )
        )

    def _cost(self, row: Graded, by: Answering) -> int:
        """Nano-dollars of one call."""
        asked = tokens.count(row.prompt, by.model) + tokens.PER_MESSAGE + tokens.PER_ANSWER
        return pricing.cost(Usage(asked + self.prompt_tokens, self._length(row, by)), by.rate)

    def _length(self, row: Graded, by: Answering) -> int:
        """Tokens of its answer."""
        return tokens.count(row.answer, by.model) if row.answer else self.answer_tokens

    def _seconds(
        self, rows: Sequence[Graded], by: Answering, kept: Callable[[Graded], float | None]
    ) -> list[float] | None:
        """As the file has them, else by what this site has measured; None where neither has."""
        in_file = [seconds for row in rows if (seconds := kept(row)) is not None]
        if len(in_file) == len(rows):
            return in_file
        if by.speed is None:
            return None
        return [by.speed.seconds(self._length(row, by)) for row in rows]

    @staticmethod
    def _timed(
        rows: Sequence[Graded], by: Answering, kept: Callable[[Graded], float | None]
    ) -> str:
        if all(kept(row) is not None for row in rows):
            return "took as long as the file says"
        if by.speed is None:
            return f"were not timed: the file does not say, the ledger has few calls of {by.model}"
        return (
            f"are taken to need {by.speed.first:.2f} s and {1000 * by.speed.each:.1f} ms a token, "
            f"as {by.speed.calls:,} calls of {by.model} did on this site"
        )
