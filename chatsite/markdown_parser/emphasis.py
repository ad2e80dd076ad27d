"""Where stars, underscores and tildes begin or end an emphasis.

CommonMark's rule is made for languages with spaces and for text without figures: it loses the stars
of `100*70*50 cm`, and shows those of a bold Chinese word before another. This one keeps what is
part of a figure, a size, a path or a price, and lets scripts without spaces touch the marks.
"""

from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category

from chatsite.markdown_parser.html_output import Sink

# Marks opened within each other; more are text.
_DEEPEST = 4
_TAGS = {"*": ("em", "strong"), "_": ("em", "strong"), "~": ("", "s")}
_FIGURES = frozenset("$€£¥₹₺₩%°\u2032\u2033#@&=+\\/")
_QUOTES = frozenset("\"'")
_MARKS = frozenset("*_~")
_STOPS = frozenset(",;!?\uff0c\u3002\uff1b\uff01\uff1f\u3001")  # the latter Chinese
# Letters from Hebrew on: their scripts use marks inside words and have no sizes like `A*B`.
_UNSPACED = "\u0590"


@dataclass(frozen=True, slots=True)
class _Mark:
    char: str
    size: int


class OpenMarks:
    """Emphases that have begun, the innermost last, written to a sink."""

    __slots__ = ("_opened", "_sink")

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._opened: list[_Mark] = []

    def open(self, char: str, size: int) -> bool:
        """Begin one, or two where it is three marks; False where they would be too deep."""
        if len(self._opened) + 1 + (size > 2) > _DEEPEST:
            return False
        for part in (2, 1) if size == 3 else (size,):
            self._opened.append(_Mark(char, part))
            self._sink.open(_TAGS[char][part - 1])
        return True

    def close(self, char: str, size: int) -> int:
        """End what a run of so many marks can end, and return how many are left of it."""
        while size and (depth := self._closed_by(char, size)) is not None:
            size -= self._opened[depth].size
            self.dissolve(depth + 1)
            self._opened.pop()
            self._sink.close()
        return size

    def dissolve(self, keep: int = 0) -> None:
        """Marks beyond the first so many are text."""
        if gone := self._opened[keep:]:
            self._sink.dissolve([mark.char * mark.size for mark in gone])
            del self._opened[keep:]

    def _closed_by(self, char: str, most: int) -> int | None:
        """Which one such a run closes: one of its size, or the innermost that is smaller."""
        depths = [depth for depth, mark in enumerate(self._opened) if mark.char == char]
        same = [depth for depth in depths if self._opened[depth].size == most]
        smaller = [depth for depth in depths if self._opened[depth].size < most]
        return next(reversed(same or smaller), None)


@lru_cache(maxsize=4096)
def roles(two_before: str, mark: str, size: int, two_after: str) -> tuple[bool, bool]:
    """Whether a run of so many marks may open, and whether it may close."""
    behind, before, after, beyond = two_before[0], two_before[1], two_after[0], two_after[1]
    opens = not after.isspace() and not _is_closing(after, beyond)
    closes = not before.isspace() and not _is_opening(before, behind)
    if size == 1:
        if _is_word(before) and _is_word(after):
            # *强调*文字
            return False, mark == "*" and _is_unspaced(before) and _is_unspaced(after)
        # 5 *3 and 4* 2
        opens = opens and not (before.isspace() and behind.isdigit() and after.isdigit())
        closes = closes and not (after.isspace() and before.isdigit() and beyond.isdigit())
    elif after.isdigit() and before.isalnum() and (before.isdigit() or not _is_unspaced(before)):
        # 2**3, but not 第**1**步
        return False, False
    opens = opens and _may_precede(before, behind, after, size)
    closes = closes and _may_follow(before, after, beyond, mark, size)
    return opens, closes


def _may_precede(before: str, behind: str, after: str, size: int) -> bool:
    if before in _QUOTES and behind.isalnum():  # 24"*36"
        return False
    if before.isspace() or before in _MARKS or before in _QUOTES:
        return after != "." or size > 1
    if _is_unspaced(before):
        return size > 1 or not before.isalnum()
    if size > 1 and behind in "*~" and not before.isalnum() and _is_word(after) and after != "/":
        # **Mon**-**Fri**, **9:00**/**17:00**
        return True
    if before.isalnum() or before in _FIGURES:
        return False
    # (3+4)*5*(6+7)
    if category(before) in {"Pe", "Pf"} and (size == 1 or after.isdigit()):
        return False
    if before == "-":
        return behind.isspace()
    return not (before in ".,:;" and (after.isdigit() or after == "."))


def _may_follow(before: str, after: str, beyond: str, mark: str, size: int) -> bool:
    if after.isspace() or after in _MARKS or after in _QUOTES:
        return True
    if after in ".,:;-" and beyond.isalnum() and beyond.isascii():
        # __init__.py, _config_-old
        return mark != "_" and size > 1
    if _is_unspaced(after):
        return size > 1 or not after.isalnum() or not before.isalnum()
    if after.isalnum():
        return mark == "*" and (size > 1 or category(before) in {"Pe", "Pf", "Po"})
    if after in _FIGURES:
        return mark != "_" and size > 1
    return category(after) != "Ps" or size > 1


def _is_word(char: str) -> bool:
    return char.isalnum() or char in _FIGURES


def _is_unspaced(char: str) -> bool:
    return char >= _UNSPACED and (char.isalnum() or (category(char)[0] == "P" and char > "\u2e7f"))


def _is_opening(char: str, behind: str) -> bool:
    if char in _QUOTES:
        return behind.isspace()
    return category(char) in {"Ps", "Pi"}


def _is_closing(char: str, beyond: str) -> bool:
    if char in _QUOTES:
        return beyond.isspace()
    return char in _STOPS or category(char) in {"Pe", "Pf"}
