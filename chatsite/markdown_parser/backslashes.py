"""Which backslashes escape the sign behind them, and which belong to a path."""

import re

_DRIVE = re.compile(r"[^\w]?[A-Za-z]:")
# Characters between brackets, as far as they are looked for.
_MOST_BETWEEN = 200
_ESCAPED = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def begins_path(source: str, at: int) -> bool:
    """Whether the backslash stands in a path: C:\\Users, \\\\server, dir\\file or ..\\file."""
    after, before = source[at + 1 : at + 2], source[max(at - 2, 0) : at]
    return (
        (before[1:] == ":" and bool(_DRIVE.fullmatch(source, max(at - 3, 0), at)))
        or (after == "\\" and source[at + 2 : at + 3].isalnum())
        or (bool(before) and (before[-1].isalnum() or before[-1] in "%~}") and after.isalnum())
        or before in {"..", " .", "."}
    )


def escapes(source: str, at: int) -> bool:
    """Whether the sign behind a backslash that is in no path stands for itself."""
    after, before = source[at + 1 : at + 2], source[max(at - 1, 0) : at]
    if after == ")" and before.isalnum():
        # As the one that it closes, if there is one: f\\(x\\), \\(x\\).
        opened = source.rfind("\\(", max(at - _MOST_BETWEEN, 0), at)
        return opened < 0 or not source[max(opened - 1, 0) : opened].isalnum()
    return after in _ESCAPED and not (after == "(" and before.isalnum())
