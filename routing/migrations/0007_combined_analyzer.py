import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0006_new_sites_learn"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="policy",
            name="routing_analyzer_is_known",
        ),
        migrations.AddField(
            model_name="policy",
            name="band",
            field=models.FloatField(
                default=1.5,
                help_text="Combined only: the model is asked where the local score is within so many points of the threshold. 9: about every message.",
                validators=[
                    django.core.validators.MinValueValidator(
                        0, "At least 0: then a model is asked at the threshold itself alone."
                    ),
                    django.core.validators.MaxValueValidator(
                        9, "At most 9: then a model is asked about every message."
                    ),
                ],
                verbose_name="uncertain band",
            ),
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
                    ("combined", "combined: as learned, and the model where that is uncertain"),
                ],
                default="learned",
                help_text="What scores a message. The model costs a call; a customer waits at most 0.3 s for it, then the local score decides, and the model's is kept for the next who asks.",
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("analyzer__in", ["learned", "rules", "model", "combined"])),
                name="routing_analyzer_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("band__gte", 0), ("band__lte", 9)),
                name="routing_band_in_range",
            ),
        ),
    ]
