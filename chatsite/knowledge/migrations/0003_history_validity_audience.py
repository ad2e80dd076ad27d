"""Articles keep what they were, say from when until when they are valid, and for whom."""

import django.db.models.deletion
from django.db import migrations, models

# Adding the constraint rebuilds the articles' table there, which drops its triggers (0002).
SQLITE = """
CREATE TRIGGER IF NOT EXISTS knowledge_edition_{event} AFTER {event} ON knowledge_article
BEGIN
    INSERT INTO knowledge_edition (id, value) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET value = excluded.value;
END
"""


def create_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for event in ("insert", "update", "delete"):
            schema_editor.execute(SQLITE.format(event=event))


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0002_edition"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArticleVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("language", models.CharField(blank=True, max_length=2)),
                ("published", models.BooleanField()),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("everyone", "everyone"),
                            ("signed_in", "signed-in customers"),
                            ("staff", "staff only"),
                        ],
                        max_length=9,
                    ),
                ),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                ("saved_by", models.CharField(blank=True, max_length=200)),
                ("saved_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="audience",
            field=models.CharField(
                choices=[
                    ("everyone", "everyone"),
                    ("signed_in", "signed-in customers"),
                    ("staff", "staff only"),
                ],
                db_default="everyone",
                default="everyone",
                help_text="Signed-in customers are those whom your site has signed in to the widget. The help pages cannot recognise them, so only answers use these articles. Articles for staff only are used for reply drafts in the inbox.",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="saved_by",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=200
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="valid_from",
            field=models.DateTimeField(
                blank=True, help_text="Not shown before this time. Blank: shown at once.", null=True
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="valid_until",
            field=models.DateTimeField(
                blank=True, help_text="Not shown from this time on. Blank: no end.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from", None),
                    ("valid_until", None),
                    ("valid_until__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="knowledge_article_ends_after_it_begins",
                violation_error_message="An article cannot end before it begins.",
            ),
        ),
        migrations.AddField(
            model_name="articleversion",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="knowledge.article",
            ),
        ),
        migrations.AddConstraint(
            model_name="articleversion",
            constraint=models.UniqueConstraint(
                fields=("article", "number"), name="knowledge_one_of_each_version"
            ),
        ),
        migrations.RunPython(create_triggers, create_triggers),
    ]
