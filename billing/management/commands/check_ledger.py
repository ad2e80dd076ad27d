"""`manage.py check_ledger`: fails unless every budget window and tally equals the ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing import ledger_proof, tallies
from billing.models import BudgetPeriod, ConversationCost, Hold, LedgerEntry, Tally
from billing.money import exact


class Command(BaseCommand):
    help = "Prove that budget windows and tallies equal the ledger; list the differences and fail."

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
            raise CommandError(f"{len(differences)} budget windows differ from the ledger.")
        wrong = tallies.differences()
        for words in wrong:
            self.stdout.write(words)
        if wrong:
            raise CommandError(
                f"{len(wrong)} rows of tallies differ from the ledger:"
                " manage.py rebuild_tallies makes them anew."
            )
        self.stdout.write(
            f"{BudgetPeriod.objects.count()} budget windows equal"
            f" {LedgerEntry.objects.count()} entries and {Hold.objects.count()} holds."
        )
        self.stdout.write(
            f"{Tally.objects.count()} tallies and {ConversationCost.objects.count()} costs of"
            " conversations equal them too."
        )
