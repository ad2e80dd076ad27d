"""What a PDF says, read in a process of its own: see `pdf_process`."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

from chatsite.chat.attachments import pdf_process

# Characters kept for the assistant: some five pages.
MOST_TEXT = 20_000
# Seconds: twice what the process may compute, as others compute beside it.
PATIENCE = 2 * pdf_process.SECONDS
# Processes at once.
_places = threading.Semaphore(2)


class Unreadable(Exception):
    """`problem` is `damaged`, `locked` (by a password) or `long`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Pdf:
    pages: int
    text: str


def read(content: bytes, most_pages: int) -> Pdf:
    """Its pages and the beginning of its text, which a scan has not. Raises Unreadable."""
    command = [
        *(sys.executable, "-I", pdf_process.__file__),
        *(str(most_pages), str(MOST_TEXT)),
    ]
    with _places:
        try:
            run = subprocess.run(  # noqa: S603  # our own module
                command,
                input=content,
                capture_output=True,
                timeout=PATIENCE,
                check=True,
                # Nothing of the site's secrets.
                env={"PATH": os.environ.get("PATH", "")},
            )
            said = json.loads(run.stdout)
        except (subprocess.SubprocessError, ValueError) as error:
            raise Unreadable("damaged") from error
    if problem := said.get("problem"):
        raise Unreadable(problem)
    # A lone surrogate is not storable, nor NUL.
    text = str(said["text"]).replace("\0", "").encode(errors="ignore").decode()
    return Pdf(int(said["pages"]), text)
