"""What strategies cost and how right they are on graded questions: the article's table. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from routing.evaluation import Point, Ranking, at_share
from routing.learned import threshold_for_share


@dataclass(frozen=True, slots=True)
class Questions:
    """By question: either model's grade, 0 to 1, and what its call costs, in one unit."""

    cheap: Sequence[float]
    strong: Sequence[float]
    cheap_cost: Sequence[int]
    strong_cost: Sequence[int]

    @property
    def gains(self) -> list[float]:
        return [strong - cheap for strong, cheap in zip(self.strong, self.cheap, strict=True)]


@dataclass(frozen=True, slots=True)
class Strategy:
    """Averages per question; `strong` is the share that the strong model answered."""

    name: str
    cost: float
    accuracy: float
    strong: float


def strategy(
    name: str, questions: Questions, sent: Iterable[int] = (), escalated: Iterable[int] = ()
) -> Strategy:
    """The questions `sent` go to the strong model at once, the `escalated` after the cheap answer.

    Those pay for both calls. No question is in both.
    """
    first, second = set(sent), set(escalated)
    count = len(questions.cheap)
    cost, right = 0, 0.0
    for at in range(count):
        strong = at in first or at in second
        right += questions.strong[at] if strong else questions.cheap[at]
        cost += questions.strong_cost[at] if strong else 0
        cost += 0 if at in first else questions.cheap_cost[at]
    return Strategy(name, cost / count, right / count, len(first | second) / count)


def highest(scores: Sequence[float], share: float, among: Sequence[int] | None = None) -> list[int]:
    """The questions that a threshold sends, at most `share` of all: equal scores go together.

    `among`: only these are there to be sent.
    """
    places = list(range(len(scores))) if among is None else list(among)
    if not places:
        return []
    there = [scores[at] for at in places]
    threshold = threshold_for_share(there, min(1.0, share * len(scores) / len(places)))
    return [at for at in places if scores[at] >= threshold]


def verified(
    questions: Questions, scores: Sequence[float], doubts: Sequence[float], share: float
) -> tuple[list[int], list[int]]:
    """Whom the analyzer sends and whom the verifier escalates, at most half of `share` each."""
    sent = highest(scores, share / 2)
    gone = set(sent)
    rest = [at for at in range(len(questions.cheap)) if at not in gone]
    return sent, highest(doubts, share / 2, rest)


@dataclass(frozen=True, slots=True)
class Step:
    """A ranking's strategy when this share, 0 to 1, goes to the strong model."""

    share: float
    recovered: float
    accuracy: float
    cost: float


def steps(
    questions: Questions, scores: Sequence[float], *, afterwards: bool, count: int = 20
) -> list[Step]:
    """The curve from cheap only to strong only; `afterwards`: the cheap answer was paid for too."""
    ranking, asked = Ranking(scores), len(questions.cheap)
    gained = ranking.curve(questions.gains)
    extra = [
        strong - (0 if afterwards else cheap)
        for strong, cheap in zip(questions.strong_cost, questions.cheap_cost, strict=True)
    ]
    paid = ranking.totals([float(each) for each in extra])
    shares = ranking.totals([1.0] * asked)
    spent = [Point(share / asked, total) for share, total in zip(shares, paid, strict=True)]
    cheap, gap = sum(questions.cheap), sum(questions.gains)
    found = []
    for number in range(count + 1):
        share = number / count
        recovered = at_share(gained, share) if gained else share
        found.append(
            Step(
                share,
                recovered,
                (cheap + recovered * gap) / asked,
                (sum(questions.cheap_cost) + _along(spent, share)) / asked,
            )
        )
    return found


def _along(spent: Sequence[Point], share: float) -> float:
    return at_share(spent, share) if share < 1 else spent[-1].recovered
