"""What is an ordinary cost, by the costs of the week before."""

import math

# A cost is unusual beyond so many times what 19 of 20 stay within.
FACTOR = 3
# Fewer costs do not tell what is usual.
FEWEST = 24
# Nano-dollars: no alert below $0.10.
LEAST = 100_000_000


def place(count: int) -> int | None:
    """The index that 19 of 20 of so many sorted costs stay within; None if they are too few."""
    return None if count < FEWEST else math.ceil(count * 0.95) - 1


def most(within: int) -> int:
    """The highest ordinary cost in nano-dollars, where 19 of 20 stay within this one."""
    return max(LEAST, FACTOR * within)
