"""Conversations, their messages, and how these are answered without a call of their own."""

from chatsite.chat.models.conversation import Conversation
from chatsite.chat.models.message import ANSWER_WITHIN, Message
from chatsite.chat.models.prepared import KeptAnswer, Prepared
from chatsite.chat.models.scoring_share import ScoringShare
from chatsite.chat.models.summary import Summary

__all__ = [
    "ANSWER_WITHIN",
    "Conversation",
    "KeptAnswer",
    "Message",
    "Prepared",
    "ScoringShare",
    "Summary",
]
