"""P8: what a model or an editor writes neither executes nor fetches anything in the browser."""

import re
import time
from html import unescape
from html.parser import HTMLParser

import pytest

from chatsite import markdown
from chatsite.markdown_parser.blocks import Blocks
from tests.guards import guards
from tests.page import parsed

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


@guards(
    "chatsite/markdown.py",
    "    clean = nh3.clean(\n"
    "        html,\n"
    "        tags=TAGS,\n"
    "        attributes=ATTRIBUTES,\n"
    "        url_schemes=SCHEMES,\n"
    '        link_rel="noopener noreferrer nofollow",\n'
    "    )\n"
    "    return mark_safe(clean)",
    "    return mark_safe(html)",
)
@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("shown", [markdown.render, markdown.unfinished, markdown.typed])
def test_nothing_executes_or_is_fetched(shown, text):
    seen = Tags(shown(text))

    assert seen.tags <= markdown.TAGS
    assert not seen.tags & {"img", "script", "style", "iframe", "form", "svg"}
    for name, value in seen.attributes:
        assert name in {"href", "rel", "start", "value", "dir", "align"}
        if name == "href":
            assert value is not None
            assert value.startswith(("https://", "http://", "mailto:", "tel:", "/"))


@pytest.mark.parametrize("text", ATTACKS)
def test_what_goes_to_a_tab_as_it_grows_has_nothing_to_clean(text):
    blocks = Blocks()
    blocks.feed(text)
    blocks.finish()

    assert markdown.render(text) == blocks.sink.html()


@pytest.mark.parametrize("text", ATTACKS)
def test_a_customers_words_are_text(text):
    assert not Tags(markdown.plain(text)).tags


def bare(html: str) -> str:
    """Without what every block and link has."""
    return re.sub(r' (?:dir|rel)="[^"]*"', "", html)


LITERAL = [
    "100*70*50 cm",
    "5*3*2 cm and 3*4*5 cm",
    "3*4 and 5*6",
    "3 * 4 and 5 * 6",
    "3 *4 and 5* 6",
    "(3+4)*5*(6+7)",
    "$5*$6*$7, 5€*6€*7€, 10%*20%*30%",
    '24"*36"*2"',
    "100cm*70cm*50cm",
    "L*W*H in mm",
    "长*宽*高，长100*宽70*高50",
    "x**2 + y**2, 2**3**4",
    "f(*args, **kwargs)",
    "$5* and $6* (*without tax)",
    "a 4* hotel and a 5* hotel",
    "card **** **** **** 1234, ****5678",
    "*.pdf and *.jpg",
    "*.pdf,*.jpg",
    "Dial *100*5# or **21*123#",
    "snake_case_name and __init__.py",
    "_config_.yml, /usr/_local_/bin, my_file_(2)_final.txt",
    "5~~6~~7 and ~5 to ~6",
    "~/docs/~tmp~",
    "C:\\Users\\_me\\*.txt",
    "C:\\Program Files\\(x86)\\_a",
    "\\\\server\\share\\_new",
    "..\\_build",
    "$5, $6 and $7.50",
    "It costs $1*2 and $3*4.",
    "[Order]: 12345",
    "[Order]: /12345",
    "[ ] open [x] done [1]",
    "# 1 of 2".replace("# ", "#"),
    "1968",
    "===",
    "5 < 6 > 4",
    "2024. was a year".replace("2024. ", "2024."),
]


@pytest.mark.parametrize("text", LITERAL)
def test_figures_sizes_paths_and_prices_stay_as_they_are_written(text):
    assert unescape(bare(markdown.render(text))) == f"<p>{text}</p>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *slanted*", "<strong>bold</strong> and <em>slanted</em>"),
        ("__bold__ and _slanted_", "<strong>bold</strong> and <em>slanted</em>"),
        ("***both***", "<strong><em>both</em></strong>"),
        ("**bold *and slanted***", "<strong>bold <em>and slanted</em></strong>"),
        ("*slanted **and bold***", "<em>slanted <strong>and bold</strong></em>"),
        ("**5*3*2 cm**", "<strong>5*3*2 cm</strong>"),
        ("**$5**, **10%**: *new*!", "<strong>$5</strong>, <strong>10%</strong>: <em>new</em>!"),
        ('"*quoted*" (*so*)', '"<em>quoted</em>" (<em>so</em>)'),
        ("**重要：**请看", "<strong>重要：</strong>请看"),
        ("请看**“重要”**的", "请看<strong>“重要”</strong>的"),
        ("这是**强调**的", "这是<strong>强调</strong>的"),
        ("これは**「重要」**です。", "これは<strong>「重要」</strong>です。"),
        ("이것은 **중요**합니다", "이것은 <strong>중요</strong>합니다"),
        ("ราคา**พิเศษ**วันนี้", "ราคา<strong>พิเศษ</strong>วันนี้"),
        ("**(note)**text", "<strong>(note)</strong>text"),
        ("**Note:**text", "<strong>Note:</strong>text"),
        ("~~gone~~, ~~$50~~ $40", "<s>gone</s>, <s>$50</s> $40"),
        ("one\ntwo\\\nthree", "one<br>\ntwo<br>\nthree"),
        ("1 &lt; 2 &amp; 3 &euro;", "1 &lt; 2 &amp; 3 €"),
        ("snake\\_case, 5\\*3 and \\$5", "snake_case, 5*3 and $5"),
        ("`a*b*c` and ``a ` b``", "<code>a*b*c</code> and <code>a ` b</code>"),
        ("one `two", "one `two"),
        ("a<br>b<br/>c", "a<br>b<br>c"),
        ("a <b>c</b>", "a &lt;b&gt;c&lt;/b&gt;"),
    ],
)
def test_what_words_are_written_in(text, html):
    assert bare(markdown.render(text)) == f"<p>{html}</p>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Title", "<h3>Title</h3>"),
        ("###### Small ##", "<h3>Small</h3>"),
        ("Total:\n---", "<p>Total:</p><hr>"),
        ("Total\n=====", "<p>Total<br>\n=====</p>"),
        ("3. third", '<ol start="3"><li>third</li></ol>'),
        ("1. A\n\n1. B\n\n1. C", "<ol><li>A</li><li>B</li><li>C</li></ol>"),
        ("1. A\n2. B\n5. E", '<ol><li>A</li><li>B</li><li value="5">E</li></ol>'),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("1. a\n  - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
        ("- a\n\n  b", "<ul><li>a<p>b</p></li></ul>"),
        ("In\n1968. a year", "<p>In<br>\n1968. a year</p>"),
        ("> q\n> r\n\nx", "<blockquote><p>q<br>\nr</p></blockquote><p>x</p>"),
        ("```py\nx = 1\n\ny\n```\nz", "<pre><code>x = 1\n\ny\n</code></pre><p>z</p>"),
        ("````\n```\na\n```\n````", "<pre><code>```\na\n```\n</code></pre>"),
        ("1. a\n   ```\n   x\n   ```", "<ol><li>a<pre><code>x\n</code></pre></li></ol>"),
        ("    indented", "<p>indented</p>"),
        (
            "| a | |\n|:-:|--:|\n| x<br>y | 1 \\| 2 |\n| **z** |",
            '<table><thead><tr><th align="center">a</th><td align="right"></td></tr></thead><tbody>'
            '<tr><td align="center">x<br>y</td><td align="right">1 | 2</td></tr>'
            '<tr><td align="center"><strong>z</strong></td><td align="right"></td></tr>'
            "</tbody></table>",
        ),
        (
            "Prices\na | b\n--|--\n1 | 2 | 3",
            "<p>Prices</p><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>"
            "<tr><td>1</td><td>2 | 3</td></tr></tbody></table>",
        ),
        ("| a |\n\nx", "<p>| a |</p><p>x</p>"),
    ],
)
def test_what_blocks_are_written_in(text, html):
    assert bare(markdown.render(text)) == html


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://shop.example/a_b?c=1&d=2.", {"https://shop.example/a_b?c=1&d=2"}),
        ("(https://shop.example/x_(y)), ok", {"https://shop.example/x_(y)"}),
        ("**https://shop.example/**!", {"https://shop.example/"}),
        ("https://larkspur.example/KIOSK", {"https://larkspur.example/KIOSK"}),
        ("<b>x</b> </script> <em>", set()),
        ("请看https://shop.example/help，谢谢", {"https://shop.example/help"}),
        ("请看https://shop.example/help谢谢", {"https://shop.example/help"}),
        (
            "هنا https://shop.example/a، أو https://shop.example/b؟",
            {"https://shop.example/a", "https://shop.example/b"},
        ),
        (
            "«https://shop.example/a» यहाँ https://shop.example/b।",
            {"https://shop.example/a", "https://shop.example/b"},
        ),
        (
            "www.shop.example/x, HTTP://Shop.example",
            {"https://www.shop.example/x", "HTTP://Shop.example"},
        ),
        ("Mail first_last@shop.example.", {"mailto:first_last@shop.example"}),
        (
            "<https://shop.example> <a@shop.example>",
            {"https://shop.example", "mailto:a@shop.example"},
        ),
        ("[returns](/help/returns/)", {"/help/returns/"}),
        ('[x](https://shop.example/a_(b) "title")', {"https://shop.example/a_(b)"}),
        ("![pen](https://shop.example/pen.png)", set()),
        ("[![pen](https://a.example/i.png)](https://b.example/)", {"https://b.example/"}),
        ("javascript:alert(1) ftp://a.example file:///etc data:text/html,x //a.example", set()),
        ("[x](ftp://a.example) [x](//a.example) [x](data:,) [x](returns)", set()),
        ("https://shop.example@evil.example/ https:///x https://", set()),
        ("[x](https://shop.example\\@evil.example/)", {"https://shop.example"}),
        ("`https://shop.example` a@b shop.example", set()),
        ("```\nhttps://shop.example\n```", set()),
    ],
)
def test_links_lead_to_the_web_and_to_mail_alone(text, links):
    seen = Tags(markdown.render(text))

    assert {value for name, value in seen.attributes if name == "href"} == links


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[our shop](https://evil.example/x)", "our shop (evil.example)"),
        ("[bank.example](https://evil.example/)", "bank.example (evil.example)"),
        ("[evil.example.bank](https://evil.example/)", "evil.example.bank (evil.example)"),
        ("[shop.example](https://www.shop.example/)", "shop.example"),
        ("[write to us](mailto:a@shop.example?subject=x)", "write to us (a@shop.example)"),
        ("https://shоp.example/", "https://shоp.example/ (xn--shp-ted.example)"),
        ("[](https://shop.example/)", "shop.example"),
        ("![](https://shop.example/a.png)", "https://shop.example/a.png"),
        ("![a pen](https://shop.example/a.png)", "a pen"),
        ("Look: ![a pen](pen.png)", "Look: a pen"),
        ("[help](/help/)", "help"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    ],
)
def test_a_link_has_its_host_in_view_and_no_words_vanish(text, words):
    assert parsed(markdown.render(text)).text == words


@pytest.mark.parametrize(
    "text",
    ["שלום\n\nHello", "- שלום\n- Hello", "# שלום\n\n## Hello", "| שלום | a |\n|-|-|\n| b | c |"],
)
def test_each_block_has_its_own_direction(text):
    html = markdown.render(text)

    assert html.count(' dir="auto"') == len(re.findall("<(?:p|li|h3|th|td)[ >]", html))


def test_code_runs_from_left_to_right():
    html = markdown.render("שלום `code`\n\n```\ncode\n```")

    assert '<code dir="ltr">' in html
    assert '<pre dir="ltr">' in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("5*3*2 cm, **so**", "5*3*2 cm, **so**"),
        ("1. a\n2. <b>", "1. a\n2. &lt;b&gt;"),
        (
            "See https://shop.example/a.",
            'See <a href="https://shop.example/a">https://shop.example/a</a>.',
        ),
    ],
)
def test_what_a_person_types_is_what_is_read(text, html):
    assert bare(markdown.typed(text)) == html


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
    ("text", "html"),
    [
        ("", ""),
        ("Plain & simple ", "<p>Plain &amp; simple </p>"),
        ("1. **Returning an ", "<ol><li><strong>Returning an </strong></li></ol>"),
        ("It costs **", "<p>It costs </p>"),
        ("Use `code", "<p>Use <code>code</code></p>"),
        ("See [our page](https://shop.exam", "<p>See </p>"),
        ("See https://shop.exam", "<p>See </p>"),
        ("```\nx = 1", "<pre><code>x = 1</code></pre>"),
        ("| a | b |\n|---|--", ""),
        ("One.\n\n-", "<p>One.</p>"),
    ],
)
def test_an_unfinished_block_looks_as_it_will(text, html):
    assert bare(markdown.unfinished(text)) == html
