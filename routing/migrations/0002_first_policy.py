from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# The source article's router: a score of 7 goes to the strong tier. Both models were announced
# to be shut down on 2026-10-23; the successors are the ones that the announcement names.
SETTINGS = {
    "threshold": 7,
    "analyzer": "learned",
    "cheap_model": "gpt-3.5-turbo",
    "cheap_successor": "gpt-5.6-terra",
    "cheap_output_limit": 500,
    "strong_model": "gpt-4",
    "strong_successor": "gpt-5.6-sol",
    "strong_output_limit": 900,
    "temperature": 0.3,
}
REASON = "What the site came with."


def first_policy(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A site decides from its first message on. The criteria are the field's default."""
    Policy = apps.get_model("routing", "Policy")
    policies = Policy.objects.using(schema_editor.connection.alias)
    if not policies.exists():
        policies.create(version=1, is_current=True, reason=REASON, **SETTINGS)


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]

    operations = [migrations.RunPython(first_policy, migrations.RunPython.noop)]
