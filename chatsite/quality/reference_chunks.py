"""Long lists of references, cut for the database."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

# References in one query.
TOGETHER = 500


def together(items: Iterable[T]) -> Iterator[list[T]]:
    """In parts that fit into one query."""
    listed = list(items)
    for start in range(0, len(listed), TOGETHER):
        yield listed[start : start + TOGETHER]
