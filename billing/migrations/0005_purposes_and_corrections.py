"""More purposes of calls, and entries that correct what was charged."""

from django.db import migrations, models

PURPOSES = [
    ("answer", "Answer"),
    ("scoring", "Scoring"),
    ("judging", "Judging"),
    ("evaluation", "Evaluation"),
    ("summary", "Summary"),
    ("reconciliation", "Reconciliation"),
]
# As 0002 makes it: SQLite has dropped it with the constraint's old table.
REFUSAL = """
CREATE TRIGGER IF NOT EXISTS billing_ledgerentry_unchanging BEFORE UPDATE ON billing_ledgerentry
BEGIN SELECT RAISE(ABORT, 'billing_ledgerentry is append-only'); END
"""


def refuse_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(REFUSAL)


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_ladders_and_warning_lines")]

    operations = [
        *(
            migrations.AlterField(
                model_name=model,
                name="purpose",
                field=models.CharField(choices=PURPOSES, max_length=20),
            )
            for model in ("hold", "ledgerentry")
        ),
        # Back, SQLite's table is made anew in the other order.
        migrations.RunPython(migrations.RunPython.noop, refuse_again),
        migrations.RemoveConstraint(model_name="ledgerentry", name="billing_no_negative_charge"),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reserved__gte", 0),
                    models.Q(("amount__gte", 0), ("purpose", "reconciliation"), _connector="OR"),
                ),
                name="billing_no_negative_charge",
            ),
        ),
        migrations.RunPython(refuse_again, migrations.RunPython.noop),
    ]
