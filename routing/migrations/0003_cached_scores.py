import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0002_decisions"),
    ]

    operations = [
        migrations.CreateModel(
            name="CachedScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="SHA-256 of words, criteria and model.", max_length=64
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(help_text="1 to 10.")),
                ("scored_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["scored_at"], name="routing_scores_by_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("key",), name="routing_one_score_per_key"),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 1), ("score__lte", 10)),
                        name="routing_cached_score_in_range",
                    ),
                ],
            },
        ),
    ]
