"""Links that a text may hold: what they look like, where they may lead, and how they are shown."""

import re
from html import escape
from ipaddress import IPv4Address
from urllib.parse import urlsplit

# Where a bare address or an e-mail address may stand: a run of these that holds one of the signs.
RUN = "A-Za-z0-9._%+:/@-"
# Longest beginning of a run in which such a sign is looked for.
MOST_BEFORE = 64
_MOST = 2000  # characters of an address

# Scripts written without spaces end an address: https://shop.example/help谢谢
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\ufe30-\uffef"
# So does the punctuation of scripts that addresses may be written in, and that of quotes.
_STOPS = "\u00ab\u00bb\u05be\u05c0\u05c3\u060c\u061b\u061f\u06d4\u0964\u0965"
# Case is ignored in the scheme alone: the Kelvin sign, among the characters that end an address,
# is a K then.
_URL = re.compile(
    rf"(?i:https?://|www\.)(?=[^\W_])[^\s<>\"`{{}}|\\^\x00-\x1f\u2010-\u2e7f{_STOPS}{_UNSPACED}]{{1,{_MOST}}}"
)
_RUN = re.compile(rf"[{RUN}]{{1,{MOST_BEFORE}}}")
_URL_START = re.compile(r"(?<![A-Za-z0-9])(?:https?://|www\.)", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
)
_AFTER = ".,:;!?'\"*_~)]}…"
_HOST, _LETTERS = re.compile(r"[A-Za-z0-9._-]+"), re.compile(r"[\w.-]+")
_UNSAFE = re.compile(r"[\s\\\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_REL = 'rel="noopener noreferrer nofollow"'


def may_hold(words: str) -> bool:
    """Whether words hold a sign of an address."""
    return "@" in words or "://" in words or ("." in words and "www." in words.lower())


def run(text: str, start: int) -> int:
    """Where the run that begins at `start` ends, or is as long as one is looked through."""
    found = _RUN.match(text, start)
    assert found
    return found.end()


def bare(text: str, start: int, *, whole: bool) -> tuple[int, int, str] | None:
    """The first bare address in the run that begins at `start`: where it is, and its HTML.

    None where there is none. Raises Unfinished where more text could still change it.
    """
    end = run(text, start)
    url = _URL_START.search(text, start, end)
    has_email = text.find("@", start, end) > 0
    email = _EMAIL.search(text, start, end + _MOST) if has_email else None
    if email and email.start() >= end:
        email = None
    if url and (not email or url.start() <= email.start()):
        found = _URL.match(text, url.start())
        if not found:
            return None
        if found.end() == len(text) and not whole and len(found[0]) < _MOST:
            raise Unfinished
        address = _without_punctuation(found[0])
        shown = address.replace("&amp;", "&")
        target = shown if ":" in shown[:6] else f"https://{shown}"
        html = link(target, escape(shown), shown)
    elif email:
        if email.end() == len(text) and not whole and len(email[0]) < _MOST:
            raise Unfinished
        address = email[0].rstrip(".-")
        host = address.partition("@")[2]
        html = link(f"mailto:{address}", address, address) if "." in host else None
        found = email
    else:
        return None
    return (found.start(), found.start() + len(address), html) if html else None


class Unfinished(Exception):
    """What stands here cannot be told before more of the text is known."""


def _without_punctuation(address: str) -> str:
    """An address ends before the punctuation of its sentence, and with the brackets it opened."""
    end = len(address)
    while end and address[end - 1] in _AFTER:
        if address[end - 1] == ")" and address.count("(", 0, end) >= address.count(")", 0, end):
            break
        end -= 1
    return address[:end]


def link(url: str, label: str, words: str) -> str | None:
    """HTML of a link with its host in view; None where a page must not lead to such a place.

    `label` is HTML, `words` the same as text.
    """
    if _UNSAFE.search(url):
        return None
    shown = _shown(url)
    if shown is None:
        return None
    anchor = f'<a href="{escape(url)}" {_REL}>{label or escape(shown or url)}</a>'
    if not shown or not label or _names(words, shown):
        return anchor
    return f"{anchor} <small>({escape(shown)})</small>"


def _shown(url: str) -> str | None:
    """What has to be in view of an address: its host, a mail's address; "" on this site."""
    if url.startswith("/") and not url.startswith("//"):
        return ""
    scheme, _, rest = url.partition(":")
    match scheme.lower():
        case "http" | "https":
            return _host(url)
        case "mailto" | "tel":
            return rest.partition("?")[0] or None
        case _:
            return None


def _host(url: str) -> str | None:
    """As a browser will look it up; none for `https://shop.example@elsewhere.example`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if "@" in parts.netloc or not host or not url[len(parts.scheme) :].startswith("://"):
            return None
        if not host.isascii() and "xn--" in host:
            return None
        found = host if host.isascii() else host.encode("idna").decode()
        return found if _may_be_host(found) and parts.port != 0 else None
    except ValueError:
        return None


def _may_be_host(name: str) -> bool:
    """Whether a browser would look it up. Raises ValueError where it cannot be read."""
    last = name.rstrip(".").rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        return bool(IPv4Address(name))
    return bool(_HOST.fullmatch(name)) and bool(_LETTERS.fullmatch(name.encode().decode("idna")))


def _names(words: str, host: str) -> bool:
    host = re.escape(host.removeprefix("www."))
    return bool(re.search(rf"(?<![\w.-]){host}(?![\w-]|\.\w)", words.lower().replace("www.", "")))
