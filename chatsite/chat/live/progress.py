"""How far an open tab has come in each reply, and so whether a frame is new to it."""

import sys
from collections.abc import Iterable
from enum import Enum, auto

from chatsite.chat.live.outgoing_frames import Begun, Changed, Delta, Frame
from chatsite.chat.models import Message

# Further than any answer goes: frames of an ended attempt may still be on their way.
ENDED = sys.maxsize


class Words(Enum):
    """What words of an answer are to a tab."""

    NEXT = auto()
    KNOWN = auto()
    LOST = auto()  # those before them never came


class Progress:
    def __init__(self) -> None:
        # Of each reply the attempt and its characters.
        self._reached: dict[int, tuple[int, int]] = {}
        # Replies with the attempt of which all words have come.
        self._whole: set[tuple[int, int]] = set()

    def stored(self, messages: Iterable[Message]) -> None:
        """The tab has what the database holds, and nothing else."""
        self._reached = {
            message.pk: (message.attempt, _length(message))
            for message in messages
            if message.role == Message.Role.ASSISTANT
        }
        # What is stored of an answer that has not ended may lack words that were shown.
        self._whole.clear()

    def ended(self, change: Changed) -> frozenset[int]:
        """Replies that end with this change, of which the tab has all the words."""
        self._reached.update({reply: (attempt, ENDED) for reply, attempt in change.ended})
        ended = {(reply, attempt) for reply, attempt in change.ended}
        return frozenset(reply for reply, _ in ended & self._whole)

    def take(self, frame: Delta | Begun) -> Words:
        """What this frame is to the tab, which has come further where it is the next."""
        attempt, end = self._reached.get(frame.reply, (0, 0))
        if frame.attempt < attempt or (frame.attempt == attempt and frame.end < end):
            return Words.KNOWN
        if frame.attempt > attempt:
            if isinstance(frame, Delta):
                # Its beginning was lost, which makes the place that words go to.
                return Words.LOST
            end = 0
        if frame.start != end:
            return Words.LOST if frame.start > end else Words.KNOWN
        self._reached[frame.reply] = (frame.attempt, frame.end)
        if isinstance(frame, Delta) and frame.is_last:
            self._whole.add((frame.reply, frame.attempt))
        return Words.NEXT

    def lacks(self, frames: Iterable[Frame]) -> bool:
        """Whether these frames begin behind the characters that the tab has."""
        reached = dict(self._reached)
        for frame in frames:
            if isinstance(frame, Delta) and frame.reply in reached:
                attempt, end = reached[frame.reply]
                if frame.attempt == attempt and frame.start > end:
                    return True
                reached[frame.reply] = (frame.attempt, max(frame.end, end))
        return False


def _length(reply: Message) -> int:
    """Characters shown of this attempt; only a reply that is written may still grow."""
    return len(reply.text) if reply.state == Message.State.WRITING else ENDED
