"""An answer on its way: all of its text, how much of it tabs have, and what they are told next."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from chatsite import llm, markdown
from chatsite.answering.calls.reply_call import Work
from chatsite.answering.checking import answer_check
from chatsite.answering.step_outcomes import Ended, Outcome
from chatsite.chat import change_announcements, pending_reply
from chatsite.chat.live.outgoing_frames import Delta, Frame
from chatsite.chat.models import Message
from routing.checks.streaming_gate import DraftGate


@dataclass(slots=True)
class OpenAnswer:
    work: Work
    job: asyncio.Task[None]
    gate: DraftGate = field(init=False)
    text: str = ""
    sent: int = 0
    shown: markdown.Growing = field(default_factory=markdown.Growing)
    started: bool = False  # tabs have nothing of an earlier attempt, and no draft
    first_at: float | None = None  # monotonic seconds, when tabs were first sent words
    mine: bool = True
    stopped: bool = False  # by the customer

    def __post_init__(self) -> None:
        self.gate = answer_check.gate(self.work)

    @property
    def showable(self) -> str:
        """What may stand of it if nothing more comes."""
        return self.text[: self.gate.open_to(f"{self.text} ", self.sent)]

    def note_first_words(self) -> None:
        """Keep when the customer first saw words of the reply. Asks the database's clock."""
        reply = self.work.reply
        waited = pending_reply.waited_ms(reply)
        if self.first_at is None or reply.first_words_ms is not None or waited is None:
            return
        ago = round(1000 * (time.monotonic() - self.first_at))
        reply.first_words_ms = max(0, waited - ago)

    def retract(self) -> None:
        """Begin anew; what tabs have of it goes with the next words."""
        self.text, self.sent, self.started = "", 0, False
        self.shown, self.gate = markdown.Growing(), answer_check.gate(self.work)

    def beginning(self) -> Frame:
        """That it is being written; a draft stands until there are better words."""
        is_draft = self.work.reply.stage == Message.Stage.ESCALATED
        self.started = not is_draft
        return change_announcements.begun(self.work.reply, draft=is_draft)

    def growth(self) -> list[Frame]:
        """What has come since the last look, as far as it may be shown."""
        if not self.mine or self.sent >= len(self.text):
            return []
        end = self.gate.open_to(self.text, self.sent)
        if end == self.sent:
            return []
        frames: list[Frame] = []
        if not self.started:
            self.started = True
            frames.append(change_announcements.begun(self.work.reply))
        if self.first_at is None:
            self.first_at = time.monotonic()
        return [*frames, self._up_to(end)]

    def end(self, outcome: Outcome) -> list[Frame]:
        """What tabs lack of an answer that stays as they were shown it; else nothing."""
        reply = self.work.reply
        stays = isinstance(outcome, Ended) and any(
            message.pk == reply.pk and message.text == self.text
            for message in outcome.change.altered
        )
        if not stays or not self.mine or not self.started:
            return []
        return [self._up_to(len(self.text), is_last=True)]

    def _up_to(self, end: int, *, is_last: bool = False) -> Delta:
        reply, start = self.work.reply, self.sent
        html = self.shown.grow(self.text[start:end], is_end=is_last)
        self.sent = end
        conversation = reply.conversation.public_id.hex
        return Delta(conversation, reply.pk, reply.attempt, start, end, html, is_last=is_last)

    def parts(
        self, messages: list[dict[str, Any]]
    ) -> AsyncGenerator[llm.Delta | llm.Retracted | llm.Finished]:
        """What comes of the call; `messages` have their images."""
        work, policy = self.work, self.work.claimed.policy
        return llm.stream(
            model=work.model,
            messages=messages,
            output_limit=work.output_limit,
            temperature=policy.temperature,
            deadlines=llm.Deadlines(total=min(policy.call_seconds, work.seconds)),
            reference=work.reply.charge_reference,
        )
