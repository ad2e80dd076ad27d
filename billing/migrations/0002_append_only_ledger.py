"""The database, too, refuses to change the ledger.

SQLite drops a table's triggers when a migration alters the table: make them again there. It has no
TRUNCATE, so that emptying a test database is a DELETE, which it therefore cannot refuse.
"""

from django.db import migrations

REFUSALS = {
    "sqlite": [
        """
        CREATE TRIGGER billing_ledgerentry_unchanging BEFORE UPDATE ON billing_ledgerentry
        BEGIN SELECT RAISE(ABORT, 'billing_ledgerentry is append-only'); END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION billing_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE integrity_constraint_violation
            USING MESSAGE = 'billing_ledgerentry is append-only'; END $$
        """,
        """
        CREATE TRIGGER billing_ledgerentry_unchanging
        BEFORE UPDATE OR DELETE ON billing_ledgerentry
        FOR EACH ROW EXECUTE FUNCTION billing_refuse()
        """,
    ],
}
REMOVALS = {
    "sqlite": ["DROP TRIGGER billing_ledgerentry_unchanging"],
    "postgresql": [
        "DROP TRIGGER billing_ledgerentry_unchanging ON billing_ledgerentry",
        "DROP FUNCTION billing_refuse",
    ],
}


def refuse(apps, schema_editor):
    for statement in REFUSALS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def allow(apps, schema_editor):
    for statement in REMOVALS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunPython(refuse, allow)]
