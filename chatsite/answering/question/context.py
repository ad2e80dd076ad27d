"""What a reply is about: the open question, what was said before, and the articles for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatsite.answering import sql
from chatsite.answering.calls import reply_call
from chatsite.answering.calls.reply_call import Claimed
from chatsite.answering.question import attachments_in_prompt, open_question, prompt
from chatsite.answering.question.open_question import EarlierMessage
from chatsite.chat.models import Message
from chatsite.knowledge import articles, current_search_index
from chatsite.knowledge.articles import MOST_ARTICLES, Found, Meant
from chatsite.knowledge.current_search_index import Audience, Held
from chatsite.knowledge.embeddings import hazard_example_embeddings
from chatsite.knowledge.search import question
from chatsite.knowledge.search.question import Question
from chatsite.shop import current_shop
from routing import trials
from routing.checks.language_detection import language
from routing.learning import learned_models
from routing.task_types import library
from routing.task_types.library import Shelf
from routing.tier_choice import Turn
from routing.wishes import recognition

# Unanswered messages that are scored one by one as well.
MOST_OPEN = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """A due reply as it was read, before its articles are searched."""

    reply: Message
    is_newest: bool
    earlier: Sequence[EarlierMessage]
    question: Question
    model: str  # by which the question is to be embedded; blank: by none
    reader: Audience = Audience.EVERYONE


def read(reply_id: int) -> Opened | None:
    """What a due reply has to answer; None where somebody else has claimed it."""
    found = sql.due(reply_id)
    if found is None:
        return None
    reply, is_newest, is_signed_in = found
    reader = _audience(is_signed_in=is_signed_in)
    earlier = sql.earlier(reply, open_question.MOST_EARLIER)
    asked = question.continued(open_question.as_said(earlier))
    return Opened(reply, is_newest, earlier, asked, current_search_index.model_in_use(), reader)


def reader(visitor: str) -> Audience:
    """Whose articles answer this visitor."""
    return _audience(is_signed_in=sql.is_signed_in(visitor))


def _audience(*, is_signed_in: bool) -> Audience:
    return Audience.SIGNED_IN if is_signed_in else Audience.EVERYONE


def look(opened: Opened, meant: Meant) -> Claimed:
    """What the reply is about, before it is claimed.

    This is most of the work, and holds nothing that others wait for.
    """
    reply, earlier = opened.reply, opened.earlier
    turn, articles_found = turn_of(earlier, opened.question, meant, reader=opened.reader)
    said = as_said(earlier)
    newest_at = reply.conversation.revision if opened.is_newest else -1
    reply.language = _language(turn.text, said)
    policy, part = trials.deciding(reply.conversation.reference)
    return Claimed(
        reply,
        policy,
        turn,
        said,
        articles_found,
        reply_call.seconds_left(reply),
        newest_at,
        part,
        learned_models.checker(policy.learned_verifier_id),
        recognition.recognise(turn.text, before(said), meant.of_its_words),
        site=current_shop.name(),
        died=tuple(f"{reply.reference}:{number}" for number in range(1, reply.attempt + 1)),
    )


def _language(text: str, said: Sequence[prompt.Said]) -> str:
    """Of these words; where they are too few to tell, of all that the customer said."""
    return language(text) or language("\n".join(each.text for each in said if each.by == "user"))


def before(said: Sequence[prompt.Said]) -> list[tuple[str, str]]:
    """What was said before the customer's open question, as (role, text)."""
    turns = [(each.by, each.words) for each in said]
    while turns and turns[-1][0] == "user":
        turns.pop()
    return turns


def as_said(earlier: Sequence[EarlierMessage]) -> tuple[prompt.Said, ...]:
    """For a prompt."""
    files = attachments_in_prompt.with_texts(
        [file for message in earlier for file in message.files]
    )
    return tuple(
        prompt.Said(
            "user" if message.role == Message.Role.CUSTOMER else "assistant",
            message.text,
            tuple(files[each.id] for each in message.files),
        )
        for message in earlier
    )


def turn_of(
    earlier: Sequence[EarlierMessage],
    asked: Question,
    meant: Meant,
    held: Held | None = None,
    types: Shelf | None = None,
    reader: Audience = Audience.EVERYONE,
) -> tuple[Turn, Found]:
    """What the customer wants now, what they said before, and what the articles know of it.

    `held` and `types`: other articles and task types than those that stand now. `reader`: of the
    articles.
    """
    now, said_before = open_question.asked(earlier)
    text = "\n".join(now)
    found = articles.matching(asked, meant, MOST_ARTICLES, held, reader)
    turn = Turn(
        text=text,
        earlier=tuple(said_before),
        evidence=found.evidence,
        searched=found.searched,
        task=library.recognise(text, types),
        bad_ratings=sum(message.found_wanting for message in earlier),
        answer=asked.answer,
        vector=meant.for_routing,
        like=hazard_example_embeddings.like(meant),
        like_before=hazard_example_embeddings.like_before(meant),
        open=tuple(now[-MOST_OPEN:]) if len(now) > 1 else (),
    )
    return turn, found
