"""Pages of the web, fetched without ever asking a machine of our own network.

Each address is looked up once and connected to as it was looked up, redirects included: a name that
changes its mind between the check and the connection leads nowhere.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from lxml import etree

from chatsite.knowledge.importing.readers import Unreadable

LARGEST = 5 * 1024 * 1024  # bytes of a page
WITHIN = 20.0  # seconds for one, redirects included
MOST_REDIRECTS = 5
MOST_ADDRESSES = 2_000  # of a sitemap
MOST_SITEMAPS = 50  # that an index of sitemaps names
PORTS = {"http": {80}, "https": {443}}
READ = ("text/html", "application/xhtml", "text/plain", "text/markdown", "application/pdf")
_XML = ("application/xml", "text/xml", "application/rss", "text/plain")


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str  # where the redirects ended
    kind: str
    content: bytes


def is_public(address: str) -> bool:
    """Whether this IP address is on the internet, and nobody's own network or machine."""
    known = ipaddress.ip_address(address)
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or known.sixtofour or known
    return known.is_global and not known.is_multicast


def checked(url: str) -> str:
    """Raises Unreadable for what is no address of a web page."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Unreadable("This is no address of a web page.") from error
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise Unreadable("An address begins with https:// and names a host.")
    if port not in PORTS[parts.scheme]:
        raise Unreadable("Pages on other ports than 80 and 443 are not fetched.")
    return url


class _Public(AbstractResolver):
    """Names of public addresses alone."""

    def __init__(self) -> None:
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        if not found or not all(is_public(each["host"]) for each in found):
            raise Unreadable("This address is not on the internet.")
        return found

    async def close(self) -> None:
        await self._names.close()


async def page(url: str, kinds: tuple[str, ...] = READ) -> Fetched:
    """Raises Unreadable, in words."""
    try:
        async with asyncio.timeout(WITHIN), _session() as session:
            for _ in range(MOST_REDIRECTS + 1):
                found = await _step(session, checked(url), kinds)
                if isinstance(found, Fetched):
                    return found
                url = found
    except TimeoutError as error:
        raise Unreadable(f"It did not come within {WITHIN:.0f} seconds.") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unreadable("It could not be fetched.") from error
    raise Unreadable(f"It leads on more than {MOST_REDIRECTS} times.")


async def addresses(url: str) -> list[str]:
    """The pages that a sitemap names, or the sitemaps of an index of them. Raises Unreadable."""
    index, pages = await _sitemap(url)
    for each in index[:MOST_SITEMAPS]:
        pages += (await _sitemap(each))[1]
        if len(pages) > MOST_ADDRESSES:
            break
    return list(dict.fromkeys(pages))[:MOST_ADDRESSES]


async def _sitemap(url: str) -> tuple[list[str], list[str]]:
    """Further sitemaps, and pages."""
    found = await page(url, _XML)
    # No entity is expanded, no document type fetched.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(found.content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("This is no sitemap.") from error
    named = {
        kind: [(each.text or "").strip() for each in root.iterfind(f"{{*}}{kind}/{{*}}loc")]
        for kind in ("sitemap", "url")
    }
    return named["sitemap"], named["url"]


async def _step(session: aiohttp.ClientSession, url: str, kinds: tuple[str, ...]) -> Fetched | str:
    """What is there, or the address that it leads to. Raises Unreadable."""
    host = urlsplit(url).hostname or ""
    if _is_number(host) and not _is_public_literal(host):
        raise Unreadable("This address is not on the internet.")
    async with session.get(url, allow_redirects=False) as response:
        if response.status in {301, 302, 303, 307, 308}:
            return urljoin(url, response.headers.get("Location", ""))
        if response.status != 200:
            raise Unreadable(f"The site answers {response.status}.")
        kind = response.content_type
        if not kind.startswith(kinds):
            raise Unreadable(f"It is {kind}, and no page.")
        content = await response.content.read(LARGEST + 1)
        while len(content) <= LARGEST and (more := await response.content.read(LARGEST + 1)):
            content += more
        if len(content) > LARGEST:
            raise Unreadable("It is larger than 5 MB.")
        return Fetched(url, kind, content)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_Public(), force_close=True),
        headers={"User-Agent": "chatsite-import", "Accept": ", ".join(READ)},
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _is_number(host: str) -> bool:
    """What aiohttp connects to without asking the resolver, 127.1 and 2130706433 among it."""
    return ":" in host or host.replace(".", "").isdigit()


def _is_public_literal(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False
