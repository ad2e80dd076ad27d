"""What is an ordinary cost, by the costs of the week before."""

import math
from collections.abc import Sequence

# Beyond so many times what 19 of 20 stay within, a cost is out of line.
FACTOR = 3
# Fewer say nothing of what is ordinary.
FEWEST = 24
# Nano-dollars: below it nobody wants to be told, $0.10.
LEAST = 100_000_000


def most(costs: Sequence[int]) -> int | None:
    """The highest ordinary cost in nano-dollars, or None where there are too few to tell."""
    if len(costs) < FEWEST:
        return None
    within = sorted(costs)[math.ceil(len(costs) * 0.95) - 1]
    return max(LEAST, FACTOR * within)
