"""`manage.py export_conversation ID`: what is stored of it, or of all its visitor's, as JSON."""

from typing import Any

import orjson

from chatsite.chat.actions import export_conversation
from chatsite.operations.conversation_command_base import ConversationCommand


class Command(ConversationCommand):
    help = "Prints everything stored about a conversation, as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        told = export_conversation.conversations(self.found(options))
        self.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
