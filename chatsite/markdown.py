"""Text to HTML that neither executes nor fetches anything (P8).

One reader for an answer that is being written, that is stored, in the admin and in help pages: see
`chatsite.markdown_parser`. Of 16,000 characters it takes a third of markdown-it-py's time, and it
reads each of them once however many pieces they come in, which that cannot.
"""

from functools import lru_cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chatsite.markdown_parser.blocks import Blocks
from chatsite.markdown_parser.html_output import BETWEEN, Sink, are_pieces
from chatsite.markdown_parser.inline import Inline
from chatsite.markdown_parser.inline_patterns import ADDRESSES

__all__ = ["BETWEEN", "Growing", "are_pieces", "article", "plain", "render", "typed", "unfinished"]

# All that is ever written; nh3 is the second lock. No images: a remote one tells its server who
# reads.
TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "hr", "li", "ol", "p", "pre", "s", "small",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_DIRECTED = {tag: {"dir"} for tag in ("code", "h3", "p", "pre")}
ATTRIBUTES = {
    **_DIRECTED,
    "a": {"href"},
    "li": {"dir", "value"},
    "ol": {"start"},
    "td": {"align", "dir"},
    "th": {"align", "dir"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
# Texts whose HTML is kept: an inbox shows the same messages again with each click.
KEPT = 256


@lru_cache(maxsize=KEPT)
def render(text: str) -> SafeString:
    """Markdown as HTML of the tags above."""
    blocks = Blocks()
    blocks.feed(text)
    blocks.finish()
    return _clean(blocks.sink.html())


def article(text: str) -> SafeString:
    """The same on a page of its own, where headings stand right below the title."""
    html = render(text).replace("<h3", "<h2").replace("</h3>", "</h2>")
    return mark_safe(html)  # noqa: S308 - cleaned; in words, "<" is escaped


def unfinished(text: str) -> SafeString:
    """A text that is still being written, as a tab shows it that saw it grow."""
    blocks = Blocks()
    blocks.feed(text)
    return _clean(blocks.sink.html())


class Growing:
    """A text that is being written, by what a tab lacks of it: `markdown_parser.html_output`."""

    def __init__(self) -> None:
        self._blocks = Blocks()

    def grow(self, more: str, *, is_end: bool = False) -> str:
        """What a tab lacks; empty where nothing more can be shown yet."""
        self._blocks.feed(more)
        if is_end:
            self._blocks.finish()
        return self._blocks.sink.news()


def plain(text: str) -> SafeString:
    """A customer's own words: as typed, line breaks kept by the style sheet."""
    return escape(text)


@lru_cache(maxsize=KEPT)
def typed(text: str) -> SafeString:
    """A colleague's own words: as typed, with the addresses that they hold as links."""
    sink = Sink()
    words = Inline(sink, reads=ADDRESSES)
    words.feed(text)
    words.finish()
    return _clean(sink.html())


def _clean(html: str) -> SafeString:
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has just cleaned it
