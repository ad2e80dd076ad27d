"""Pages of the web, fetched without asking a machine of our own network, redirects too."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp
from lxml import etree

from chatsite.knowledge.importing.readers import Unreadable
from chatsite.runtime.outbound import outbound_addresses
from chatsite.runtime.outbound.outbound_dns import NotPublic, PublicNames

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


def checked(url: str) -> str:
    """Raises Unreadable for what is no address of a web page."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Unreadable("This is not the address of a web page.") from error
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise Unreadable("An address begins with https:// and names a host.")
    if port not in PORTS[parts.scheme]:
        raise Unreadable("Pages on other ports than 80 and 443 are not fetched.")
    return url


async def page(url: str, kinds: tuple[str, ...] = READ) -> Fetched:
    """Raises Unreadable, in words."""
    try:
        async with asyncio.timeout(WITHIN), _session() as session:
            for _ in range(MOST_REDIRECTS + 1):
                found = await _step(session, checked(url), kinds)
                if isinstance(found, Fetched):
                    return found
                url = found
    except NotPublic as error:
        raise Unreadable("This address is not on the internet.") from error
    except TimeoutError as error:
        raise Unreadable(f"It did not load within {WITHIN:.0f} seconds.") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unreadable("It could not be fetched.") from error
    raise Unreadable(f"It redirects more than {MOST_REDIRECTS} times.")


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
        raise Unreadable("This is not a sitemap.") from error
    named = {
        kind: [(each.text or "").strip() for each in root.iterfind(f"{{*}}{kind}/{{*}}loc")]
        for kind in ("sitemap", "url")
    }
    return named["sitemap"], named["url"]


async def _step(session: aiohttp.ClientSession, url: str, kinds: tuple[str, ...]) -> Fetched | str:
    """What is there, or the address that it leads to. Raises Unreadable."""
    host = urlsplit(url).hostname or ""
    if outbound_addresses.is_number(host) and not outbound_addresses.is_public_literal(host):
        raise Unreadable("This address is not on the internet.")
    async with session.get(url, allow_redirects=False) as response:
        if response.status in {301, 302, 303, 307, 308}:
            return urljoin(url, response.headers.get("Location", ""))
        if response.status != 200:
            raise Unreadable(f"The site answers {response.status}.")
        kind = response.content_type
        if not kind.startswith(kinds):
            raise Unreadable(f"It is {kind}, not a web page.")
        content = await response.content.read(LARGEST + 1)
        while len(content) <= LARGEST and (more := await response.content.read(LARGEST + 1)):
            content += more
        if len(content) > LARGEST:
            raise Unreadable("It is larger than 5 MB.")
        return Fetched(url, kind, content)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=PublicNames(), force_close=True),
        headers={"User-Agent": "chatsite-import", "Accept": ", ".join(READ)},
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )
