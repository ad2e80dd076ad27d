"""The customer's open question and what they said before it, from a conversation's messages."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chatsite.answering.question.attachments_in_prompt import Attached
from chatsite.chat.models import Message

# Earlier messages read for a prompt and for routing.
MOST_EARLIER = 24


class EarlierMessage(NamedTuple):
    """A message as far as it bears on what is said next."""

    position: int
    role: str
    state: str
    text: str
    found_wanting: bool
    files: tuple[Attached, ...] = ()

    @property
    def words(self) -> str:
        """What it is routed and searched by: of files alone, their names."""
        return self.text or ", ".join(each.name for each in self.files)


def asked(earlier: Sequence[Message | EarlierMessage]) -> tuple[list[str], list[str]]:
    """The customer's words that nobody has answered yet, and those before; oldest first."""
    answered = max(
        (
            message.position
            for message in earlier
            if message.role != Message.Role.CUSTOMER and message.state == Message.State.COMPLETE
        ),
        default=0,
    )
    said = [message for message in earlier if message.role == Message.Role.CUSTOMER]
    now = [message.words for message in said if message.position > answered]
    return now, [message.words for message in said if message.position <= answered]


def as_said(earlier: Sequence[EarlierMessage]) -> Iterator[tuple[bool, str]]:
    """Whether the customer said it, and the words: what nobody finished saying is left out."""
    for message in earlier:
        if message.role == Message.Role.CUSTOMER:
            yield True, message.words
        elif message.state == Message.State.COMPLETE:
            yield False, message.text
