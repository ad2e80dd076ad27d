"""`manage.py load_prices [FILE]`: add the prices of a list that are not in force yet."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing import catalogue
from billing.errors import BadPriceList


class Command(BaseCommand):
    help = "Add the prices of a list that are not in force yet. Safe to run twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=catalogue.BUILT_IN,
            help="JSON, as billing/data/openai-prices.json, which is the default",
        )
        parser.add_argument(
            "--from",
            dest="effective_from",
            type=datetime.fromisoformat,
            help="when they take effect, such as 2027-01-01T00:00; by default the file's date",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        effective_from: datetime | None = options["effective_from"]
        if effective_from is not None and effective_from.tzinfo is None:
            effective_from = timezone.make_aware(effective_from)
        try:
            loaded = catalogue.load(options["file"], effective_from)
        except BadPriceList as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{loaded.added} prices added, {loaded.unchanged} unchanged.")
