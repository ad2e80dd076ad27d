"""Tallies: what calls came to, added up by the ledger's own commits so that no page has to.

Both tables are sums over the ledger and nothing else. One SELECT for each says which: for the entry
that is just written, for all of them (`rebuild`), and for the proof that nothing is amiss.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection, transaction

from billing.budgets import balances

# Seconds. Every zone's days begin on a quarter of an hour: India's, on the half.
QUARTER = 900
# Seconds up to which calls are counted together, for percentiles of how long they took.
BOUNDS = (1, 2, 4, 8, 16, 32)

DIALECTS = {
    "sqlite": {
        # Without the fraction: .9999 would be rounded to the next second.
        "quarter": "DATETIME("
        f"STRFTIME('%%s', SUBSTR(called_at, 1, 19)) / {QUARTER} * {QUARTER}, 'unixepoch')",
        "took": "(JULIANDAY(settled_at) - JULIANDAY(called_at)) * 86400000",
        "least": "MIN",
        "greatest": "MAX",
    },
    "postgresql": {
        "quarter": f"DATE_BIN('{QUARTER} seconds', called_at, TO_TIMESTAMP(0))",
        "took": "EXTRACT(EPOCH FROM settled_at - called_at) * 1000",
        "least": "LEAST",
        "greatest": "GREATEST",
    },
}
# How an aggregate of more entries is merged with one that is there.
MERGED = {
    "SUM": "{table}.{name} + EXCLUDED.{name}",
    "MIN": "{least}({table}.{name}, EXCLUDED.{name})",
    "MAX": "{greatest}({table}.{name}, EXCLUDED.{name})",
}


@dataclass(frozen=True, slots=True)
class Sums:
    """A table of what entries of a kind come to: columns by name, as each entry says them."""

    table: str
    keys: dict[str, str]
    columns: dict[str, str]
    aggregates: dict[str, str]  # of columns that are not summed
    where: str = "TRUE"

    @property
    def names(self) -> str:
        return ", ".join([*self.keys, *self.columns])

    def one(self) -> str:
        """Add the entry of a reference."""
        # Not grouped, which took PostgreSQL three times as long.
        values = ", ".join([*self.keys.values(), *self.columns.values()])
        return self._added(
            f"SELECT {values} FROM {ENTRIES} WHERE {self.where} AND reference = %s"  # noqa: S608
        )

    def all(self) -> str:
        return self._added(self._read())

    def differences(self) -> str:
        """Rows that the table has and the ledger does not say, and the other way round."""
        has, read = f"SELECT {self.names} FROM {self.table}", self._read()  # noqa: S608
        return self._in_dialect(f"""
            SELECT 'has' AS side, t.* FROM ({has} EXCEPT {read}) AS t
            UNION ALL
            SELECT 'ledger', l.* FROM ({read} EXCEPT {has}) AS l
            ORDER BY {", ".join(self.keys)}, side
        """)  # noqa: S608

    def _aggregate(self, name: str) -> str:
        return self.aggregates.get(name, "SUM")

    def _read(self) -> str:
        values = (f"{self._aggregate(name)}({value})" for name, value in self.columns.items())
        groups = ", ".join(str(number) for number, _ in enumerate(self.keys, start=1))
        return (
            f"SELECT {', '.join([*self.keys.values(), *values])}"  # noqa: S608
            f" FROM {ENTRIES} WHERE {self.where} GROUP BY {groups}"
        )

    def _added(self, rows: str) -> str:
        changes = ", ".join(
            f"{name} = "
            + MERGED[self._aggregate(name)].replace("{table}", self.table).replace("{name}", name)
            for name in self.columns
        )
        return self._in_dialect(
            f"INSERT INTO {self.table} ({self.names}) {rows}"
            f" ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {changes}"
        )

    def _in_dialect(self, sql: str) -> str:
        return sql.format(**DIALECTS[connection.vendor])


ENTRIES = """
    (SELECT *, {quarter} AS quarter, CAST(ROUND({took}) AS BIGINT) AS took
     FROM billing_ledgerentry) AS entries
"""
CALLS = Sums(
    table="billing_tally",
    keys={
        "quarter": "quarter",
        "tier": "tier",
        "model": "model_requested",
        "purpose": "purpose",
        "outcome": "outcome",
    },
    columns={
        "calls": "1",
        "input_tokens": "COALESCE(input_tokens, 0)",
        "cached_tokens": "COALESCE(cached_tokens, 0)",
        "output_tokens": "COALESCE(output_tokens, 0)",
        "reasoning_tokens": "COALESCE(reasoning_tokens, 0)",
        "amount": "amount",
        "estimated_amount": "CASE WHEN estimated THEN amount ELSE 0 END",
        "compared_amount": "COALESCE(compared_amount, amount)",
        "milliseconds": "took",
        **{
            f"within_{bound}s": f"CASE WHEN took <= {1000 * bound} THEN 1 ELSE 0 END"
            for bound in BOUNDS
        },
    },
    aggregates={},
)
CONVERSATIONS = Sums(
    table="billing_conversationcost",
    keys={"conversation": "conversation"},
    columns={
        "visitor": "visitor",
        "calls": "1",
        "amount": "amount",
        "first_at": "called_at",
        "last_at": "called_at",
    },
    aggregates={"visitor": "MAX", "first_at": "MIN", "last_at": "MAX"},
    where="conversation <> ''",
)


@cache
def _additions(vendor: str) -> tuple[str, str]:
    """Put together once: this is on the way of every message."""
    return CALLS.one(), CONVERSATIONS.one()


def count(reference: str) -> None:
    """Add the entry, in the transaction that writes it."""
    with connection.cursor() as cursor:
        for statement in _additions(connection.vendor):
            cursor.execute(statement, [reference])


def rebuild() -> None:
    """Make both tables anew from the ledger, which waits meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        balances.lock()
        for sums in (CALLS, CONVERSATIONS):
            cursor.execute(f"DELETE FROM {sums.table}")  # noqa: S608
            cursor.execute(sums.all(), [])


def differences() -> list[str]:
    """What a table has and the ledger does not say, or the other way round; in words."""
    found = []
    with connection.cursor() as cursor:
        for sums in (CALLS, CONVERSATIONS):
            cursor.execute(sums.differences(), [])
            found += [_in_words(sums, *row) for row in cursor.fetchall()]
    return found


def _in_words(sums: Sums, side: str, *values: Any) -> str:
    row = dict(zip([*sums.keys, *sums.columns], values, strict=True))
    key = " ".join(str(row.pop(name)) for name in sums.keys)
    what = ", ".join(f"{name} {value}" for name, value in row.items())
    return f"{sums.table} {key}: {'has' if side == 'has' else 'by the ledger'} {what}"
