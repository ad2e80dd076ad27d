"""Conversations and saved answers in the admin."""

from chatsite.chat.admin.conversations import ConversationAdmin

__all__ = ["ConversationAdmin"]
