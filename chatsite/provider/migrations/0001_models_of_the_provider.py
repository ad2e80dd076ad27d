import django.core.validators
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("read_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("listed", models.PositiveIntegerField(default=0, help_text="Models on the list.")),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        help_text="Why the list was not believed; nothing changed then.",
                        max_length=200,
                    ),
                ),
            ],
            options={
                "ordering": ["-read_at"],
                "get_latest_by": "read_at",
            },
        ),
        migrations.CreateModel(
            name="ProviderModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=100,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\S+\\Z", "As the provider lists it, without spaces."
                            )
                        ],
                    ),
                ),
                (
                    "shuts_down_on",
                    models.DateField(
                        blank=True,
                        help_text="As the provider has announced it; empty: not at all.",
                        null=True,
                    ),
                ),
                (
                    "listed_at",
                    models.DateTimeField(
                        editable=False, help_text="When a list last named it.", null=True
                    ),
                ),
                (
                    "missing_since",
                    models.DateTimeField(
                        editable=False, help_text="Since when lists do not name it.", null=True
                    ),
                ),
                (
                    "refused_until",
                    models.DateTimeField(
                        editable=False,
                        help_text="Not asked until then: it was not known.",
                        null=True,
                    ),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="Calls that failed since one last succeeded.",
                    ),
                ),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                ("paused_until", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "model",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("failing_since__isnull", True), ("failures", 0)),
                            models.Q(("failing_since__isnull", False), ("failures__gt", 0)),
                            _connector="OR",
                        ),
                        name="provider_failures_have_begun",
                    )
                ],
            },
        ),
    ]
