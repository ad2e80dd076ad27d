from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0011_learned_models"),
    ]

    operations = [
        migrations.AddField(
            model_name="routedecision",
            name="detour",
            field=models.TextField(
                blank=True, help_text="Why another model was asked than the tier's own."
            ),
        ),
    ]
