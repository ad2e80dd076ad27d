"""An answer that grows is at any time what a reload shows, and at its end what stays."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsite import markdown
from tests.page import Node, parsed

WORDS = (
    '请看 （ ） ： שלום word a 5 $ . , ! " http :// www.x.example a@b.example https://a.example/b_c'
    " w ww .x htt p:/ / @ % 100*70*50 **重要：**请看 C:\\new\\* ~5~10 $5*3 _a_b 👨‍👩‍👧 \ud83d"
)
MARKS = "* ** *** **** _ __ ~~ ` `` [ ] ( ) \\ \\| | < & &amp; &#1; <br> <a@b.example> ![i](/x)"
LINES = ["```", "````", "~~~", "| a | b |", "|---|:-:|", "| c | d |", "a | b", "--|--", "---", "=="]
ATOMS = [
    *WORDS.split(),
    *MARKS.split(),
    *(f"{line}\n" for line in LINES),
    *("\n", "\n\n", "- ", "  - ", "1. ", "10) ", "> ", "# ", "    ", " ", "\t", "\r", "\r\n"),
    *("Plain words of some length, ", "a" * 70),
    *("\x00", "\x1f", "[a](https://x.example)"),
]
TEXTS = st.lists(st.sampled_from(ATOMS) | st.text(max_size=3), max_size=40).map("".join)


def cut(text: str, at: list[int]) -> list[str]:
    ends = sorted({0, len(text), *(place % (len(text) + 1) for place in at)})
    return [text[start:end] for start, end in pairwise(ends)]


@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=60))
def test_live_is_what_a_reload_shows_and_what_is_final(text, cuts):
    body, shown, growing = Node(""), "", markdown.Growing()
    finished: list[object] = []

    for piece in cut(text, cuts):
        body.grow(growing.grow(piece))
        shown += piece
        assert body.outline() == parsed(markdown.unfinished(shown)).outline()
        assert body.outline()[2 : 2 + len(finished)] == finished
        finished = body.outline()[2:-1]
    body.grow(growing.grow("", is_end=True))

    assert body.outline() == parsed(markdown.render(text)).outline()
    assert body.outline()[2 : 2 + len(finished)] == finished


@given(TEXTS, TEXTS)
def test_a_finished_block_stays_as_it_was_shown(text, more):
    begun = parsed(markdown.unfinished(text + "\n\n")).outline()[2:]

    ended = parsed(markdown.render(text + "\n\n" + more)).outline()[2:]

    # The last may be a list, a quote or code, which go on.
    finished = begun[:-1]
    assert ended[: len(finished)] == finished


KINDS = {
    "a list": "- one of the things that it holds, in a few words\n",
    "a list with names": "- **Shipping**: two to three days, by parcel service\n",
    "a list in a list": "- outer\n  - inner, in a few words\n",
    "a table": "| Pen | 12.50 | in *stock* |\n",
    "words": "Plain words, as most answers have them. ",
    "code": "value = 1\n",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sent_is_little_more_than_what_is_shown(kind):
    head = {"a table": "| a | b | c |\n|---|--:|---|\n", "code": "```\n"}.get(kind, "")
    text = (head + KINDS[kind] * 400)[:4000]
    growing = markdown.Growing()

    # A word is some four characters.
    sent = sum(len(growing.grow(text[at : at + 4])) for at in range(0, len(text), 4))
    sent += len(growing.grow("", is_end=True))

    assert sent < 1.3 * len(markdown.render(text))


HARD = ["_", "*", "*a _b ", "*a* ", "**a ", "`a ", "[", "[a](b) ", "[a](/b) ", "<a ", "&", "\\*"]
HARD += ["- a\n", "- ", "> ", ">", "1. a\n", "|a", "|a|b|\n|-|-|\n", "a\n", "a\n\n", "# a\n", "#"]
HARD += [
    "```\n",
    "```\na\n",
    "a@b.example ",
    "https://a.example/b ",
    "https://aaaaaaaa",
    "a.b@",
    " ",
]


@pytest.mark.parametrize("hard", HARD)
def test_no_text_takes_more_the_longer_it_is(hard):
    """Nothing is read again: eight times the text takes some eight times as long."""

    def seconds(length: int) -> float:
        text = (hard * length)[:length]
        first, rest = text[: length // 2], text[length // 2 :]
        best = 60.0
        for _ in range(3):
            growing = markdown.Growing()
            begun = time.process_time()
            growing.grow(first)
            for at in range(0, len(rest), 40):
                growing.grow(rest[at : at + 40])
            growing.grow("", is_end=True)
            best = min(best, time.process_time() - begun)
        return best

    short, long = seconds(4_000), seconds(32_000)

    assert long < max(24 * short, 0.05)
