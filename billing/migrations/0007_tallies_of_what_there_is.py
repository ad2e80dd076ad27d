"""Add up the entries that are there. One statement a table: an entry is seen by both or by none."""

from django.db import migrations

DIALECTS = {
    "sqlite": {
        "quarter": "DATETIME(STRFTIME('%%s', SUBSTR(called_at, 1, 19)) / 900 * 900, 'unixepoch')",
        "took": "CAST(ROUND((JULIANDAY(settled_at) - JULIANDAY(called_at)) * 86400000) AS BIGINT)",
    },
    "postgresql": {
        "quarter": "TO_TIMESTAMP(FLOOR(EXTRACT(EPOCH FROM called_at) / 900) * 900)",
        "took": "CAST(ROUND(EXTRACT(EPOCH FROM settled_at - called_at) * 1000) AS BIGINT)",
    },
}
STATEMENTS = [
    "DELETE FROM billing_tally",
    """
    INSERT INTO billing_tally
        (quarter, tier, model, purpose, outcome, calls, input_tokens, cached_tokens, output_tokens,
         reasoning_tokens, amount, estimated_amount, compared_amount, milliseconds,
         within_1s, within_2s, within_4s, within_8s, within_16s, within_32s)
    SELECT {quarter}, tier, model_requested, purpose, outcome, COUNT(*),
        SUM(COALESCE(input_tokens, 0)), SUM(COALESCE(cached_tokens, 0)),
        SUM(COALESCE(output_tokens, 0)), SUM(COALESCE(reasoning_tokens, 0)),
        SUM(amount), SUM(CASE WHEN estimated THEN amount ELSE 0 END),
        SUM(COALESCE(compared_amount, amount)), SUM({took}),
        SUM(CASE WHEN {took} <= 1000 THEN 1 ELSE 0 END),
        SUM(CASE WHEN {took} <= 2000 THEN 1 ELSE 0 END),
        SUM(CASE WHEN {took} <= 4000 THEN 1 ELSE 0 END),
        SUM(CASE WHEN {took} <= 8000 THEN 1 ELSE 0 END),
        SUM(CASE WHEN {took} <= 16000 THEN 1 ELSE 0 END),
        SUM(CASE WHEN {took} <= 32000 THEN 1 ELSE 0 END)
    FROM billing_ledgerentry
    GROUP BY 1, 2, 3, 4, 5
    """,
    "DELETE FROM billing_conversationcost",
    """
    INSERT INTO billing_conversationcost (conversation, visitor, calls, amount, first_at, last_at)
    SELECT conversation, MAX(visitor), COUNT(*), SUM(amount), MIN(called_at), MAX(called_at)
    FROM billing_ledgerentry
    WHERE conversation <> ''
    GROUP BY 1
    """,
]


def add_up(apps, schema_editor):
    dialect = DIALECTS[schema_editor.connection.vendor]
    with schema_editor.connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement.format(**dialect), [])


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_tallies")]

    operations = [migrations.RunPython(add_up, migrations.RunPython.noop)]
