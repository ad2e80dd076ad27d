"""`manage.py check_ledger`: fails unless budgets, tallies and the ledger's rows add up."""

from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing import ledger_proof, suspect_entries, tallies
from billing.models import BudgetPeriod, ConversationCost, Hold, LedgerEntry, Tally
from billing.money import exact


class Command(BaseCommand):
    help = (
        "Check that budget periods and sums equal the ledger, and list entries that cannot be "
        "right. Fails if there is a difference or such an entry."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="only list entries of calls from this day on",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        differences = ledger_proof.differences()
        for difference in differences:
            for name in ("spent", "reserved", "overrun"):
                says, ledger = getattr(difference.says, name), getattr(difference.ledger, name)
                if says != ledger:
                    self.stdout.write(
                        f"{difference.window}: {name} is {exact(says)},"
                        f" by the ledger {exact(ledger)} ({exact(says - ledger, signed=True)} off)"
                    )
        if differences:
            raise CommandError(f"{len(differences)} budget periods differ from the ledger.")
        wrong = tallies.differences()
        for words in wrong:
            self.stdout.write(words)
        if wrong:
            raise CommandError(
                f"{len(wrong)} rows of tallies differ from the ledger:"
                " manage.py rebuild_tallies recomputes them."
            )
        self.stdout.write(
            f"{BudgetPeriod.objects.count()} budget periods equal"
            f" {LedgerEntry.objects.count()} entries and {Hold.objects.count()} holds."
        )
        self.stdout.write(
            f"{Tally.objects.count()} tallies and {ConversationCost.objects.count()} costs of"
            " conversations equal them too."
        )
        self._list_suspects(options["since"])

    def _list_suspects(self, day: date | None) -> None:
        since = timezone.make_aware(datetime.combine(day, time.min)) if day else None
        count = 0
        for suspect in suspect_entries.found(since):
            entry, count = suspect.entry, count + 1
            self.stdout.write(
                f"{entry.reference} ({entry.called_at:%Y-%m-%d}, {entry.model_requested},"
                f" {exact(entry.amount)}): {suspect.why}"
            )
        if count:
            raise CommandError(
                f"{count} entries cannot be right. They are not changed: compare their days with "
                "the provider's bill (manage.py reconcile) and correct the difference."
            )
