"""`manage.py restore FILE --yes`: the database as a backup has it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatsite.operations import backups
from chatsite.operations.backups import NotRestored


class Command(BaseCommand):
    help = "Replaces the database by a backup. Stop the site first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--yes", action="store_true", help="replace the current data without asking"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"]:
            raise CommandError("This replaces all current data. To confirm, add --yes.")
        try:
            backups.restore(options["file"])
        except NotRestored as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Restored. Run `manage.py setup` before the site starts again.")
