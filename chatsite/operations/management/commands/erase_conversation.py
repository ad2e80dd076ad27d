"""`manage.py erase_conversation ID`: it, or all its visitor's, with what hangs on them."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatsite.chat import changes
from chatsite.chat.actions import delete_conversation, export_conversation
from chatsite.chat.models import Conversation


class Command(BaseCommand):
    help = "Erases a conversation for good. Its costs stay in the ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "id", type=uuid.UUID, help="the ID in the conversation's address, /c/ID/"
        )
        parser.add_argument(
            "--visitor", action="store_true", help="all conversations of this visitor"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        conversation = Conversation.objects.filter(public_id=options["id"]).first()
        if conversation is None:
            raise CommandError(f"There is no conversation {options['id']}")
        found = export_conversation.of_whose(conversation) if options["visitor"] else [conversation]
        gone = delete_conversation.conversations([each.pk for each in found])
        for change in gone:
            changes.announce(change)
        self.stdout.write(f"{len(gone)} erased.")
