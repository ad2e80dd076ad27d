"""The words of an answer, however a server cuts them: whole characters, and no thinking."""

import pytest

from chatsite.llm import parameters
from chatsite.llm.response import finish_reasons
from chatsite.llm.response.finish_reasons import FinishReason, NoAnswer
from chatsite.llm.response.text_repair import TextRepair
from chatsite.llm.response.think_tags import ThinkTags
from tests.llm.asking import DONE, RETRACTED, STOP, asked, words
from tests.upstream.server import Upstream


def sifted(pieces: list[str], *, holds_back: bool = False) -> str:
    tags, shown = ThinkTags(holds_back=holds_back), ""
    for piece in pieces:
        found = tags.feed(piece)
        shown = found.text if found.retracted else shown + found.text
    return shown + tags.end()


def splits(text: str) -> list[list[str]]:
    """In two at each place, and letter by letter."""
    return [[text[:at], text[at:]] for at in range(len(text) + 1)] + [list(text)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<think>PRIVATE</think>Hello", "Hello"),
        ("<think>PRIVATE</think>\n\nHello", "Hello"),
        ("\n<THINK>PRI < VATE</Think> Hello", "Hello"),
        ("PRIVATE</think>Hello", "Hello"),
        ("PRI\nVATE\n</think>\n\nHello", "Hello"),
        ("<think></think>Hello", "Hello"),
        ("<think>a<think>b</think>c</think>Hello", "Hello"),
        ("Hello <think>PRIVATE</think>world", "Hello world"),
        ("<think>a</think>Hello</think>", "Hello"),
        ("A</think>B</think>Hello", "Hello"),
        ("<think>PRIVATE", ""),
        ("<thinking>PRIVATE</thinking>Hello", "Hello"),
        ("<reasoning>PRIVATE</reasoning>Hello", "Hello"),
        ("[THINK]PRIVATE[/THINK]Hello", "Hello"),
        ("<analysis>PRIVATE</analysis>Hello", "Hello"),
        ("<scratchpad>PRIVATE</scratchpad>Hello", "Hello"),
        ("◁think▷PRIVATE◁/think▷Hello", "Hello"),
        (
            "<|channel|>analysis<|message|>PRIVATE<|end|><|start|>assistant"
            "<|channel|>final<|message|>Hello",
            "Hello",
        ),
        ("<antThinking>PRIVATE</antThinking>Hello", "Hello"),
        ("<think >PRIVATE</think\n>Hello", "Hello"),
        ("<think id=1>PRIVATE</think>Hello", "Hello"),
        ("1 < 2 and <b>3</b> [4] <", "1 < 2 and <b>3</b> [4] <"),
        ("I think so.", "I think so."),
    ],
)
def test_thinking_is_not_shown_however_it_is_cut(text: str, shown: str) -> None:
    for pieces in splits(text):
        assert sifted(pieces) == shown, pieces
        assert sifted(pieces, holds_back=True) == shown, pieces


async def test_a_model_that_thinks_aloud_is_held_back_from_then_on(upstream: Upstream) -> None:
    for _ in range(2):
        upstream.sends(words("PRIVATE"), words("</think>Hel"), words("lo."), STOP, DONE, every=0.01)

    first: list[str] = []
    second: list[str] = []
    answers = [await asked(heard, model="local") for heard in (first, second)]

    assert [answer.text for answer in answers] == ["Hello."] * 2
    assert (first, second) == (["PRIVATE", RETRACTED, "Hel", "lo."], ["Hel", "lo."])
    assert parameters.news() == {"local": parameters.Learned((), thinks_aloud=True)}


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("Hello \ud83d\ude00 world", "Hello 😀 world"),
        ("\ud83d\udc80", "💀"),
        ("Hello \ud83d world", "Hello \ufffd world"),
        ("\ud83d\udcf0", "📰"),
        ("Hello \udfff there", "Hello \ufffd there"),
        ("Hello \ud83d", "Hello \ufffd"),
        (b"Hello \xf0\x9f\x98\x80 world".decode("ascii", "surrogateescape"), "Hello 😀 world"),
        (b"Caf\xe9 au lait".decode("ascii", "surrogateescape"), "Caf\ufffd au lait"),
        ("plain", "plain"),
    ],
)
def test_halves_of_characters_are_joined_however_they_are_cut(text: str, repaired: str) -> None:
    for pieces in splits(text):
        repair = TextRepair()
        assert "".join([*map(repair.feed, pieces), repair.end()]) == repaired, pieces


@pytest.mark.parametrize(
    ("word", "end"),
    [
        (None, None),
        ("", None),
        ("null", None),
        ("FINISH_REASON_UNSPECIFIED", None),
        ("stop", FinishReason.STOP),
        ("STOP", FinishReason.STOP),
        ("end_turn", FinishReason.STOP),
        ("eos", FinishReason.STOP),
        ("eos_token", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("COMPLETE", FinishReason.STOP),
        ("completed", FinishReason.STOP),
        ("FinishReason.STOP", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("max_tokens", FinishReason.LENGTH),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("model_length", FinishReason.LENGTH),
        ("max_new_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("content_filtered", FinishReason.CONTENT_FILTER),
        ("refusal", FinishReason.CONTENT_FILTER),
        ("SAFETY", FinishReason.CONTENT_FILTER),
        ("RECITATION", FinishReason.CONTENT_FILTER),
        ("PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER),
        ("ERROR_TOXIC", FinishReason.CONTENT_FILTER),
        ("sensitive", FinishReason.CONTENT_FILTER),
        ("guardrail_intervened", FinishReason.CONTENT_FILTER),
        ("tool_calls", NoAnswer.TOOL),
        ("function_call", NoAnswer.TOOL),
        ("MALFORMED_FUNCTION_CALL", NoAnswer.TOOL),
        ("error", NoAnswer.ERROR),
        ("abort", NoAnswer.ERROR),
        ("network_error", NoAnswer.ERROR),
        ("insufficient_system_resource", NoAnswer.ERROR),
        ("unknown", FinishReason.UNCLEAR),
        ("OTHER", FinishReason.UNCLEAR),
        ("incomplete", FinishReason.LENGTH),
        ("unfinished", FinishReason.LENGTH),
        ("thinking_budget", FinishReason.LENGTH),
        ("<|im_end|>", FinishReason.STOP),
        ("<|eot_id|>", FinishReason.STOP),
        ("</s>", FinishReason.STOP),
        ("SUCCESS", FinishReason.STOP),
        ("in_progress", None),
        ("NOT_FINISHED", None),
        ("interrupted", NoAnswer.ERROR),
        ("worker_killed", NoAnswer.ERROR),
        ("rate_limit", NoAnswer.ERROR),
        ("copyright", FinishReason.CONTENT_FILTER),
        ("unsafe_content", FinishReason.CONTENT_FILTER),
    ],
)
def test_every_servers_word_for_an_end_is_known(
    word: str | None, end: FinishReason | NoAnswer | None
) -> None:
    assert finish_reasons.read(word) == end
