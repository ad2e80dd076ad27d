"""`manage.py import_articles`: carries out what is waiting to be imported."""

from typing import Any

from django.core.management.base import BaseCommand

from chatsite.knowledge.importing import import_run
from chatsite.knowledge.models import Import


class Command(BaseCommand):
    help = "Processes the imports that are waiting for a worker. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        for waiting in Import.objects.waiting().order_by("id"):
            import_run.carry_out(waiting.pk)
