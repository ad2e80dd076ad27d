"""Learning to tell task types apart, from their examples. Pure, and plain Python without numpy.

One weight for each type and feature by squared hinge loss, which is what a linear support vector
machine minimises: examples that are told apart with room to spare change nothing. 20 types of 15
examples take half a second, a bank's 77 intents of 100 some minutes.
"""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from random import Random

from routing.recognition import (
    BUCKETS,
    LANE,
    STEP,
    ZERO,
    Kind,
    Recogniser,
    made,
    views_of,
    words_of,
)

# Set on banking77; the accuracy there moves by 0.004 around these.
PASSES, RATE, TRUST = 10, 0.5, 0.5
# How fast a bias is learned beside weights.
BIAS = 0.1
# From so many examples on, a feature of a single one is an accident.
MANY = 1000


@dataclass(frozen=True, slots=True)
class _Example:
    """Its features' weights for every type, what each feature counts, and which type is right."""

    rows: list[list[float]]
    counts: list[float]
    right: int


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
    rarity = array("f", bytes(4 * BUCKETS))
    for bucket, count in held.items():
        if count >= least:
            rarity[bucket] = rarest - math.log(1 + count)
    weights = {bucket: [0.0] * len(kinds) for bucket in held if rarity[bucket]}
    examples = []
    for views, right in taught:
        rows, counts = [], []
        for view in views:
            # In order: a set's own differs from run to run, and sums with it.
            known = [bucket for bucket in sorted(view) if rarity[bucket]]
            length = math.sqrt(sum(rarity[bucket] ** 2 for bucket in known))
            rows += [weights[bucket] for bucket in known]
            counts += [rarity[bucket] / length for bucket in known]
        examples.append(_Example(rows, counts, right))
    biases = _told_apart(examples, len(kinds))
    packed = {bucket: _row(row, rarity[bucket]) for bucket, row in weights.items()}
    return made(tuple(kinds), rarity, rarest, packed, biases)


def _told_apart(examples: Sequence[_Example], kinds: int) -> tuple[float, ...]:
    """Change the examples' rows until each speaks for its type; returns the types' biases."""
    biases, scale, step = [0.0] * kinds, 1.0, 0
    decay = 1 / (2 * TRUST * max(1, len(examples)))
    order, chance = list(examples), Random(0)  # noqa: S311 - the same order each time, no secret
    for _ in range(PASSES):
        chance.shuffle(order)
        for example in order:
            step += 1
            rate = RATE / (1 + RATE * decay * step)
            sums = [
                sum(map(mul, example.counts, column)) for column in zip(*example.rows, strict=True)
            ]
            # All weights shrink by one factor, which is kept beside them.
            before, scale = scale, scale * (1 - rate * decay)
            for kind, (total, bias) in enumerate(zip(sums, biases, strict=True)):
                score, sign = before * total + bias, 1 if kind == example.right else -1
                if (short := 1 - sign * score) > 0:
                    push = 2 * rate * sign * short
                    biases[kind] += BIAS * push
                    push /= scale
                    for row, count in zip(example.rows, example.counts, strict=True):
                        row[kind] += push * count
    for row in {id(row): row for example in examples for row in example.rows}.values():
        row[:] = [scale * weight for weight in row]
    return tuple(biases)


def _row(weights: Sequence[float], rarity: float) -> int:
    """One feature's weights side by side in a whole number."""
    lanes = array("I", [round(weight * rarity / STEP) + ZERO for weight in weights])
    assert lanes.itemsize == LANE
    return int.from_bytes(lanes.tobytes(), "little")
