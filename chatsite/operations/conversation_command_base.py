"""What the commands about one conversation, or all of its visitor, share."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatsite.chat.actions import export_conversation
from chatsite.chat.models import Conversation


class ConversationCommand(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "id", type=uuid.UUID, help="the ID in the conversation's address, /c/ID/"
        )
        parser.add_argument(
            "--visitor", action="store_true", help="all conversations of this visitor"
        )

    def found(self, options: dict[str, Any]) -> list[Conversation]:
        """Raises CommandError."""
        conversation = Conversation.objects.filter(public_id=options["id"]).first()
        if conversation is None:
            raise CommandError(f"There is no conversation {options['id']}")
        return (
            list(export_conversation.of_whose(conversation))
            if options["visitor"]
            else [conversation]
        )
