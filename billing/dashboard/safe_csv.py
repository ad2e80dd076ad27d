"""CSV that a spreadsheet opens without running any of it. Pure."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal

# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Before it: skipped, or not seen.
NOTHING = " \u200b\u2060\ufeff"


class _Plain(Decimal):
    """A number that is written without an exponent, and without quotes."""

    def __str__(self) -> str:
        return f"{self:f}"


class _Echo:
    """What a csv.writer writes to comes back from it."""

    def write(self, line: str) -> str:
        return line


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Text that would be a formula is given an apostrophe; numbers stay numbers."""
    # Text in quotes: `x;=cmd` is one cell also where a semicolon or a tab separates them.
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    # A byte order mark: without it, spreadsheets take UTF-8 for the local code page.
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([_safe(value) for value in row])


def _safe(value: object) -> object:
    if isinstance(value, int | float | Decimal):
        return _Plain(value) if isinstance(value, Decimal) else value
    text = str(value)
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Also in the wide letters of East Asia, which some spreadsheets read as ours."""
    beginning = unicodedata.normalize("NFKC", text.lstrip(NOTHING)[:20])
    return beginning.lstrip(NOTHING).startswith(FORMULA)
