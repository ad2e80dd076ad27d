"""`manage.py rebuild_tallies`: adds up the ledger anew."""

from typing import Any

from django.core.management.base import BaseCommand

from billing import tallies
from billing.models import ConversationCost, Tally


class Command(BaseCommand):
    help = (
        "Recompute the tallies and the costs of conversations from the ledger. No call "
        "can be charged while it runs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        tallies.rebuild()
        self.stdout.write(
            f"{Tally.objects.count()} tallies, {ConversationCost.objects.count()} conversations."
        )
