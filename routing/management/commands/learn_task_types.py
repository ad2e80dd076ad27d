"""`manage.py learn_task_types`: what the workers run once the examples have changed."""

from typing import Any

from django.core.management.base import BaseCommand

from routing.task_types import library


class Command(BaseCommand):
    help = (
        "Trains the recognition of task types on their current examples. Workers do this by "
        "themselves within a minute of a change. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        learned = library.learn()
        self.stdout.write("Task types learned." if learned else "Nothing new to learn.")
