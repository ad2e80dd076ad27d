import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0001_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="RouteDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(help_text="Whose reply: reply:12.", max_length=100)),
                (
                    "tier",
                    models.CharField(
                        choices=[("cheap", "cheap"), ("strong", "strong")], max_length=6
                    ),
                ),
                ("score", models.FloatField(help_text="1 to 10.")),
                (
                    "threshold",
                    models.FloatField(help_text="Score from which the strong tier answered."),
                ),
                ("analyzer", models.CharField(help_text="What gave the score.", max_length=16)),
                ("reason", models.TextField()),
                (
                    "features",
                    models.JSONField(
                        help_text="What the rules saw; weighed again, it scores the same."
                    ),
                ),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="routing.policy",
                    ),
                ),
            ],
            options={
                "ordering": ["-decided_at"],
            },
        ),
        migrations.AddIndex(
            model_name="routedecision",
            index=models.Index(fields=["decided_at"], name="routing_decisions_by_time"),
        ),
        migrations.AddConstraint(
            model_name="routedecision",
            constraint=models.UniqueConstraint(
                fields=("reference",), name="routing_one_decision_per_reply"
            ),
        ),
        migrations.AddConstraint(
            model_name="routedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__gte", 1), ("score__lte", 10)),
                name="routing_score_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="routedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", ["cheap", "strong"])), name="routing_tier_is_known"
            ),
        ),
    ]
