import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0012_detours"),
    ]

    operations = [
        migrations.AddField(
            model_name="routedecision",
            name="pinned",
            field=models.CharField(
                blank=True,
                help_text="The tier that the task type wants at any threshold.",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="routedecision",
            name="recognised_by",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="routedecision",
            name="similarity",
            field=models.FloatField(help_text="0 to 1, to the task type's examples.", null=True),
        ),
        migrations.AddField(
            model_name="routedecision",
            name="task_type",
            field=models.CharField(blank=True, help_text="Blank: none recognised.", max_length=80),
        ),
        migrations.CreateModel(
            name="Library",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "edition",
                    models.CharField(help_text="Another one after each change.", max_length=32),
                ),
                (
                    "recogniser",
                    models.TextField(blank=True, help_text="What was learned from the examples."),
                ),
                (
                    "taught",
                    models.CharField(
                        blank=True, help_text="SHA-256 of those examples.", max_length=64
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="routing_one_library"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskType",
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
                        help_text="As it stands on receipts.", max_length=80, unique=True
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=300)),
                (
                    "examples",
                    models.TextField(
                        help_text="What customers write, one message a line, in their own words and languages. Ten or more that differ tell it best.",
                        max_length=50000,
                    ),
                ),
                (
                    "phrases",
                    models.TextField(
                        blank=True,
                        help_text="One a line. A message that holds one of them word for word is of this type, whatever else it says.",
                        max_length=5000,
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cheap", "always the cheap tier"),
                            ("strong", "always the strong tier"),
                        ],
                        help_text="Blank: as the score says. What is grave goes to the strong tier even so.",
                        max_length=6,
                    ),
                ),
                (
                    "points",
                    models.FloatField(
                        default=0,
                        help_text="-9 to 9. Above 0, the strong tier answers more of them; below, the cheap one.",
                        validators=[
                            django.core.validators.MinValueValidator(-9),
                            django.core.validators.MaxValueValidator(9),
                        ],
                        verbose_name="points added to the score",
                    ),
                ),
                (
                    "approved_answer",
                    models.TextField(
                        blank=True,
                        help_text="Markdown. Given as it stands, without a call.",
                        max_length=10000,
                    ),
                ),
                (
                    "answers_itself",
                    models.BooleanField(
                        default=False,
                        help_text="To a first message that is certainly of this type and where nothing is at stake. Otherwise it is given only where a budget leaves no room for a call.",
                        verbose_name="give the approved answer at once",
                    ),
                ),
                (
                    "cacheable",
                    models.BooleanField(
                        default=False,
                        help_text="To the same first question, while articles and policy stay as they are. Not where the answer depends on who asks: an order, an account.",
                        verbose_name="answers may be given again",
                    ),
                ),
                (
                    "active",
                    models.BooleanField(default=True, help_text="Messages are recognised as it."),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True),
                            models.Q(("examples", ""), _negated=True),
                        ),
                        name="routing_task_types_have_examples",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", ["", "cheap", "strong"])),
                        name="routing_pinned_tier_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tier", ""), ("points", 0), _connector="OR"),
                        name="routing_a_pinned_tier_or_points",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("points__gte", -9), ("points__lte", 9)),
                        name="routing_points_in_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answers_itself", False),
                            models.Q(("approved_answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="routing_what_answers_itself_has_an_answer",
                    ),
                ],
            },
        ),
    ]
