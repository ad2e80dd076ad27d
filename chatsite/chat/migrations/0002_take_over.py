"""The permission to take a conversation over."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_conversations")]

    operations = [
        migrations.AlterModelOptions(
            name="conversation",
            options={
                "ordering": ["-active_at"],
                "permissions": [
                    ("take_over", "Can take conversations over, write in them and hand back")
                ],
            },
        ),
    ]
