"""What staff decide about a conversation, and answers that offer a person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="cannedanswer",
            name="chat_canned_kind_is_known",
        ),
        migrations.AddField(
            model_name="conversation",
            name="handed_back_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="resolved_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="offers_person",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="A button below the answer asks for a person.",
            ),
        ),
        migrations.AlterField(
            model_name="cannedanswer",
            name="kind",
            field=models.CharField(
                choices=[
                    ("approved", "approved answer"),
                    ("saved", "saved answer"),
                    ("person", "request for a person"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="cannedanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["approved", "saved", "person"])),
                name="chat_canned_kind_is_known",
            ),
        ),
    ]
