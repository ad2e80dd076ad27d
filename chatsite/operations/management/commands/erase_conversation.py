"""`manage.py erase_conversation ID`: it, or all its visitor's, with what hangs on them."""

from typing import Any

from chatsite.chat import change_announcements
from chatsite.chat.actions import delete_conversation
from chatsite.operations.conversation_command_base import ConversationCommand


class Command(ConversationCommand):
    help = "Erases a conversation for good. Its costs stay in the ledger."

    def handle(self, *args: Any, **options: Any) -> None:
        gone = delete_conversation.conversations([each.pk for each in self.found(options)])
        for change in gone:
            change_announcements.announce(change)
        self.stdout.write(f"{len(gone)} erased.")
