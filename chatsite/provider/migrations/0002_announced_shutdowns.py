import datetime

from django.db import migrations

# As the provider announced them.
SHUTDOWNS = {
    "gpt-3.5-turbo": datetime.date(2026, 10, 23),
    "gpt-4": datetime.date(2026, 10, 23),
}


def note(apps, schema_editor):
    models = apps.get_model("provider", "ProviderModel").objects
    for name, day in SHUTDOWNS.items():
        models.get_or_create(name=name, defaults={"shuts_down_on": day})


class Migration(migrations.Migration):
    dependencies = [("provider", "0001_initial")]

    operations = [
        migrations.RunPython(note, migrations.RunPython.noop),
    ]
