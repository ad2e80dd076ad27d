"""A web process: `python -m chatsite.runtime.web -b ADDRESS -p PORT`, as `daphne` is.

With three limits that Daphne has not. One address cannot take all connections, unless it is the
proxy's, which has limits of its own. A process that is nearly out of file descriptors closes
what comes new at once, instead of failing in everything else that opens a file. And a request's
body ends where it is longer than any that is meant: it would fill the disk before anybody reads it.
"""

import os
import resource
import sys
from collections import Counter

import daphne.http_protocol
import daphne.server
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from twisted.internet.interfaces import IAddress
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure

from chatsite.runtime.sqlite import database_file_lock

# File descriptors kept for the database, Redis, files and the process itself.
KEPT_FREE = 200
# Seconds after which a thread lets another go on. A page's thread asks for its turn anew after each
# statement, and with Python's 0.005 waits as long each time while the loop serves sockets.
SWITCH = 0.0005
# What Daphne is started with. The limits hold for what is sent too, and a reconnecting tab is sent
# its whole conversation; what a page may send is limited by the consumer.
OPTIONS = [
    *("-v", "0", "--no-server-name"),
    *("--websocket-max-message-size", "4194304", "--websocket-max-frame-size", "65536"),
]
TOO_LONG = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def most_bytes() -> int:
    """Of a request: what a form without scripts sends with all its files, or articles to import."""
    files = settings.ATTACHMENT_MEGABYTES * settings.ATTACHMENTS_PER_MESSAGE
    return max(32, files + 1) * 1024**2


class Request(daphne.http_protocol.WebRequest):
    received = 0

    def process(self) -> None:
        # Daphne believes it whoever sends it, and the staff's pages, by then at other addresses,
        # would ask nobody for a second factor.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        # Which Daphne takes for ASCII: an error of the server's, in its log.
        named = self.requestHeaders.getRawHeaders(b"sec-websocket-protocol", [])
        if all(each.isascii() for each in named):
            super().process()
        else:
            self.basic_error(400, b"Bad Request", "This is not the name of a protocol.")

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if length and length > most_bytes():
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        already, self.received = self.received, self.received + len(data)
        if self.received <= most_bytes():
            super().handleContentChunk(data)
        elif already <= most_bytes():
            self._refuse()

    def _refuse(self) -> None:
        self.received = most_bytes() + 1
        self.channel.transport.write(TOO_LONG)
        self.channel.loseConnection()


class Bounded(WrappingFactory[ProtocolWrapper]):
    """`per_address` 0: as many as there are."""

    def __init__(self, factory: HTTPFactory, most: int, per_address: int) -> None:
        super().__init__(factory)
        self.most, self.per_address = most, per_address
        self.held: Counter[str] = Counter()

    # None: not this one. Only one of the two bases says so.
    def buildProtocol(  # type: ignore[override]
        self, addr: IAddress | None
    ) -> ProtocolWrapper | None:
        host = getattr(addr, "host", "")
        if len(self.protocols) >= self.most:
            return None
        if self.per_address and self.held[host] >= self.per_address:
            return None
        return super().buildProtocol(addr)

    def registerProtocol(self, p: ProtocolWrapper) -> None:
        super().registerProtocol(p)
        self.held[p.getPeer().host] += 1

    def unregisterProtocol(self, p: ProtocolWrapper) -> None:
        super().unregisterProtocol(p)
        host = p.getPeer().host
        self.held[host] -= 1
        if not self.held[host]:
            del self.held[host]


class Web(daphne.server.Server):
    failed = False

    def listen_error(self, failure: Failure) -> None:
        self.failed = True
        sys.stderr.write(f"{failure.getErrorMessage()}\n")
        self.stop()


class Command(CommandLineInterface):
    server_class = Web


def _bounded(server: Web) -> Bounded:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    per_address = 0 if settings.BEHIND_HTTPS else settings.CONNECTIONS_PER_ADDRESS
    return Bounded(HTTPFactory(server), max(soft - KEPT_FREE, soft // 2), per_address)


def main(arguments: list[str]) -> int:
    """Serve until told to stop. Returns the exit code."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    # Daphne makes its factory and its requests by these names, and takes no others.
    daphne.server.HTTPFactory = _bounded
    daphne.http_protocol.WebRequest = Request
    sys.setswitchinterval(SWITCH)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    command = Command()
    try:
        database_file_lock.share()
        command.run([*OPTIONS, *arguments, "chatsite.asgi:application"])
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return int(command.server.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
