"""What stands in blocks and holds no others: words, and code. A table is one more."""

from html import escape

from chatsite.markdown_parser.html_output import Sink
from chatsite.markdown_parser.inline import Inline
from chatsite.markdown_parser.lines import MOST_SIGNS, beyond, split_indent

AUTO = ' dir="auto"'


class Words:
    """A paragraph or a heading; or the first words of an item, which need no `element`."""

    __slots__ = ("_inline", "_sink", "element")

    def __init__(self, sink: Sink, element: str) -> None:
        if element:
            sink.open(element, AUTO)
        self._sink = sink
        self._inline = Inline(sink)
        self.element = element

    @property
    def source(self) -> str:
        return self._inline.source

    def go_on(self, words: str) -> bool:
        return self._inline.go_on(words)

    def feed(self, more: str) -> None:
        self._inline.feed(more)

    def close(self) -> None:
        self._inline.finish()
        if self.element:
            self._sink.close()

    def give_up(self, before: str) -> None:
        """Be but the lines before the last, which is a table's header."""
        self._inline.finish()
        earlier = Sink()
        if before:
            paragraph = Words(earlier, "p")
            paragraph.feed(before)
            paragraph._inline.finish()
        self._sink.replace(earlier.html())


class Code:
    """A fenced block, indented by so much."""

    __slots__ = ("_indent", "_sink", "fence")

    def __init__(self, sink: Sink, fence: str, indent: int) -> None:
        sink.open("pre", ' dir="ltr"')
        sink.open("code")
        self._sink = sink
        self._indent = indent
        self.fence = fence

    def is_end(self, line: str) -> bool:
        signs = line.strip()
        is_fence = set(signs) == {self.fence[0]} and len(signs) >= len(self.fence)
        return is_fence and len(line) < MOST_SIGNS

    def begin_line(self, line: str) -> None:
        indent, rest = split_indent(line)
        self.feed(indent[beyond(indent, self._indent) :] + rest)

    def feed(self, more: str) -> None:
        self._sink.write(escape(more, quote=False))

    def end_line(self) -> None:
        self._sink.write("\n")

    def close(self) -> None:
        self._sink.close()
        self._sink.close()
