import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0009_doubt_threshold"),
    ]

    operations = [
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(help_text="Whose reply: reply:12.", max_length=100)),
                (
                    "call",
                    models.CharField(
                        help_text="What wrote the answer: reply:12:1.", max_length=100
                    ),
                ),
                (
                    "doubt",
                    models.FloatField(
                        help_text="0 to 1, that the cheap answer will do: 0, it will."
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(help_text="Doubt from which it was to be written again."),
                ),
                (
                    "verifier",
                    models.CharField(
                        help_text="What gave the doubt, and its stage.", max_length=32
                    ),
                ),
                (
                    "findings",
                    models.JSONField(help_text="What moved the doubt, with points of ten."),
                ),
                (
                    "features",
                    models.JSONField(
                        help_text="What the verifier measured; weighed again, the same."
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("trusted", "the doubt is below the threshold: it stands"),
                            ("escalated", "the strong tier writes it again"),
                            ("replaced", "the strong tier's answer replaced it"),
                            ("no_room", "it stands: no budget had room for the strong tier"),
                            ("no_time", "it stands: there was no time left for the strong tier"),
                            ("failed", "it stands: the strong tier failed"),
                            ("stopped", "a person took over before the strong tier had answered"),
                        ],
                        max_length=9,
                    ),
                ),
                ("checked_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["-checked_at"],
            },
        ),
        migrations.AddIndex(
            model_name="verdict",
            index=models.Index(fields=["checked_at"], name="routing_verdicts_by_time"),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(
                fields=("reference",), name="routing_one_verdict_per_reply"
            ),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.CheckConstraint(
                condition=models.Q(("doubt__gte", 0), ("doubt__lte", 1)),
                name="routing_doubt_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "outcome__in",
                        [
                            "trusted",
                            "escalated",
                            "replaced",
                            "no_room",
                            "no_time",
                            "failed",
                            "stopped",
                        ],
                    )
                ),
                name="routing_outcome_is_known",
            ),
        ),
    ]
