from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0007_combined_analyzer"),
    ]

    operations = [
        migrations.AddField(
            model_name="routedecision",
            name="moved",
            field=models.JSONField(
                default=list,
                help_text="Features with the points by which they raised or lowered it.",
                verbose_name="what moved the score",
            ),
        ),
    ]
