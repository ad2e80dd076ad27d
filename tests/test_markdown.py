"""P8: what a model or an editor writes neither executes nor fetches anything in the browser."""

import time
from html.parser import HTMLParser

import pytest

from chatsite import markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>body { background: url(https://evil.example) }</style>",
    "<form action=https://evil.example><button>Sign in</button></form>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://shop.example" onmouseover="alert(1))',
    '[x](https://shop.example "t\\" onmouseover=\\"alert(1)")',
    "![x](https://evil.example/who-reads.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[![x](https://evil.example/a.png)](https://shop.example)",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```x" onclick="alert(1)\ncode\n```',
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<<script>script>alert(1)<</script>/script>",
    "<!--><script>alert(1)</script>-->",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
]


class Tags(HTMLParser):
    """Every tag and attribute that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("shown", [markdown.render, markdown.growing])
def test_nothing_executes_or_is_fetched(shown, text):
    seen = Tags(shown(text))

    assert seen.tags <= markdown.TAGS
    assert not seen.tags & {"img", "script", "style", "iframe", "form", "svg"}
    for name, value in seen.attributes:
        assert name in {"href", "title", "rel", "start"}
        if name == "href":
            assert value is not None
            assert value.startswith(("https://", "http://", "mailto:", "tel:", "/"))


@pytest.mark.parametrize("text", ATTACKS)
def test_a_customers_words_are_text(text):
    assert not Tags(markdown.plain(text)).tags


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *slanted*", "<p><strong>bold</strong> and <em>slanted</em></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("# Title", "<h3>Title</h3>"),
        ("###### Small", "<h3>Small</h3>"),
        ("3. third", '<ol start="3">\n<li>third</li>\n</ol>'),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        (
            "[returns](/help/returns/)",
            '<p><a href="/help/returns/" rel="noopener noreferrer nofollow">returns</a></p>',
        ),
    ],
)
def test_what_an_answer_is_written_in(text, html):
    assert markdown.render(text).strip() == html


@pytest.mark.parametrize(
    "text",
    [">" * 50_000, "[" * 50_000, "[a](" * 12_000, "![a" * 12_000, "*a _b " * 8000, "- " * 20_000],
)
def test_no_text_holds_a_page_up(text):
    begun = time.perf_counter()

    markdown.render(text)

    # An answer is a tenth as long; quadratic work would take minutes.
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", ""),
        ("A start", ""),
        ("One.\n\nTwo", "One.\n\n"),
        ("One.\n\n```\ncode\n\nmore", "One.\n\n"),
        ("```\ncode\n```\n\nAfter", "```\ncode\n```\n\n"),
    ],
)
def test_whole_blocks_end_at_blank_lines(text, whole):
    assert text[: markdown.blocks(text)] == whole


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Plain & simple", "<p>Plain &amp; simple</p>"),
        ("one\ntwo", "one<br>two"),
        ("1. **Returning an", "<ol>\n<li><strong>Returning an</strong></li>\n</ol>"),
        ("It costs **", "<p>It costs</p>"),
        ("Use `code", "<p>Use <code>code</code></p>"),
        ("See [our page](https://shop.exam", "<p>See</p>"),
        ("```\nx = 1", "<pre><code>x = 1</code></pre>"),
    ],
)
def test_an_unfinished_block_looks_as_it_will(text, html):
    assert markdown.growing(text).strip() == html
