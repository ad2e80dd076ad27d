"""`manage.py backup FILE`: a copy of the database, while the site runs."""

import subprocess
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chatsite.operations import backups


class Command(BaseCommand):
    help = "Writes a consistent copy of the database to a file, while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            backups.write(file)
        except subprocess.CalledProcessError as error:
            raise CommandError(f"pg_dump: {error.stderr.strip()}") from error
        except (OSError, DatabaseError) as error:
            raise CommandError(f"{file} was not written: {error}") from error
        self.stdout.write(f"{file}: {file.stat().st_size:,} bytes.")
