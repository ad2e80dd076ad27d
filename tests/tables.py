"""Markdown tables for what the chaos and load runs print."""

import sys
from collections.abc import Mapping, Sequence


def table(title: str, rows: Sequence[Mapping[str, object]]) -> str:
    """Columns are the first row's keys; floats get one digit after the point."""
    headings = list(rows[0])
    lines = [f"\n### {title}\n", f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    for row in rows:
        cells = (f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row.values())
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def show(title: str, rows: Sequence[Mapping[str, object]]) -> None:
    sys.stdout.write(table(title, rows) + "\n")
    sys.stdout.flush()
