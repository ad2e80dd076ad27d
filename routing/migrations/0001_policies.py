import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(editable=False, unique=True)),
                (
                    "is_current",
                    models.BooleanField(default=False, editable=False, verbose_name="in force"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="saved at"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        help_text="Why, for those who read the history of versions later.",
                        max_length=300,
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(
                        default=7,
                        help_text="Score from which the strong tier answers; scores go from 1 to 10. 1: it answers everything. 11: it answers nothing.",
                        validators=[
                            django.core.validators.MinValueValidator(
                                1, "At least 1: then every answer is the strong tier's."
                            ),
                            django.core.validators.MaxValueValidator(
                                11, "At most 11: above 10 no answer is the strong tier's."
                            ),
                        ],
                    ),
                ),
                (
                    "analyzer",
                    models.CharField(
                        choices=[
                            ("rules", "rules: local, at once, without a call"),
                            ("model", "model: the cheap tier rates each message by the criteria"),
                        ],
                        default="rules",
                        help_text="What scores a message. The model costs a call and about a second each time; where it gives no score, the rules decide.",
                        max_length=16,
                    ),
                ),
                (
                    "criteria",
                    models.TextField(
                        default="Rate how hard it is to answer the customer well.\n1-2: one fact that an article states: opening hours, a price, a phone number; or small talk.\n3-4: one plain question in which a detail has to be matched: a country, a date, a product.\n5-6: two questions, or steps to explain.\n7-8: several separate or numbered questions, conditions to weigh against each other, a comparison, a calculation, an exception to a rule, or a customer who asks the same again.\n9-10: something grave: health, safety, legal action, a disputed payment, a stolen account; or a long case with many conditions.\nLength alone does not make a message hard. A short message about something grave is a 9.",
                        help_text="By what the model rates messages from 1 to 10; the rules do not read them. Scores kept from other criteria are not used.",
                        max_length=4000,
                        verbose_name="scoring criteria",
                    ),
                ),
                (
                    "cheap_model",
                    models.CharField(
                        default="gpt-3.5-turbo",
                        help_text="As the provider lists it; the price catalogue must know it.",
                        max_length=100,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\S+\\Z",
                                "A model's name as the provider lists it, without spaces.",
                            )
                        ],
                    ),
                ),
                (
                    "cheap_successor",
                    models.CharField(
                        blank=True,
                        default="gpt-5.6-terra",
                        help_text="Answers once the provider no longer has the model. Empty: nothing does.",
                        max_length=100,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\S+\\Z",
                                "A model's name as the provider lists it, without spaces.",
                            )
                        ],
                    ),
                ),
                (
                    "cheap_output_limit",
                    models.PositiveIntegerField(
                        default=500,
                        help_text="Tokens of one answer, 16 to 4096.",
                        validators=[
                            django.core.validators.MinValueValidator(
                                16, "At least 16 tokens: less is no sentence."
                            ),
                            django.core.validators.MaxValueValidator(
                                4096, "At most 4096 tokens: the default models write no more."
                            ),
                        ],
                    ),
                ),
                (
                    "strong_model",
                    models.CharField(
                        default="gpt-4",
                        help_text="As the provider lists it; the price catalogue must know it.",
                        max_length=100,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\S+\\Z",
                                "A model's name as the provider lists it, without spaces.",
                            )
                        ],
                    ),
                ),
                (
                    "strong_successor",
                    models.CharField(
                        blank=True,
                        default="gpt-5.6-sol",
                        help_text="Answers once the provider no longer has the model. Empty: nothing does.",
                        max_length=100,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\S+\\Z",
                                "A model's name as the provider lists it, without spaces.",
                            )
                        ],
                    ),
                ),
                (
                    "strong_output_limit",
                    models.PositiveIntegerField(
                        default=900,
                        help_text="Tokens of one answer, 16 to 4096.",
                        validators=[
                            django.core.validators.MinValueValidator(
                                16, "At least 16 tokens: less is no sentence."
                            ),
                            django.core.validators.MaxValueValidator(
                                4096, "At most 4096 tokens: the default models write no more."
                            ),
                        ],
                    ),
                ),
                (
                    "temperature",
                    models.FloatField(
                        default=0.3,
                        help_text="0 to 2. Low: the same question gets the same answer. High: freer wording.",
                        validators=[
                            django.core.validators.MinValueValidator(0, "At least 0."),
                            django.core.validators.MaxValueValidator(
                                2, "At most 2: the provider refuses more."
                            ),
                        ],
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="routing.policy",
                    ),
                ),
            ],
            options={
                "verbose_name": "policy version",
                "ordering": ["-version"],
            },
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)),
                fields=("is_current",),
                name="routing_one_policy_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gte", 1), ("threshold__lte", 11)),
                name="routing_threshold_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cheap_output_limit__gte", 16),
                    ("cheap_output_limit__lte", 4096),
                    ("strong_output_limit__gte", 16),
                    ("strong_output_limit__lte", 4096),
                ),
                name="routing_output_limits_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("temperature__gte", 0), ("temperature__lte", 2)),
                name="routing_temperature_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cheap_model", ""), _negated=True),
                    models.Q(("strong_model", ""), _negated=True),
                ),
                name="routing_models_are_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("analyzer__in", ["rules", "model"])),
                name="routing_analyzer_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="routing_policy_has_a_reason",
            ),
        ),
    ]
