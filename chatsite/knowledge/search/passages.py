"""Articles cut into passages: paragraphs, each with the headings above it.

Measured on the sample shop: paragraphs found best, sentences and whole articles worse.
"""

import hashlib
import re
from dataclasses import dataclass

_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s")
_BLANK = re.compile(r"\n[ \t]*\n")
# Characters: longer paragraphs are cut at sentences, as models read only so much.
LONGEST = 1500
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*(?=\S)")  # noqa: RUF001 - ideographic marks


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, with a list that it introduces; `path` is the title and the headings above."""

    path: tuple[str, ...]
    text: str

    @property
    def whole(self) -> str:
        """What is embedded."""
        return "\n".join((" > ".join(self.path), self.text))

    @property
    def digest(self) -> bytes:
        """Of what is embedded: the same words have the same vector."""
        return hashlib.blake2b(self.whole.encode(errors="replace"), digest_size=16).digest()


def split(title: str, body: str) -> list[Passage]:
    """An article without words is its title alone."""
    found: list[Passage] = []
    headings: dict[int, str] = {}
    for block in _BLANK.split(body.replace("\r\n", "\n")):
        lines = block.strip().splitlines()
        while lines and (heading := _HEADING.match(lines[0])):
            level = len(lines[0]) - len(lines[0].lstrip("#"))
            headings = {at: name for at, name in headings.items() if at < level}
            headings[level] = heading[1]
            lines.pop(0)
        text = "\n".join(lines).strip()
        if not text:
            continue
        path = (title, *headings.values())
        before = found[-1] if found else None
        if (
            before
            and before.path == path
            and _ITEM.match(text)
            and len(before.text) + len(text) < LONGEST
        ):
            found[-1] = Passage(path, f"{before.text}\n{text}")
        else:
            found += [Passage(path, part) for part in _parts(text)]
    return found or [Passage((title,), "")]


def _parts(text: str) -> list[str]:
    if len(text) <= LONGEST:
        return [text]
    parts = [""]
    for sentence in _SENTENCE_END.split(text):
        for at in range(0, len(sentence), LONGEST):
            piece = sentence[at : at + LONGEST]
            if parts[-1] and len(parts[-1]) + len(piece) >= LONGEST:
                parts.append("")
            parts[-1] = f"{parts[-1]} {piece}".strip()
    return parts
