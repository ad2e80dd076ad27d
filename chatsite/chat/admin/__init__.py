"""Conversations and saved answers in the admin."""

import django_stubs_ext

# A template's tags import from here, also where no address was read yet, which does the same.
django_stubs_ext.monkeypatch()

from chatsite.chat.admin.conversation_admin import ConversationAdmin  # noqa: E402

__all__ = ["ConversationAdmin"]
