"""The index behind the list of conversations."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_take_over")]

    operations = [
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["-active_at", "-id"], name="chat_by_activity"),
        ),
    ]
