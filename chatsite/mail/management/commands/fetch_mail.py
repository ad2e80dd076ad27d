"""Reads what customers replied by mail, as the beat has it done each minute."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatsite.mail import receiving


class Command(BaseCommand):
    help = "Fetch customers' replies from the mailbox."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REPLY_ADDRESS or not settings.IMAP:
            raise CommandError("Set REPLY_ADDRESS and IMAP_URL first.")
        try:
            taken = receiving.fetch()
        except receiving.Unreachable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{taken} repl{'y' if taken == 1 else 'ies'} added to conversations.")
