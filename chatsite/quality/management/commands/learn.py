"""`manage.py learn`: collects labels, fits, and proposes what an operator may accept."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from chatsite.quality.learning import nightly_training


class Command(BaseCommand):
    help = (
        "Collects labels for cheap answers. If there are enough, trains the score and the answer "
        "check, and proposes them to operators in the admin. Changes nothing by itself. Safe to "
        "repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=2,
            help="collect labels from conversations active in the last DAYS days (default 2)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for line in nightly_training.learn(timezone.now(), timedelta(days=options["days"])):
            self.stdout.write(line)
