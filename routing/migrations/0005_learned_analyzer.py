from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0004_first_policy"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="policy",
            name="routing_analyzer_is_known",
        ),
        migrations.AlterField(
            model_name="policy",
            name="analyzer",
            field=models.CharField(
                choices=[
                    (
                        "learned",
                        "learned: as the rules, until it has learned from the site's labels",
                    ),
                    ("rules", "rules: local, at once, without a call"),
                    ("model", "model: the cheap tier rates each message by the criteria"),
                ],
                default="learned",
                help_text="What scores a message. The model costs a call and about a second each time; where it gives no score, the rules decide.",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="routedecision",
            name="analyzer",
            field=models.CharField(help_text="What gave the score, and its stage.", max_length=32),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("analyzer__in", ["learned", "rules", "model"])),
                name="routing_analyzer_is_known",
            ),
        ),
    ]
