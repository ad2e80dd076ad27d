"""The words of one block, read once from left to right, as they come.

What is read is decided for good, but for one case: a mark that was taken for a beginning and never
ended becomes text again when its block ends, or when one around it does. A mark waits for what
follows it; the last word is shown, and taken back where it becomes an address.
So the same text gives the same HTML however it was cut on its way.
"""

import re
from html import escape, unescape

from chatsite.markdown_parser import backslashes, emphasis, inline_patterns, links
from chatsite.markdown_parser.emphasis import OpenMarks
from chatsite.markdown_parser.html_output import Sink
from chatsite.markdown_parser.links import Unfinished

# Words that may be shown before they are read.
_MOST_AHEAD = 500


class Inline:
    """Writes to a sink. `links_too` is off inside a link, which holds no other."""

    __slots__ = (
        *("_ahead", "_at", "_code", "_code_from", "_in_path", "_links_too", "_marks", "_no_code"),
        *("_reads", "_sink", "_whole", "source"),
    )

    def __init__(
        self,
        sink: Sink,
        *,
        links_too: bool = True,
        reads: re.Pattern[str] = inline_patterns.EVERYTHING,
    ) -> None:
        self.source = ""
        self._reads = reads
        self._sink = sink
        self._at = 0
        # Characters that are shown and not read yet: the last word may become an address.
        self._ahead = 0
        self._marks = OpenMarks(sink)
        # Backticks of the code that is open, and where it begins.
        self._code = self._code_from = 0
        self._no_code: set[int] = set()
        self._in_path = self._whole = False
        self._links_too = links_too

    def feed(self, more: str) -> None:
        self.source += more
        self._read()

    def go_on(self, words: str) -> bool:
        """Show plain words at once; False where something before them waits, or they may."""
        source = self.source
        if self._code:
            if not self._code_from < self._at == len(source) or words[-1] == " ":
                return False
            self._at += len(words)
        elif (
            self._at + self._ahead != len(source)
            or self._ahead > _MOST_AHEAD
            or source.find("_", self._at) >= 0
            or ("." in words and "w." in f"{source[-1:]}{words}".lower())
        ):
            return False
        else:
            # They are read when a sign comes: until then none is an address.
            self._ahead += len(words)
        self.source = source + words
        self._sink.write(words)
        return True

    def finish(self) -> None:
        """The block has ended."""
        self._whole = True
        is_shown = not self._code and self._at + self._ahead == len(self.source)
        if not is_shown or inline_patterns.SIGNS.search(self.source, self._at):
            self._read()
        while self._code:
            self._no_code.add(self._code)
            self._at, size, self._code = self._code_from, self._code, 0
            self._sink.replace("`" * size)
            self._read()
        self._marks.dissolve()

    def _read(self) -> None:
        try:
            if self._code:
                self._go_on_with_code()
            end = self._settled()
            reads = self._reads
            new = self.source[self._at : end]
            if reads is inline_patterns.EVERYTHING and not links.may_hold(new):
                reads = inline_patterns.SIGNS
            while self._at < end:
                found = reads.search(self.source, self._at, end)
                start = found.start() if found else end
                if start > self._at:
                    self._write(self.source[self._at : start])
                    self._at = start
                if found:
                    self._one(found[0])
                    end = max(end, min(self._at, len(self.source)))
            self._show_ahead()
        except Unfinished:
            self._take_back()

    def _settled(self) -> int:
        """Where the last word begins, which may yet become an address."""
        word = 0 if self._whole else inline_patterns.last_run(self.source)
        return len(self.source) - (word if word < links.MOST_BEFORE else 0)

    def _show_ahead(self) -> None:
        word = self.source[self._at :]
        if links.may_hold(word):
            self._take_back()
        else:
            self._sink.write(word[self._ahead :])
            self._ahead = len(word)

    def _take_back(self) -> None:
        if self._ahead:
            self._sink.take_back(self._ahead)
            self._ahead = 0

    def _write(self, words: str) -> None:
        if self._ahead:
            shown = min(self._ahead, len(words))
            self._ahead -= shown
            words = words[shown:]
        self._sink.write(words if words.isalnum() else escape(words, quote=False))

    def _one(self, sign: str) -> None:
        """Read what begins here. Raises Unfinished where it cannot be told yet."""
        self._take_back()
        match sign:
            case "":
                self._address()
            case "*" | "_" | "~":
                self._emphasis(sign)
            case "\\":
                self._backslash()
            case "`":
                self._backticks()
            case "[" | "!":
                self._link()
            case "<":
                self._angle()
            case "&":
                self._entity()
            case _:
                self._sink.write("<br>\n")
                self._at += 1
                self._in_path = False

    def _literal(self, words: str) -> None:
        self._write(words)
        self._at += len(words)

    def _wait_for(self, length: int) -> None:
        if not self._whole and self._at + length > len(self.source):
            raise Unfinished

    def _match(self, form: re.Pattern[str], begun: re.Pattern[str]) -> re.Match[str] | None:
        """What has this form. Raises Unfinished where that cannot be told yet."""
        found = form.match(self.source, self._at)
        if not found and not self._whole and begun.match(self.source, self._at):
            raise Unfinished
        return found

    def _address(self) -> None:
        found = links.bare(self.source, self._at, whole=self._whole) if self._links_too else None
        if found is None:
            self._literal(self.source[self._at : links.run(self.source, self._at)])
            return
        start, end, html = found
        self._sink.write(escape(self.source[self._at : start], quote=False) + html)
        self._at = end

    def _emphasis(self, mark: str) -> None:
        source, start = self.source, self._at
        if start and source[start - 1] == mark:
            self._literal(inline_patterns.run(source, start))
            return
        size = len(inline_patterns.run(source, start, start + 4))
        if size < 4:
            self._wait_for(size + 2)
        if size > 3 or (mark == "~" and size != 2):
            self._literal(mark * size)
            return
        before = source[start - 2 : start] if start > 1 else "  " + source[:start]
        after = source[start + size : start + size + 2] + "  "
        opens, closes = emphasis.roles(before[-2:], mark, size, after[:2])
        left = self._marks.close(mark, size) if closes else size
        is_new = left == size and opens and self._marks.open(mark, size)
        if left and not is_new:
            self._sink.write(mark * left)
        self._at = start + size

    def _backslash(self) -> None:
        """Escapes a sign, but never in a path."""
        self._wait_for(3)
        source, at = self.source, self._at
        after = source[at + 1 : at + 2]
        if after == "\n":
            self._at += 1
            return
        self._in_path = self._in_path or backslashes.begins_path(source, at)
        if self._in_path or not backslashes.escapes(source, at):
            self._literal("\\\\" if after == "\\" else "\\")
        else:
            self._at += 1
            self._literal(after)

    def _backticks(self) -> None:
        if self._at and self.source[self._at - 1] == "`":
            self._literal(inline_patterns.run(self.source, self._at))
            return
        run = inline_patterns.run(self.source, self._at, self._at + 3)
        size = len(run)
        if size < 3:
            self._wait_for(size + 1)
        if size > 2 or size in self._no_code:
            self._literal(run)
            return
        self._at += size
        self._code, self._code_from = size, self._at
        self._sink.open("code", ' dir="ltr"')
        self._go_on_with_code()

    def _go_on_with_code(self) -> None:
        """Show code up to its end, or as far as it has come."""
        source, at = self.source, self._at
        while (at := source.find("`", at)) >= 0:
            run = inline_patterns.SAME["`"].match(source, at)
            assert run
            if run.end() == len(source) and not self._whole:
                break
            if len(run[0]) == self._code:
                self._show_code(source[self._at : at].rstrip(" "))
                self._sink.close()
                self._at, self._code = run.end(), 0
                return
            at = run.end()
        rest = source[self._at : at if at >= 0 else len(source)]
        self._show_code(rest.rstrip(" "))
        self._at += len(rest.rstrip(" "))
        raise Unfinished

    def _show_code(self, code: str) -> None:
        if self._at == self._code_from:
            code = code.lstrip(" ")
        self._sink.write(escape(code.replace("\n", " "), quote=False))

    def _link(self) -> None:
        source, at = self.source, self._at
        if source[at] == "!":
            self._wait_for(2)
        found = self._match(inline_patterns.LINK, inline_patterns.LINK_BEGUN)
        if not found:
            self._literal(source[at])
            return
        words = inline_patterns.IMAGE.sub(r"\1", found[1]).strip()
        label = Sink()
        inner = Inline(label, links_too=False)
        inner.feed(words)
        inner.finish()
        if source[at] == "!":
            # A picture would be fetched; its words are all that is shown of it.
            html: str | None = label.html() or escape(found[2])
        else:
            html = links.link(unescape(found[2]), label.html(), words) if self._links_too else None
        if html is None:
            self._literal("[")
        else:
            self._sink.write(html)
            self._at = found.end()

    def _angle(self) -> None:
        if found := inline_patterns.BREAK.match(self.source, self._at):
            self._sink.write("<br>")
            self._at = found.end()
            return
        found = self._match(inline_patterns.ANGLED, inline_patterns.ANGLED_BEGUN)
        if found and self._links_too:
            url = found[1]
            is_mail = "@" in url and ":" not in url
            if html := links.link(f"mailto:{url}" if is_mail else url, escape(url), url):
                self._sink.write(html)
                self._at = found.end()
                return
        self._literal("<")

    def _entity(self) -> None:
        if found := self._match(inline_patterns.ENTITY, inline_patterns.ENTITY_BEGUN):
            self._sink.write(escape(unescape(found[0]), quote=False))
            self._at = found.end()
        else:
            self._literal("&")
