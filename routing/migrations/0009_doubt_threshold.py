import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0008_what_moved_the_score"),
    ]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="doubt_threshold",
            field=models.FloatField(
                default=0.6,
                help_text="Doubt from which the strong tier writes a finished cheap answer again; doubts go from 0 to 1. 0: each one. 1: none, and none is checked.",
                validators=[
                    django.core.validators.MinValueValidator(
                        0, "At least 0: then every cheap answer is written again."
                    ),
                    django.core.validators.MaxValueValidator(
                        1, "At most 1: then no answer is checked."
                    ),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("doubt_threshold__gte", 0), ("doubt_threshold__lte", 1)),
                name="routing_doubt_threshold_in_range",
            ),
        ),
    ]
