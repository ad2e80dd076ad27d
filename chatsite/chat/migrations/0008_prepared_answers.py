import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0007_waits_and_a_person"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
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
                        help_text="SHA-256 of the question, its language, and the editions of articles and policy.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("task_type", models.CharField(max_length=80)),
                ("knowledge", models.CharField(help_text="The articles' edition.", max_length=32)),
                (
                    "cost",
                    models.PositiveBigIntegerField(help_text="What it cost, in nano-dollars."),
                ),
                ("kept_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "hits",
                    models.PositiveIntegerField(
                        default=0, help_text="How often it was given again."
                    ),
                ),
                ("hit_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reply",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept",
                        to="chat.message",
                    ),
                ),
            ],
            options={
                "ordering": ["-hits", "-kept_at"],
            },
        ),
        migrations.CreateModel(
            name="Prepared",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("approved", "approved answer"), ("kept", "answer given before")],
                        max_length=8,
                    ),
                ),
                ("task_type", models.CharField(max_length=80)),
                ("similarity", models.FloatField(help_text="0 to 1, to the task type's examples.")),
                ("recognised_by", models.CharField(max_length=300)),
                (
                    "saved",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Nano-dollars that the kept answer had cost."
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="given",
                        to="chat.keptanswer",
                    ),
                ),
                (
                    "reply",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prepared",
                        to="chat.message",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="keptanswer",
            index=models.Index(fields=["kept_at"], name="chat_kept_by_time"),
        ),
        migrations.AddConstraint(
            model_name="prepared",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["approved", "kept"])),
                name="chat_preparation_is_known",
            ),
        ),
    ]
