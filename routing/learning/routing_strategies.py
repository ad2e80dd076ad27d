"""What strategies cost and how right they are on graded questions: the article's table. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from routing import thresholds
from routing.learning.evaluation import Point, Ranking, at_share


@dataclass(frozen=True, slots=True)
class Questions:
    """By question: either model's grade, 0 to 1, what its call costs, in one unit, and how many
    seconds it takes; None where that was not measured.
    """

    cheap: Sequence[float]
    strong: Sequence[float]
    cheap_cost: Sequence[int]
    strong_cost: Sequence[int]
    cheap_seconds: Sequence[float] | None = None
    strong_seconds: Sequence[float] | None = None

    @property
    def gains(self) -> list[float]:
        return [strong - cheap for strong, cheap in zip(self.strong, self.cheap, strict=True)]


@dataclass(frozen=True, slots=True)
class Strategy:
    """Averages per question; `strong` is the share that the strong model answered.

    `seconds` until the answer that stands: of an escalated one, both calls'. None: not measured.
    """

    name: str
    cost: float
    accuracy: float
    strong: float
    seconds: float | None


def strategy(
    name: str, questions: Questions, sent: Iterable[int] = (), escalated: Iterable[int] = ()
) -> Strategy:
    """The questions `sent` go to the strong model at once, the `escalated` after the cheap answer.

    Those pay for both calls. No question is in both.
    """
    first, second = set(sent), set(escalated)
    count = len(questions.cheap)
    by_strong = first | second
    right = sum(
        questions.strong[at] if at in by_strong else questions.cheap[at] for at in range(count)
    )
    asked = [at for at in range(count) if at not in first]
    cost = sum(questions.strong_cost[at] for at in by_strong)
    cost += sum(questions.cheap_cost[at] for at in asked)
    seconds = _total(questions.strong_seconds, by_strong), _total(questions.cheap_seconds, asked)
    return Strategy(
        name,
        cost / count,
        right / count,
        len(by_strong) / count,
        None if None in seconds else sum(each or 0.0 for each in seconds) / count,
    )


def highest(scores: Sequence[float], share: float, among: Sequence[int] | None = None) -> list[int]:
    """The questions that a threshold sends, at most `share` of all: equal scores go together.

    `among`: only these are there to be sent.
    """
    places = list(range(len(scores))) if among is None else list(among)
    if not places:
        return []
    there = [scores[at] for at in places]
    threshold = thresholds.for_share(there, min(1.0, share * len(scores) / len(places)))
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
    """A way's averages when this share, 0 to 1, goes to the strong model."""

    share: float
    recovered: float
    accuracy: float
    cost: float
    seconds: float | None


def steps(
    questions: Questions, scores: Sequence[float], *, afterwards: bool, count: int = 20
) -> list[Step]:
    """The curve from cheap only to strong only; `afterwards`: the cheap answer came first."""
    ranking = Ranking(scores)
    gained = ranking.curve(questions.gains)
    cost = _along(ranking, questions.cheap_cost, questions.strong_cost, afterwards)
    seconds = None
    if questions.cheap_seconds is not None and questions.strong_seconds is not None:
        seconds = _along(ranking, questions.cheap_seconds, questions.strong_seconds, afterwards)
    cheap, gap, asked = sum(questions.cheap), sum(questions.gains), len(questions.cheap)
    found = []
    for share in (number / count for number in range(count + 1)):
        recovered = at_share(gained, share) if gained else share
        accuracy = (cheap + recovered * gap) / asked
        found.append(
            Step(share, recovered, accuracy, cost(share), seconds(share) if seconds else None)
        )
    return found


def together(
    questions: Questions, scores: Sequence[float], doubts: Sequence[float], count: int = 20
) -> list[Step]:
    """The same curve of analyzer and verifier, each with half of what goes to the strong model."""
    cheap, gap = sum(questions.cheap), sum(questions.gains)
    found = []
    for number in range(count + 1):
        by_both = strategy("", questions, *verified(questions, scores, doubts, number / count))
        gained = by_both.accuracy * len(questions.cheap) - cheap
        recovered = gained / gap if gap > 0 else by_both.strong
        found.append(
            Step(by_both.strong, recovered, by_both.accuracy, by_both.cost, by_both.seconds)
        )
    return found


def needed(curve: Sequence[Step], recovered: float) -> Step:
    """What it takes to recover so much of the gap, 0 to 1: the first place along a curve."""
    for before, after in pairwise(curve):
        if after.recovered >= recovered > before.recovered:
            part = (recovered - before.recovered) / (after.recovered - before.recovered)
            return _between(before, after, part)
    return curve[0] if curve[0].recovered >= recovered else curve[-1]


def _between(before: Step, after: Step, part: float) -> Step:
    def mixed(one: float, other: float) -> float:
        return one + part * (other - one)

    timed = before.seconds is not None and after.seconds is not None
    return Step(
        mixed(before.share, after.share),
        mixed(before.recovered, after.recovered),
        mixed(before.accuracy, after.accuracy),
        mixed(before.cost, after.cost),
        mixed(before.seconds or 0.0, after.seconds or 0.0) if timed else None,
    )


def _along(
    ranking: Ranking, cheap: Sequence[float], strong: Sequence[float], afterwards: bool
) -> Callable[[float], float]:
    """What a question takes on average, by the share that goes to the strong model."""
    extra = [more - (0 if afterwards else less) for less, more in zip(cheap, strong, strict=True)]
    asked, least = len(cheap), sum(cheap)
    totals = ranking.totals([float(each) for each in extra])
    shares = ranking.totals([1.0] * asked)
    spent = [Point(sent / asked, total) for sent, total in zip(shares, totals, strict=True)]
    return lambda share: (
        (least + (at_share(spent, share) if share < 1 else spent[-1].recovered)) / asked
    )


def _total(values: Sequence[float] | None, places: Collection[int]) -> float | None:
    """Of no places it is known to be 0."""
    if values is None:
        return None if places else 0.0
    return sum(values[at] for at in places)
