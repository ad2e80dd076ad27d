"""What is an ordinary cost, by the costs of the week before."""

import math

# Beyond so many times what 19 of 20 stay within, a cost is out of line.
FACTOR = 3
# Fewer say nothing of what is ordinary.
FEWEST = 24
# Nano-dollars: below it nobody wants to be told, $0.10.
LEAST = 100_000_000


def place(count: int) -> int | None:
    """Of so many costs by size, the place from 0 that 19 of 20 stay within; None of too few."""
    return None if count < FEWEST else math.ceil(count * 0.95) - 1


def most(within: int) -> int:
    """The highest ordinary cost in nano-dollars, where 19 of 20 stay within this one."""
    return max(LEAST, FACTOR * within)
