"""An estimate may have tokens, counted here, and says why it is one."""

from django.db import migrations, models

# As 0002 makes it: SQLite drops it with the table that a constraint is changed of.
REFUSAL = """
CREATE TRIGGER IF NOT EXISTS billing_ledgerentry_unchanging BEFORE UPDATE ON billing_ledgerentry
BEGIN SELECT RAISE(ABORT, 'billing_ledgerentry is append-only'); END
"""


def refuse_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(REFUSAL)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_append_only_ledger"),
    ]

    operations = [
        # Back, SQLite's table is made anew in the other order.
        migrations.RunPython(migrations.RunPython.noop, refuse_again),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="billing_estimated_where_usage_is_unknown",
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="estimated_because",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="why estimated"
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="estimated",
            field=models.BooleanField(help_text="The provider did not say exactly what it bills."),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="price_assumed",
            field=models.BooleanField(
                help_text="Another model or service tier answered: the price is that of the one asked."
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("estimated", True),
                        ("input_tokens__isnull", True),
                        ("output_tokens__isnull", True),
                    ),
                    models.Q(
                        ("estimated", True),
                        ("input_tokens__gte", 0),
                        ("input_tokens__isnull", False),
                        ("output_tokens__gte", 0),
                        ("output_tokens__isnull", False),
                    ),
                    models.Q(
                        ("estimated", False),
                        ("input_tokens__gte", 0),
                        ("input_tokens__isnull", False),
                        ("output_tokens__gte", 0),
                        ("output_tokens__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="billing_estimated_where_usage_is_unknown",
            ),
        ),
        migrations.RunPython(refuse_again, migrations.RunPython.noop),
    ]
