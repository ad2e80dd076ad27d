"""A model's thinking, which some servers send in the text of the answer, between tags."""

import re
from dataclasses import dataclass

# As models open and close it; more than one may be in use at a site.
_PAIRS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<reason>", "</reason>"),
    ("<reasoning_content>", "</reasoning_content>"),
    ("<antthinking>", "</antthinking>"),
    ("<analysis>", "</analysis>"),
    ("<inner_thoughts>", "</inner_thoughts>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<unused94>", "<unused95>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
_OPENING = frozenset(opening for opening, _ in _PAIRS)
_TAGS = tuple(tag for pair in _PAIRS for tag in pair)
# Some write `<think >`.
_SPACES = 3
_TAG = re.compile(
    "|".join(rf"{re.escape(tag[:-1])}\s{{0,{_SPACES}}}{re.escape(tag[-1])}" for tag in _TAGS),
    re.IGNORECASE,
)
_FIRST = frozenset(tag[0] for tag in _TAGS)
_LONGEST = max(map(len, _TAGS)) + _SPACES


@dataclass(frozen=True, slots=True)
class Sifted:
    """What a piece of text adds to the answer.

    `retracted`: all that was given before was thinking as well, whose opening tag never came.
    """

    text: str
    retracted: bool = False


class ThinkTags:
    """Of one answer. `holds_back`: give nothing before a closing tag or the end.

    That is for models that are known to leave out the opening tag.
    """

    def __init__(self, *, holds_back: bool = False) -> None:
        self._rest = ""  # perhaps the beginning of a tag
        self._depth = 0
        self._opened = False  # an opening tag was seen
        self._given = False  # words of the answer
        self._waiting: list[str] | None = [] if holds_back else None
        self.unopened = False  # a closing tag came without an opening one

    def feed(self, text: str) -> Sifted:
        if not self._rest and not self._depth and self._given and not _FIRST & set(text):
            return Sifted(self._passed(text))
        text = self._rest + text
        kept: list[str] = []
        retracted = False
        at = 0
        for tag in _TAG.finditer(text):
            self._keep(kept, text[at : tag.start()])
            at = tag.end()
            if _without_spaces(tag[0]) in _OPENING:
                self._depth += 1
                self._opened = True
            elif self._depth:
                self._depth -= 1
            elif not self._opened:
                self.unopened = True
                retracted = self._waiting is None
                kept.clear()
                self._given, self._waiting = False, None
        at_end = _beginning_of_a_tag(text, at)
        self._keep(kept, text[at:at_end])
        self._rest = text[at_end:]
        return Sifted(self._passed("".join(kept)), retracted)

    def end(self) -> str:
        """What is left, once nothing more comes."""
        kept: list[str] = []
        self._keep(kept, self._rest)
        text = "".join([*(self._waiting or []), *kept])
        self._rest, self._waiting = "", None
        return text

    def _keep(self, kept: list[str], text: str) -> None:
        if self._depth:
            return
        if not self._given:
            text = text.lstrip()
        if text:
            self._given = True
            kept.append(text)

    def _passed(self, text: str) -> str:
        if self._waiting is None:
            return text
        self._waiting.append(text)
        return ""


def _without_spaces(tag: str) -> str:
    return "".join(tag.lower().split())


def _beginning_of_a_tag(text: str, start: int) -> int:
    """Where the last few characters may be one; the end of the text where they are not."""
    for at in range(max(start, len(text) - _LONGEST + 1), len(text)):
        if text[at] in _FIRST:
            tail = _without_spaces(text[at:])
            if any(tag.startswith(tail) for tag in _TAGS):
                return at
    return len(text)
