"""Markdown's blocks, read once from the first line to the last, as they come.

A dialect of CommonMark with GitHub's tables, in which nothing that was shown changes later: no link
definitions, no headings by an underline, no code by indentation, no loose lists. A line is known by
its first characters, and each character is read once. Each block has its own direction.
"""

from chatsite.markdown_parser.container_blocks import Item, Quote, inside
from chatsite.markdown_parser.html_output import DEEPEST, Sink
from chatsite.markdown_parser.inline_patterns import PLAIN
from chatsite.markdown_parser.leaf_blocks import AUTO, Code, Words
from chatsite.markdown_parser.lines import (
    MOST_HEADER,
    MOST_HEADING,
    MOST_SIGNS,
    Marker,
    fence,
    heading,
    is_rule,
    is_words,
    marker,
    must_wait,
    split_indent,
    width,
    without_control,
    words_at,
)
from chatsite.markdown_parser.tables import Table, alignments, are_header, cells

# Containers in each other; more are text. An item takes two elements, a table four, words five.
_MOST_CONTAINERS = 8
assert _MOST_CONTAINERS * 2 + 4 + 5 <= DEEPEST


class Blocks:
    """Reads a text piece by piece; `sink` has its HTML."""

    def __init__(self) -> None:
        self.sink = Sink()
        self._containers: list[Quote | Item] = []
        self._leaf: Words | Code | Table | None = None
        # The beginning of a line that cannot be told yet, and whether this line's has been.
        self._line = ""
        self._flows = False
        # A line that the next one may make a table's header.
        self._header = ""
        self._return = ""

    def feed(self, more: str) -> None:
        """Read on."""
        if self._flows and PLAIN.fullmatch(more) and not self._return and self._go_on(more):
            return
        more, self._return = without_control(self._return + more)
        first, *rest = more.split("\n")
        self._feed_line(first)
        for line in rest:
            self._end_line()
            self._feed_line(line)

    def _go_on(self, words: str) -> bool:
        """Words in the middle of a line, as most pieces are. Whether that was all."""
        leaf = self._leaf
        if type(leaf) is Words:
            return leaf.go_on(words)
        if type(leaf) is Code:
            self.sink.write(words)
            return True
        return False

    def finish(self) -> None:
        """The text has ended."""
        self._end_line()
        self._flush_header()
        self._close(0)

    def _feed_line(self, more: str) -> None:
        if not more:
            return
        if self._flows:
            self._flow(more)
            return
        line = self._line + more
        is_table = isinstance(self._leaf, Table)
        code = self._leaf.fence[0] if isinstance(self._leaf, Code) else ""
        if must_wait(line, is_table=is_table, code=code):
            self._line = line
        else:
            self._line, self._flows = "", True
            self._begin(line, whole=False)

    def _end_line(self) -> None:
        line, self._line = self._line, ""
        if not self._flows:
            self._begin(line, whole=True)
        elif isinstance(self._leaf, Code):
            self._leaf.end_line()
        elif isinstance(self._leaf, Table):
            self._leaf.end_row()
        self._flows = False

    def _begin(self, line: str, *, whole: bool) -> None:
        """Tell a line by its beginning; only a whole one may be what needs all of it."""
        if self._is_plain(line):
            self._add_words(line, 0)
            return
        at, matched = inside(self._containers, line)
        rest = line[at:]
        header, self._header = self._header, ""
        if header:
            if whole and matched == len(self._containers) and self._open_table(header, rest):
                return
            self._add_words(header, len(self._containers))
        if isinstance(self._leaf, Code):
            if any(isinstance(left, Quote) for left in self._containers[matched:]):
                self._end_leaf()
            else:
                self._add_code(rest, whole=whole)
                return
        if not rest.strip():
            self._end_blank(matched)
        elif not (whole and self._turn_into_table(rest, matched)):
            self._open_blocks(rest, matched, whole=whole)

    def _is_plain(self, line: str) -> bool:
        """The most frequent line: words outside of lists and tables."""
        is_outside = not self._containers and not self._header
        return is_outside and not isinstance(self._leaf, Code | Table) and is_words(line)

    def _end_blank(self, matched: int) -> None:
        """A blank line ends a paragraph, a table and a quote, and no list."""
        self._end_leaf()
        for depth, container in enumerate(self._containers[matched:], matched):
            if isinstance(container, Quote):
                self._close(depth)
                return

    def _open_blocks(self, rest: str, matched: int, *, whole: bool) -> None:
        """What a line holds inside its containers: more of them, then a leaf."""
        interrupts = isinstance(self._leaf, Words) and matched == len(self._containers)
        is_new = False
        while True:
            indent, line = split_indent(rest)
            if whole and len(line) < MOST_SIGNS and is_rule(line):
                self._close(matched)
                self._fill()
                self.sink.write("<hr>")
                return
            if matched == _MOST_CONTAINERS:
                break
            if line.startswith(">"):
                self._close(matched)
                self._fill()
                self.sink.open("blockquote")
                self._containers.append(Quote())
                rest = line[1:]
            elif found := marker(line, interrupts=interrupts and not is_new):
                self._open_item(found, width(indent) + 2, matched)
                rest = line[found.length :]
            else:
                break
            matched += 1
            is_new = True
            if not rest.strip():
                return
        self._open_leaf(line, len(indent), matched, is_new=is_new, whole=whole)

    def _open_leaf(
        self, line: str, indent: int, matched: int, *, is_new: bool, whole: bool
    ) -> None:
        short = whole and len(line) < MOST_HEADING
        if short and (mark := fence(line)):
            self._close(matched)
            self._fill()
            self._leaf = Code(self.sink, mark, indent)
            if unnamed := words_at(mark, line):
                self._leaf.feed(unnamed)
                self._leaf.end_line()
        elif short and (words := heading(line)) is not None:
            self._close(matched)
            self._fill()
            self._leaf = Words(self.sink, "h3")
            self._leaf.feed(words)
            self._end_leaf()
        elif isinstance(self._leaf, Table) and not is_new and self._takes_row(line, matched):
            self._flow(line)
            if whole:
                self._leaf.end_row()
        elif whole and line.startswith("|") and len(line) < MOST_HEADER and cells(line):
            if not isinstance(self._leaf, Words) or matched < len(self._containers):
                self._close(matched)
            self._header = line
        else:
            self._add_words(line, matched, is_new=is_new)

    def _takes_row(self, line: str, matched: int) -> bool:
        assert isinstance(self._leaf, Table)
        return matched == len(self._containers) and self._leaf.takes(line)

    def _flow(self, more: str) -> None:
        """More of a line whose kind is known."""
        if self._leaf:
            self._leaf.feed(more)
        else:
            self._add_words(more, len(self._containers))

    def _add_words(self, line: str, matched: int, *, is_new: bool = False) -> None:
        """Words of the open paragraph, though their line leaves containers out, or of a new one."""
        if isinstance(self._leaf, Words) and not is_new:
            self._leaf.feed("\n" + line)
            return
        self._close(matched)
        self._leaf = Words(self.sink, "" if self._fill() else "p")
        self._leaf.feed(line.lstrip())

    def _add_code(self, rest: str, *, whole: bool) -> None:
        code = self._leaf
        assert isinstance(code, Code)
        if whole and code.is_end(rest):
            self._end_leaf()
            return
        code.begin_line(rest)
        if whole:
            code.end_line()

    def _turn_into_table(self, rest: str, matched: int) -> bool:
        """Whether this line makes the open paragraph's last one the header of a table."""
        words = self._leaf
        if not isinstance(words, Words) or not words.element or matched < len(self._containers):
            return False
        before, _, header = words.source.rpartition("\n")
        if not are_header(header, rest):
            return False
        words.give_up(before)
        self._leaf = None
        return self._open_table(header, rest)

    def _open_table(self, header: str, rest: str) -> bool:
        if not are_header(header, rest):
            return False
        self._end_leaf()
        self._fill()
        piped = header.lstrip().startswith("|")
        self._leaf = Table(self.sink, cells(header), alignments(rest.strip()), piped=piped)
        return True

    def _flush_header(self) -> None:
        if header := self._header:
            self._header = ""
            self._add_words(header, len(self._containers))

    def _open_item(self, found: Marker, indent: int, matched: int) -> None:
        before = self._containers[matched] if matched < len(self._containers) else None
        number = found.number
        value = ""
        if isinstance(before, Item) and before.marker.kind == found.kind:
            self._close(matched + 1)
            self._containers.pop()
            self.sink.close()
            number = before.number + 1
            if found.number not in {number, before.marker.number}:
                # As it is written.
                number = found.number
                value = f' value="{number}"'
        else:
            self._close(matched)
            self._fill()
            start = f' start="{number}"' if number != 1 else ""
            self.sink.open(*(("ol", start) if found.kind in ".)" else ("ul",)))
        self.sink.open("li", value + AUTO)
        self._containers.append(Item(found, indent, number))

    def _fill(self) -> bool:
        """Something stands in the innermost container now. Whether it is an item's first."""
        container = self._containers[-1] if self._containers else None
        if not isinstance(container, Item):
            return False
        was_empty, container.is_empty = container.is_empty, False
        return was_empty

    def _end_leaf(self) -> None:
        if self._leaf:
            self._leaf.close()
        self._leaf = None

    def _close(self, keep: int) -> None:
        """End the leaf and the containers beyond the first so many."""
        self._end_leaf()
        while len(self._containers) > keep:
            if isinstance(self._containers.pop(), Item):
                self.sink.close()
            self.sink.close()
