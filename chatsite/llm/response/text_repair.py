"""Characters that a server cut in two: halves are joined, what cannot be read becomes U+FFFD."""

import re

_HALVES = re.compile("[\ud800-\udfff]")
# What becomes a character with what comes next: a high surrogate, or the first bytes of one in
# UTF-8, which `surrogateescape` made low ones.
_OPEN = re.compile(
    "(?:[\ud800-\udbff]|(?<![\ud800-\udbff])(?:[\udcc2-\udcdf]|[\udce0-\udcef][\udc80-\udcbf]?"
    "|[\udcf0-\udcf4][\udc80-\udcbf]{0,2}))$"
)


class TextRepair:
    """Of one stream of text. Half of a character is held back until its other half comes."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be read now."""
        if not self._held and not _HALVES.search(text):
            return text
        text = self._held + text
        found = _OPEN.search(text)
        self._held = found[0] if found else ""
        return repaired(text[: len(text) - len(self._held)])

    def end(self) -> str:
        """What is left, once nothing more comes."""
        held, self._held = self._held, ""
        return repaired(held)


def repaired(text: str) -> str:
    """The text with pairs of surrogates joined; valid UTF-8 in any case."""
    if not _HALVES.search(text):
        return text
    # Pairs as JSON escapes them; then bytes of UTF-8 that came apart. The rest is unreadable.
    text = re.sub(
        "[\ud800-\udbff][\udc00-\udfff]",
        lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"),
        text,
    )
    text = re.sub(
        "[\udc80-\udcff]+",
        lambda run: run[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        text,
    )
    return _HALVES.sub("\ufffd", text)
