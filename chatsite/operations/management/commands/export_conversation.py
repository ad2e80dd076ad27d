"""`manage.py export_conversation ID`: what is stored of it, or of all its visitor's, as JSON."""

import uuid
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from chatsite.chat.actions import export_conversation
from chatsite.chat.models import Conversation


class Command(BaseCommand):
    help = "Prints everything stored about a conversation, as JSON."

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
        told = export_conversation.conversations(found)
        self.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
