"""What one tab shows of the team: whether somebody types, and the customer's place in the queue."""

import asyncio
from collections.abc import Callable

from chatsite.chat.live.outgoing_frames import Changed, Present
from chatsite.chat.web import fragments

# Seconds after which a member of staff is no longer typing; an inbox says so every 5.
TYPING_LASTS = 12


class TeamStatus:
    """`send` is given what makes the HTML, to be called in the tab's language."""

    def __init__(self, send: Callable[[Callable[[], str]], None]) -> None:
        self._send = send
        self._place = 0
        self._typist: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def hear(self, frame: Present) -> None:
        if frame.is_typing:
            if self._typist is None:
                self._send(lambda: fragments.typing(is_typing=True))
            self._nobody_types()
            self._typist = frame.person
            self._timer = asyncio.get_running_loop().call_later(TYPING_LASTS, self._typing_ends)
        elif self._typist == frame.person:
            self._typing_ends()

    def stand(self, place: int) -> None:
        """Wait for a person in this place, from 1; 0: no longer."""
        if place != self._place:
            self._place = place
            self._send(lambda: fragments.place(place))

    def before(self, frame: Changed) -> None:
        """Of a message, nobody types any more; who answers now is told without both."""
        kinds = {kind for kind, _ in frame.pieces}
        if "status" in kinds:
            self.forget()
        elif "added" in kinds:
            self._typing_ends()

    def forget(self) -> None:
        """The page is sent a log, which shows neither."""
        self._place = 0
        self._nobody_types()

    def _typing_ends(self) -> None:
        if self._typist is not None:
            self._send(lambda: fragments.typing(is_typing=False))
            self._nobody_types()

    def _nobody_types(self) -> None:
        self._typist = None
        if self._timer:
            self._timer.cancel()
