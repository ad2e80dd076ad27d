"""CSV that a spreadsheet opens without running any of it. Pure."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal

# What a spreadsheet takes for the beginning of a formula, or of another cell.
FORMULA = ("=", "+", "-", "@")
BREAKS = ("\t", "\r", "\n")
# Unicode's categories of what is skipped before it, or not seen: spaces, marks without width,
# controls.
NOTHING = frozenset({"Zs", "Zl", "Zp", "Cf", "Cc"})


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
    if text.startswith(BREAKS):
        return True
    first = next((letter for letter in text if unicodedata.category(letter) not in NOTHING), "")
    return unicodedata.normalize("NFKC", first).startswith(FORMULA)
