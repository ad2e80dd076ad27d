"""`manage.py reconcile`: the ledger's days against the provider's bill."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.bills import reconciliation
from billing.bills.reconciliation import Line
from billing.money import exact
from chatsite.llm import UpstreamError
from chatsite.provider import fetch_bill
from chatsite.provider.fetch_bill import DAYS


class Command(BaseCommand):
    help = "Compare days of the ledger with the provider's bill, and explain each difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="first",
            type=date.fromisoformat,
            help=f"the first day, in UTC as the provider counts; by default {DAYS} days ago",
        )
        parser.add_argument(
            "--to", dest="last", type=date.fromisoformat, help="the last day; by default yesterday"
        )
        parser.add_argument(
            "--project", default="", help="id of the provider's project to compare with"
        )
        parser.add_argument(
            "--correct",
            nargs="+",
            type=date.fromisoformat,
            default=[],
            metavar="DAY",
            help="correct the ledger to match the bill of these days, with one more entry for "
            "each model",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        today = datetime.now(UTC).date()
        last: date = options["last"] or today - timedelta(days=1)
        first: date = options["first"] or last - timedelta(days=DAYS - 1)
        if first > last:
            raise CommandError(f"--from {first} is after --to {last}.")
        if not settings.OPENAI_ADMIN_KEY:
            raise CommandError("To read the provider's bill, set OPENAI_ADMIN_KEY.")
        try:
            lines = fetch_bill.compared(first, last, today, options["project"])
        except UpstreamError as error:
            raise CommandError(f"The provider's bill cannot be read: {error}") from error
        for line in lines:
            self._show(line)
            if line.day in options["correct"]:
                self._correct(line)
        short = [line for line in lines if line.unexplained < 0]
        days = (last - first).days + 1
        self.stdout.write(
            f"{days} days, {len(lines)} lines: {sum(not line.explanations for line in lines)}"
            f" equal, {sum(line.unexplained != 0 for line in lines)} not fully explained."
        )
        if short:
            raise CommandError(f"{len(short)} lines are billed higher than recorded.")

    def _show(self, line: Line) -> None:
        bill = "no figures" if line.billed is None else exact(line.billed)
        difference = exact(line.difference, signed=True) if line.explanations else "equal"
        self.stdout.write(
            f"{line.day} {line.model or '(no model)':<24} recorded {exact(line.recorded.amount)},"
            f" billed {bill}: {difference}"
        )
        for each in line.explanations:
            self.stdout.write(f"    {each}")

    def _correct(self, line: Line) -> None:
        if line.correctable:
            self.stdout.write(f"    corrected as {reconciliation.correct(line)}")
        elif line.explanations and line.recorded.calls == 0:
            self.stdout.write("    not corrected: the ledger has no call of this site")
