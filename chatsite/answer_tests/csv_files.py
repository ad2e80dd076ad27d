"""Tests from a CSV file, as spreadsheets write it, and back."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextField

from billing.dashboard import safe_csv
from chatsite.answer_tests.models import Case, CaseSet

COLUMNS = (
    "question",
    "earlier",
    "must_say",
    "must_not_say",
    "tier",
    "sources",
    "person",
    "language",
)
# A cell of these holds several, one per line or separated by semicolons.
SEVERAL = ("must_say", "must_not_say", "sources")
MOST = 5000
# Characters, as the form takes them: full_clean does not count them.
LONGEST = {
    name: cast(TextField[str, str], Case._meta.get_field(name)).max_length or 0
    for name in ("question", "earlier", "must_say", "must_not_say", "sources")
}


class BadFile(Exception):
    """The file cannot be imported; says why, with the line."""


def read(text: str, into: CaseSet) -> int:
    """Add the tests that the set has not yet; returns how many. All or none. Raises BadFile."""
    text = text.removeprefix("\ufeff")
    try:
        dialect = csv.Sniffer().sniff(text[:2000].partition("\n")[0], ",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = list(csv.DictReader(io.StringIO(text), dialect=dialect))
    except csv.Error as error:
        raise BadFile(f"This is not a CSV file: {error}.") from error
    if not rows or "question" not in rows[0]:
        raise BadFile("The first line must name the columns. One of them must be “question”.")
    if unknown := sorted(str(name) for name in rows[0] if name not in COLUMNS):
        raise BadFile(f"Unknown column: {', '.join(unknown)}. Known: {', '.join(COLUMNS)}.")
    if len(rows) > MOST:
        raise BadFile(f"{len(rows)} tests: at most {MOST} in a file.")
    known = set(into.cases.values_list("question", "earlier"))
    cases = []
    for line, row in enumerate(rows, 2):
        case = _case(row, into)
        for name, longest in LONGEST.items():
            if len(getattr(case, name)) > longest:
                raise BadFile(f"Line {line}: “{name}” is longer than {longest} characters.")
        try:
            case.full_clean()
        except ValidationError as error:
            raise BadFile(f"Line {line}: {'; '.join(error.messages)}") from error
        if (case.question, case.earlier) not in known:
            known.add((case.question, case.earlier))
            cases.append(case)
    with transaction.atomic():
        Case.objects.bulk_create(cases, batch_size=500)
    return len(cases)


def lines(cases: Iterable[Case]) -> Iterator[str]:
    """The lines of a file that `read` can import."""
    return safe_csv.lines([COLUMNS, *([getattr(case, name) for name in COLUMNS] for case in cases)])


def _text(cell: str | None) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    text = (cell or "").strip()
    return text[1:] if text.startswith("'") and safe_csv.is_formula(text[1:]) else text


def _case(row: dict[str, str | None], into: CaseSet) -> Case:
    given = {name: _text(row.get(name)) for name in COLUMNS}
    for name in SEVERAL:
        parts = given[name].replace(";", "\n").splitlines()
        given[name] = "\n".join(part.strip() for part in parts if part.strip())
    given["tier"], given["person"] = given["tier"].lower(), given["person"].lower()
    return Case(set=into, **given)
