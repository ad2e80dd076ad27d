"""Learning to tell task types apart, from their examples. Pure, and plain Python without numpy.

One linear support vector machine for each type, with squared hinge loss: examples that are told
apart with room to spare change nothing. By dual coordinate descent (Hsieh and others, 2008), which
takes one example at a time and goes all the way for it. Its rows are the recogniser's, so that one
addition changes a feature's weights for every type: 20 types of 15 examples take a fifth of a
second, a bank's 77 intents of 100 some ten seconds.
"""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from routing.task_types.recognition import (
    BUCKETS,
    LANE,
    STEP,
    ZERO,
    Kind,
    Recogniser,
    made,
    summed,
    views_of,
    words_of,
)

# Set within the taught part of banking77; the accuracy there moves by 0.003 around these.
PASSES, SLACK = 6, 1.0
# What moves by less is where it belongs.
STILL = 0.001
# From so many examples on, a feature of a single one is an accident.
MANY = 1000

_Part = tuple[list[int], float]  # one view of an example: its features, and their length


@dataclass(frozen=True, slots=True)
class _Example:
    parts: list[_Part]
    right: int
    pulls: "array[float]"  # how much it speaks for or against each type


@dataclass(slots=True)
class _Lessons:
    """What has been learned so far: each feature's row of weights, and the types' biases."""

    squares: list[int]  # of the features' rarity
    kinds: int
    nothing: int = field(init=False)  # a row of zeros
    rows: list[int] = field(init=False)
    biases: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.nothing = _row([ZERO] * self.kinds)
        self.rows = [self.nothing] * len(self.squares)
        self.biases = [0.0] * self.kinds

    def study(self, example: _Example) -> None:
        """Change the weights as far as this example alone asks for."""
        scores = self.biases
        for known, length in example.parts:
            scores = summed(scores, list(map(self.rows.__getitem__, known)), length)
        short = [1 + score for score in scores]
        short[example.right] = 1 - scores[example.right]
        # Each view has length 1, and so has the bias.
        whole = len(example.parts) + 1 + SLACK
        moves = [
            max(-pull, (each - SLACK * pull) / whole)
            for pull, each in zip(example.pulls, short, strict=True)
        ]
        if max(max(moves), -min(moves)) < STILL:
            return
        for kind, move in enumerate(moves):
            example.pulls[kind] += move
        pushes = [-move for move in moves]
        pushes[example.right] = moves[example.right]
        self.biases = [bias + push for bias, push in zip(self.biases, pushes, strict=True)]
        for known, length in example.parts:
            steps = _row([ZERO + round(push / (length * STEP)) for push in pushes]) - self.nothing
            for feature in known:
                self.rows[feature] += steps * self.squares[feature]


def learn(kinds: Sequence[Kind]) -> Recogniser:
    """A recogniser of these types; the same examples always give the same one."""
    taught = [
        (views_of(words_of(text)), right)
        for right, kind in enumerate(kinds)
        for text in (*kind.examples, *kind.about)
    ]
    held = Counter(bucket for views, _ in taught for view in views for bucket in view)
    least = 2 if len(taught) >= MANY else 1
    rarest = math.log(1 + len(taught)) + 1
    # In order: a set's own differs from run to run, and sums with it.
    buckets = sorted(bucket for bucket, count in held.items() if count >= least)
    features = {bucket: feature for feature, bucket in enumerate(buckets)}
    # Whole numbers, as rows are.
    squares = [max(1, round((rarest - math.log(1 + held[bucket])) ** 2)) for bucket in buckets]
    examples = []
    for views, right in taught:
        known = [sorted(features[bucket] for bucket in view & features.keys()) for view in views]
        parts = [(each, math.sqrt(sum(squares[at] for at in each))) for each in known if each]
        examples.append(_Example(parts, right, array("f", bytes(4 * len(kinds)))))
    lessons = _Lessons(squares, len(kinds))
    chance = Random(0)  # noqa: S311 - the same order each time, no secret
    for _ in range(PASSES):
        chance.shuffle(examples)
        for example in examples:
            lessons.study(example)
    rarity = array("f", bytes(4 * BUCKETS))
    for bucket, square in zip(buckets, squares, strict=True):
        rarity[bucket] = math.sqrt(square)
    rows = dict(zip(buckets, lessons.rows, strict=True))
    return made(tuple(kinds), rarity, rarest, rows, tuple(lessons.biases))


def _row(steps: list[int]) -> int:
    """Weights side by side in a whole number."""
    lanes = array("I", steps)
    assert lanes.itemsize == LANE
    return int.from_bytes(lanes.tobytes(), "little")
