"""HTML as it grows: all of it at the end, or by the pieces that an open tab lacks.

A tab that shows a text's beginning is told where the rest goes: a letter says how many last
children deep (`a` is the body itself, `b` its last child), what follows it is appended there. A
capital letter puts what follows in the place of the last child instead. Backspaces take characters
back from the end of the element's words.
"""

from dataclasses import dataclass, field

# Between the pieces of one frame; no text holds it.
BETWEEN = "\x1f"
_APPEND, _REPLACE, _BACK = ord("a"), ord("A"), "\b"
# Deeper than this, a letter could not say it.
DEEPEST = 25


def are_pieces(frame: str) -> bool:
    """Whether a frame is pieces of a text, and not elements."""
    return frame[:1].isalpha()


@dataclass(slots=True)
class _Element:
    """An open element; what stands in `parts` from `fresh` on has not been sent."""

    head: str
    tail: str
    parts: list[str] = field(default_factory=list)
    fresh: int = 0
    sent: bool = False


class Sink:
    def __init__(self) -> None:
        self._open = [_Element("", "", sent=True)]
        self._pieces: list[str] = []

    @property
    def depth(self) -> int:
        return len(self._open) - 1

    def write(self, html: str) -> None:
        self._open[-1].parts.append(html)

    def take_back(self, count: int) -> None:
        """Remove so many characters, none of them escaped, from the end of the innermost words."""
        element = self._open[-1]
        sent = 0
        while count:
            part = element.parts.pop()
            cut = min(count, len(part))
            count -= cut
            if len(element.parts) < element.fresh:
                sent += cut
            if len(part) > cut:
                element.parts.append(part[:-cut])
        element.fresh = min(element.fresh, len(element.parts))
        if sent:
            self._pieces.append(chr(_APPEND + self.depth) + _BACK * sent)

    def open(self, tag: str, attributes: str = "") -> None:
        self._open.append(_Element(f"<{tag}{attributes}>", f"</{tag}>"))

    def close(self) -> None:
        """End the innermost element."""
        closed = self._open.pop()
        parent = self._open[-1]
        if closed.sent and (new := "".join(closed.parts[closed.fresh :])):
            self._pieces.append(chr(_APPEND + len(self._open)) + new)
        parent.parts.append(closed.head + "".join(closed.parts) + closed.tail)
        if closed.sent:
            parent.fresh = len(parent.parts)

    def dissolve(self, marks: list[str]) -> None:
        """The innermost elements were none: their marks stand in the text, outermost first."""
        gone = self._open[-len(marks) :]
        del self._open[-len(marks) :]
        parts: list[str] = []
        for mark, element in zip(marks, gone, strict=True):
            parts.append(mark)
            parts.extend(element.parts)
        self._put(parts, was_sent=gone[0].sent)

    def replace(self, html: str) -> None:
        """The innermost element becomes something else."""
        self._put([html], was_sent=self._open.pop().sent)

    def _put(self, parts: list[str], *, was_sent: bool) -> None:
        parent = self._open[-1]
        parent.parts.extend(parts)
        if was_sent:
            self._pieces.append(chr(_REPLACE + len(self._open) - 1) + "".join(parts))
            parent.fresh = len(parent.parts)

    def html(self) -> str:
        """All of it, with whatever is open closed."""
        heads = "".join(element.head + "".join(element.parts) for element in self._open)
        return heads + "".join(element.tail for element in reversed(self._open))

    def news(self) -> str:
        """What a tab lacks since this was last called; empty where nothing is new."""
        innermost = self._open[-1]
        if innermost.sent and not self._pieces:
            new = "".join(innermost.parts[innermost.fresh :])
            innermost.fresh = len(innermost.parts)
            return chr(_APPEND + self.depth) + new if new else ""
        last = self.depth
        while not self._open[last].sent:
            last -= 1
        known, *unknown = self._open[last:]
        new = "".join(known.parts[known.fresh :])
        new += "".join(element.head + "".join(element.parts) for element in unknown)
        new += "".join(element.tail for element in reversed(unknown))
        if new:
            self._pieces.append(chr(_APPEND + last) + new)
        for element in self._open[last:]:
            element.sent, element.fresh = True, len(element.parts)
        news = BETWEEN.join(self._pieces)
        self._pieces.clear()
        return news
