"""Names looked up for connections to the internet alone.

Each is connected to as it was looked up: one that changes its mind between the check and the
connection leads nowhere.
"""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from chatsite.runtime.outbound import outbound_addresses


class NotPublic(Exception):
    """A machine that is not on the internet."""


class PublicNames(AbstractResolver):
    """Names of public addresses alone. Raises NotPublic."""

    def __init__(self) -> None:
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        if not found or not all(outbound_addresses.is_public(each["host"]) for each in found):
            raise NotPublic(host)
        return found

    async def close(self) -> None:
        await self._names.close()
