"""The supervisor of `manage.py run`: supervisord, with the manners of a program in a terminal.

By itself it takes a closed terminal for the wish to start everything anew, a second Ctrl-C for
nothing, and a second for each of its steps; and its processes outlive it when it is killed.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

from supervisor import supervisord  # type: ignore[import-untyped]  # ships no types
from supervisor.options import ServerOptions  # type: ignore[import-untyped]

PR_SET_PDEATHSIG = 1  # of Linux's prctl(2)

# Seconds between two looks at the processes; supervisord's own is 1.
LOOKS_EVERY = 0.1


class Options(ServerOptions):  # type: ignore[misc]  # untyped base
    def __init__(self) -> None:
        super().__init__()
        poll = self.poller.poll
        self.poller.poll = lambda timeout: poll(min(timeout, LOOKS_EVERY))

    def set_uid_or_exit(self) -> None:
        """Nothing: it runs as whoever starts it. Its own warns of root, which a container is."""

    def setpgrp(self) -> None:
        """Runs in each new process before its program: it will end when we are killed.

        By SIGKILL: asked to stop all at once, a worker whose Redis is gone first waits for it.
        """
        super().setpgrp()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def setsignals(self) -> None:
        super().setsignals()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """The first time end every process in order; the second time at once."""
        if self.mood < 0:  # below 0 it is stopping already
            for pid in self.pidhistory:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)  # each process leads a group of its own
        self.signal_receiver.receive(signal.SIGTERM, frame)


def main(arguments: list[str]) -> None:
    options = Options()
    options.realize(arguments, doc=supervisord.__doc__)
    options.first, options.test = True, False
    supervisord.go(options)


if __name__ == "__main__":
    main(sys.argv[1:])
