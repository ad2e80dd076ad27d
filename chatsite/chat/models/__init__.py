"""Conversations, their messages, and how these are answered without a call of their own."""

from chatsite.chat.models.attachment import Attachment
from chatsite.chat.models.conversation import Conversation, DeletedConversation
from chatsite.chat.models.handling import Handling
from chatsite.chat.models.message import ANSWER_WITHIN, Message
from chatsite.chat.models.saved_answer import CannedAnswer, SavedAnswer
from chatsite.chat.models.scoring_share import ScoringShare
from chatsite.chat.models.summary import Summary

__all__ = [
    "ANSWER_WITHIN",
    "Attachment",
    "CannedAnswer",
    "Conversation",
    "DeletedConversation",
    "Handling",
    "Message",
    "SavedAnswer",
    "ScoringShare",
    "Summary",
]
