from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

AS_SHIPPED = {
    "version": 1,
    "is_current": True,
    "analyzer": "rules",
    "reason": "What the site came with.",
}


def learn(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Where nothing was decided yet, the learned analyzer is in force: the same scores for now.

    A site in use keeps the policy that its operators know; they may choose the analyzer.
    """
    alias = schema_editor.connection.alias
    if not apps.get_model("routing", "RouteDecision").objects.using(alias).exists():
        policies = apps.get_model("routing", "Policy").objects.using(alias)
        policies.filter(**AS_SHIPPED).update(analyzer="learned")


class Migration(migrations.Migration):
    dependencies = [("routing", "0005_learned_analyzer")]

    operations = [migrations.RunPython(learn, migrations.RunPython.noop)]
