from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0004_ratings"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScoringShare",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "call",
                    models.CharField(
                        help_text="The call's reference on the ledger.", max_length=100
                    ),
                ),
                (
                    "reply",
                    models.CharField(
                        help_text="Whose score it asked for: reply:12.", max_length=100
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(help_text="Of the reply.")),
                (
                    "part",
                    models.PositiveSmallIntegerField(
                        help_text="From 0, in the order they were asked."
                    ),
                ),
                ("parts", models.PositiveSmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("call", "part"), name="chat_one_reply_per_part"
                    ),
                    models.UniqueConstraint(
                        fields=("reply", "attempt"), name="chat_one_scoring_call_per_attempt"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("part__lt", models.F("parts"))),
                        name="chat_a_part_of_the_parts",
                    ),
                ],
            },
        ),
    ]
