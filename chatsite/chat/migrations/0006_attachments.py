import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Django would make SQLite's table anew, which takes long where there are many messages, and loses
# the triggers by which they are searched.
ON_SQLITE = {
    "files": """text NOT NULL DEFAULT '[]' CHECK (JSON_VALID("files") OR "files" IS NULL)""",
    "files_unseen": "bool NOT NULL DEFAULT 0",
}


class AddColumn(migrations.AddField):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            column = f'"{self.name}" {ON_SQLITE[self.name]}'
            schema_editor.execute(f'ALTER TABLE "chat_message" ADD COLUMN {column}')
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0005_language_and_first_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddColumn(
            model_name="message",
            name="files",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="Files sent with the message: the Attachment.facts of each.",
            ),
        ),
        AddColumn(
            model_name="message",
            name="files_unseen",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="On a reply: whether the customer attached a file that the model was not shown.",
            ),
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "visitor",
                    models.CharField(
                        blank=True,
                        help_text="The customer who sent it; blank: staff did.",
                        max_length=64,
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("image", "Image"), ("pdf", "Pdf")], max_length=5),
                ),
                ("content_type", models.CharField(max_length=30)),
                ("name", models.CharField(max_length=100)),
                ("size", models.PositiveIntegerField(help_text="Bytes, as stored.")),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("pages", models.PositiveIntegerField(null=True)),
                (
                    "text",
                    models.TextField(
                        blank=True, help_text="For a PDF file: the beginning of its text."
                    ),
                ),
                ("file", models.CharField(help_text="Its name in the storage.", max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="chat.message",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        fields=["visitor", "created_at"], name="chat_attachments_of_visitor"
                    ),
                    models.Index(
                        condition=models.Q(("message__isnull", True)),
                        fields=["created_at"],
                        name="chat_unsent_attachments",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("height__isnull", False),
                                ("kind", "image"),
                                ("text", ""),
                                ("width__isnull", False),
                            ),
                            models.Q(("kind", "pdf"), ("pages__isnull", False)),
                            _connector="OR",
                        ),
                        name="chat_attachments_are_images_or_pdf",
                    )
                ],
            },
        ),
    ]
