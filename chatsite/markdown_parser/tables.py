"""Tables as GitHub writes them, a cell at a time."""

import re

from chatsite.markdown_parser.html_output import Sink
from chatsite.markdown_parser.inline import Inline

_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_PIPE = re.compile(r"\\.|\|", re.DOTALL)
_SPACE = " \t"


def cells(line: str) -> list[str]:
    """What stands between the pipes of a line; empty where there is none."""
    found, start = [], 0
    for pipe in _PIPE.finditer(line):
        if pipe[0] == "|":
            found.append(line[start : pipe.start()])
            start = pipe.end()
    if not found:
        return []
    found.append(line[start:])
    if not found[0].strip() and line.lstrip().startswith("|"):
        del found[0]
    if not found[-1].strip():
        del found[-1]
    return [cell.strip().replace("\\|", "|") for cell in found]


def alignments(line: str) -> list[str]:
    """How the line under a header aligns its columns; empty if it is no such line."""
    if "|" not in line or not _DELIMITERS.match(line):
        return []
    sides = {(True, True): "center", (True, False): "left", (False, True): "right"}
    return [sides.get((cell.startswith(":"), cell.endswith(":")), "") for cell in cells(line)]


def are_header(header: str, line: str) -> bool:
    """Whether these two lines begin a table."""
    sides = alignments(line.strip())
    return bool(sides) and len(cells(header)) == len(sides)


class Table:
    """Writes its header at once and its rows as they come. `piped` rows begin with a pipe."""

    def __init__(self, sink: Sink, header: list[str], alignment: list[str], *, piped: bool) -> None:
        self._sink = sink
        self._attributes = [
            ' dir="auto"' + (f' align="{side}"' if side else "") for side in alignment
        ]
        self._piped = piped
        self._cell: Inline | None = None
        self._filled = 0  # cells of this row
        self._begun = False  # the row has a character
        self._pending = ""  # what may be the cell's end
        self._between = ""  # what stood behind the last column's words, from its pipe on
        sink.open("table")
        sink.open("thead")
        sink.open("tr")
        for words, attributes in zip(header, self._attributes, strict=True):
            # A header without words is none to somebody who has it read out.
            sink.open("th" if words else "td", attributes)
            inline = Inline(sink)
            inline.feed(words)
            inline.finish()
            sink.close()
        sink.close()
        sink.close()
        sink.open("tbody")

    def takes(self, line: str) -> bool:
        return line.startswith("|") or not self._piped

    def feed(self, more: str) -> None:
        """More of a row."""
        if not self._begun:
            self._begun = True
            self._sink.open("tr")
            more = more.removeprefix("|")
        more = self._pending + more
        start = 0
        for pipe in _PIPE.finditer(more):
            if pipe[0] == "|":
                cell = more[start : pipe.start()]
                words = cell.rstrip(_SPACE)
                self._words(words)
                self._end_cell(cell[len(words) :])
                start = pipe.end()
        rest = more[start:]
        words = rest.rstrip(_SPACE + "\\")
        self._words(words)
        self._pending = rest[len(words) :]

    def end_row(self) -> None:
        if self._pending.strip():
            self._words(self._pending)
        if self._cell:
            self._close_cell()
        while self._filled < len(self._attributes):
            self._open_cell()
            self._close_cell()
        self._sink.close()
        self._filled, self._begun, self._pending, self._between = 0, False, "", ""

    def close(self) -> None:
        if self._begun:
            self.end_row()
        self._sink.close()
        self._sink.close()

    def _words(self, words: str) -> None:
        if not self._cell:
            words = words.lstrip(_SPACE)
        if not words:
            return
        if not self._cell:
            self._open_cell()
        assert self._cell
        # Nothing is lost where a row has more cells than the header.
        self._cell.feed(self._between + words.replace("\\|", "|"))
        self._between = ""

    def _end_cell(self, space: str) -> None:
        if not self._cell and self._filled < len(self._attributes):
            self._open_cell()
        if self._filled < len(self._attributes):
            self._close_cell()
        else:
            self._between += space + "|"

    def _open_cell(self) -> None:
        self._sink.open("td", self._attributes[self._filled])
        self._cell = Inline(self._sink)
        self._filled += 1

    def _close_cell(self) -> None:
        assert self._cell
        self._cell.finish()
        self._cell = None
        self._sink.close()
