"""Text to HTML that neither executes nor fetches anything (P8)."""

import re

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# No images: a remote one tells its server who reads; nh3's default list would let it through.
TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}

# Raw HTML is shown as text; headings start below the page's own.
_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)
# What may be Markdown, and what at the end of a text may be the beginning of it.
_MARK = re.compile(r"[*_`\[\\~|<&]")
_MARKED_LINE = re.compile(r"(?:^|\n)\s*(?:[-+#>=]|\d+[.)])")
_OPENING = re.compile(r"(?:\[[^\]]*|\[[^\]]*\]\([^)\s]*|[*_`~]+)$")
_HEADING = re.compile(r"<(/?)h[12456]>")


def render(text: str) -> SafeString:
    """Markdown as HTML of the tags above."""
    html = _HEADING.sub(r"<\1h3>", _parser.render(text))
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has just cleaned it


def plain(text: str) -> SafeString:
    """A customer's own words: as typed, line breaks kept by the style sheet."""
    return escape(text)


def growing(text: str) -> SafeString:
    """The unfinished last block of an answer: plain words as they are, marked ones as they will be.

    Plain text costs 1 us, so an answer is only parsed again and again where it has to be.
    """
    if not is_marked(text):
        return mark_safe(escape(text).replace("\n", "<br>"))  # noqa: S308 - escaped
    text = _OPENING.sub("", text)
    if "```" not in text:
        text += "".join(mark for mark in ("`", "**") if text.count(mark) % 2)
    return render(text)


def is_marked(text: str) -> bool:
    """Whether Markdown would show the text as anything but its own words."""
    return bool(_MARK.search(text) or _MARKED_LINE.search(text))


def blocks(text: str) -> int:
    """Length of the leading part of `text` that is whole Markdown blocks, 0 where none is.

    A block ends at a blank line outside a code fence. What follows may still change.
    """
    end = fence = 0
    offset = 0
    for line in text.splitlines(keepends=True):
        offset += len(line)
        if line.lstrip().startswith(("```", "~~~")):
            fence ^= 1
        elif not fence and line == "\n":
            end = offset
    return end
