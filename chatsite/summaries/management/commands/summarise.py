"""`manage.py summarise`: the night's conversations, queued now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatsite.summaries import nightly_summaries
from chatsite.summaries.models import Summarising


class Command(BaseCommand):
    help = "Queue ended conversations for summaries, and store the summaries that have arrived."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Summarising.current().is_on:
            raise CommandError("Summaries are off. Turn them on in the admin.")
        self.stdout.write(f"{nightly_summaries.collect()} summaries have arrived.")
        nightly_summaries.send(timezone.now())
        self.stdout.write(Summarising.current().last_night)
