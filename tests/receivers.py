"""Where alerts arrive in tests: a mail server and a web server, both real and told what to do."""

import socketserver
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hook:
    """A web server that takes posts; `statuses` are for the next ones, then 204."""

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)
    seconds: float = 0.0  # before it answers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=of-the-receiver"


@contextmanager
def hook() -> Iterator[Hook]:
    received = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.posts.append(Post(self.path, dict(self.headers.items()), body))
            time.sleep(received.seconds)
            status = received.statuses.popleft() if received.statuses else 204
            self.send_response(status)
            if status in {301, 302, 307, 308}:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """A mail server that keeps what is handed in; `refusals` are for the next messages."""

    port: int = 0
    messages: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refusals: deque[str] = field(default_factory=deque)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    received = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 tests")
            for line in self.rfile:
                match line.decode().strip().partition(" "):
                    case ("RCPT" | "rcpt", _, recipient):
                        received.recipients.append(recipient)
                        self._say("250 ok")
                    case ("DATA" | "data", _, _):
                        self._data()
                    case ("QUIT" | "quit", _, _):
                        self._say("221 bye")
                        return
                    case _:
                        self._say("250 ok")

        def _data(self) -> None:
            self._say("354 go on")
            lines = []
            for line in self.rfile:
                if line == b".\r\n":
                    break
                lines.append(line.decode())
            if received.refusals:
                self._say(received.refusals.popleft())
            else:
                received.messages.append("".join(lines))
                self._say("250 ok")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Inbox:
    """A mailbox of an IMAP server: mails as they came, and the numbers of those that were read."""

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    passwords: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"imap://reply:of-the-mailbox@127.0.0.1:{self.port}/INBOX"


@contextmanager
def inbox() -> Iterator[Inbox]:
    """As much of IMAP as it takes to search, fetch and flag by UID."""
    kept = Inbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(b"* OK tests")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                match command.upper().split():
                    case ["CAPABILITY"]:
                        self._say(b"* CAPABILITY IMAP4rev1")
                    case ["LOGIN", *_]:
                        kept.passwords.append(command.split()[-1].strip('"'))
                    case ["SELECT", *_]:
                        self._say(b"* %d EXISTS" % len(kept.mails))
                    case ["UID", "SEARCH", *_]:
                        unseen = (at for at in range(1, len(kept.mails) + 1) if at not in kept.seen)
                        self._say(" ".join(["* SEARCH", *map(str, unseen)]).encode())
                    case ["UID", "FETCH", uid, "(RFC822.SIZE)"]:
                        size = len(kept.mails[int(uid) - 1])
                        self._say(f"* {uid} FETCH (RFC822.SIZE {size} UID {uid})".encode())
                    case ["UID", "FETCH", uid, *_]:
                        mail = kept.mails[int(uid) - 1]
                        self._say(f"* {uid} FETCH (UID {uid} BODY[] {{{len(mail)}}}".encode())
                        self._say(mail + b")")
                    case ["UID", "STORE", uid, *_]:
                        kept.seen.add(int(uid))
                    case ["LOGOUT"]:
                        self._say(b"* BYE")
                self._say(f"{tag} OK done".encode())
                if command.upper() == "LOGOUT":
                    return

        def _say(self, line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
