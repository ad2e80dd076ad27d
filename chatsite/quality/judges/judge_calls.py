"""Calls about one answer: a model is asked for it as in the chat, and a judge what it is worth."""

from collections.abc import Sequence

from chatsite.answering.question import prompt
from chatsite.answering.question.prompt import Said
from chatsite.chat.models import Message
from chatsite.knowledge import articles
from chatsite.knowledge.current_search_index import Audience
from chatsite.knowledge.search import question
from chatsite.llm.batches import Request
from chatsite.quality.judges import rubric
from chatsite.shop import current_shop

# Tokens of a verdict, and of what a reasoning model thinks before it.
VERDICT_LIMIT = 600
CUSTOMER = Message.Role.CUSTOMER

# Roles and words of a conversation, oldest first.
Words = Sequence[tuple[str, str]]


def answer(
    reference: str,
    model: str,
    said: Words,
    limit: int,
    temperature: float,
    reader: Audience = Audience.EVERYONE,
) -> Request:
    """What the chat would ask the model now, at most so many tokens; `reader`: the customer."""
    words = [Said("user" if by == CUSTOMER else "assistant", text) for by, text in said]
    asked = prompt.fitted(current_shop.name(), _found(said, reader), words, model, limit)
    return Request(reference, model, asked.messages, asked.output_limit, temperature)


def verdict(
    reference: str,
    model: str,
    said: Words,
    text: str,
    criteria: str,
    reader: Audience = Audience.EVERYONE,
) -> Request:
    """How good an answer to these words is, by these criteria and what its reader may know."""
    held = [(match.title, match.body) for match in _found(said, reader)]
    messages = rubric.messages(said, held, text, criteria)
    return Request(reference, model, messages, VERDICT_LIMIT, response_format=rubric.FORMAT)


def _found(said: Words, reader: Audience) -> Sequence[articles.Match]:
    asked = question.continued((by == CUSTOMER, text) for by, text in said)
    return articles.matching(asked, reader=reader).matches
