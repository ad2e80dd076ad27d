"""What holds blocks: quotes, and the items of lists."""

from dataclasses import dataclass

from chatsite.markdown_parser.lines import Marker, beyond, split_indent, width


@dataclass(slots=True)
class Quote:
    """A container whose lines begin with ">"."""


@dataclass(slots=True)
class Item:
    """An item of a list, whose lines are indented so far at least."""

    marker: Marker
    indent: int
    number: int  # as shown; that of the marker is as written
    is_empty: bool = True


def inside(containers: list[Quote | Item], line: str) -> tuple[int, int]:
    """How far a line is that of the open containers, and of how many."""
    at = 0
    for depth, container in enumerate(containers):
        indent, rest = split_indent(line[at:])
        if isinstance(container, Quote):
            if not rest.startswith(">"):
                return at, depth
            at += len(indent) + 1 + rest.startswith("> ")
        elif not rest:
            continue
        elif width(indent) < container.indent:
            return at, depth
        else:
            at += beyond(indent, container.indent)
    return at, len(containers)
