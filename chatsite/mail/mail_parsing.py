"""Parses a mail: its own words without quoted text, and whether a person wrote it. Pure."""

import email
import email.policy
import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import getaddresses
from html.parser import HTMLParser

# Beside the visible ones, where servers say to which address a mail was delivered.
RECIPIENTS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
# Of a line above what is quoted: `On Monday, Mia wrote:` in the languages of our customers.
_WROTE = re.compile(
    r"^\s*(_{5,}|-{2,} ?\S.*\S ?-{2,}$"
    r"|(on|am|le|el|il|op|em|dnia|w dniu)\b.*(wrote|schrieb|écrit|escribió|scritto|schreef|escreveu"
    r"|napisał\S*|pisze)\s*:?\s*$"
    # Where the name follows.
    r"|(am|op)\b.*\b(schrieb|schreef)\b.{1,120}:\s*$"
    r"|.{0,120}(写道|のメール|tarihinde.*yazdı|كتب)\s*:?\s*$"  # noqa: RUF001 - Turkish
    r"|(from|von|de|van|od|da|kimden|差出人|发件人|من)\s*:\s.*@)",
    re.IGNORECASE,
)
_LEFT_OUT = {"script", "style", "head", "blockquote"}
_LINES = {"p", "div", "li", "tr"}
_PRECEDENCE = {"bulk", "junk", "list", "auto_reply"}
_ROBOTS = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@")


@dataclass(frozen=True, slots=True)
class Mail:
    identity: str  # the same whenever it is read
    sender: str  # in lower case
    recipients: tuple[str, ...]
    text: str
    attachments: tuple[str, ...]
    is_automatic: bool
    is_bounce: bool


def read(content: bytes, marker: str) -> Mail:
    """`marker`: the line that our mails ask to reply above. Raises ValueError for no mail."""
    try:
        mail = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)  # by this policy
        senders = _addresses(mail, "From")
        return Mail(
            identity=_identity(mail, content),
            sender=senders[0] if senders else "",
            recipients=tuple(each for name in RECIPIENTS for each in _addresses(mail, name)),
            text=own_words(_text(mail), marker),
            attachments=tuple(_name(part) for part in mail.iter_attachments()),
            is_automatic=_is_automatic(mail, senders),
            is_bounce=_is_bounce(mail),
        )
    except (LookupError, TypeError, AttributeError, UnicodeError) as error:
        # What the standard library raises for headers and parts that are none.
        raise ValueError("This is no mail.") from error


def own_words(text: str, marker: str) -> str:
    """Without lines that are quoted with `>`, wherever they stand, and without all that follows our
    marker, a signature's dashes, or a line that introduces a quotation of another kind.
    """
    kept: list[str] = []
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        if line.lstrip().startswith(">"):
            continue
        if marker in line or line.rstrip() == "--":
            break
        # An introduction may be broken over two lines.
        both = f"{kept[-1]} {line}" if kept and kept[-1].strip() else ""
        is_second = bool(_WROTE.match(both)) and len(both) < 200
        if is_second or _WROTE.match(line):
            if is_second:
                kept.pop()
            following = next((each for each in lines[number + 1 :] if each.strip()), "")
            if following.lstrip().startswith(">"):
                continue
            break
        kept.append(line)
    return "\n".join(kept).strip()


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    content = part.get_content()
    text = content if isinstance(content, str) else ""
    if part.get_content_subtype() != "html" or not text.strip():
        return text
    return _of_html(text)


class _Words(HTMLParser):
    """The words of a page with its lines; nothing of it is fetched or executed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._left_out, self._depth = "", 0  # the element that is skipped, and how deep in it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._left_out:
            self._depth += tag == self._left_out
        elif tag in _LEFT_OUT or "gmail_quote" in (dict(attrs).get("class") or ""):
            self._left_out, self._depth = tag, 1
        elif tag == "br":
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._left_out:
            self._depth -= tag == self._left_out
            if not self._depth:
                self._left_out = ""
        elif tag in _LINES:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.words.append(data)


def _of_html(text: str) -> str:
    parser = _Words()
    parser.feed(text)
    parser.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(parser.words))


def _addresses(mail: EmailMessage, name: str) -> list[str]:
    values = [str(value) for value in mail.get_all(name, [])]
    return [address.lower() for _, address in getaddresses(values) if address]


def _name(part: EmailMessage) -> str:
    return " ".join((part.get_filename() or part.get_content_type()).split())[:80]


def _is_bounce(mail: EmailMessage) -> bool:
    report = mail.get_param("report-type")
    return mail.get_content_type() == "multipart/report" and report == "delivery-status"


def _is_automatic(mail: EmailMessage, senders: list[str]) -> bool:
    """Sent by a program: an answer to it would be answered by a program."""
    return (
        str(mail.get("Auto-Submitted", "no")).strip().lower() != "no"
        or any(name in mail for name in ("X-Auto-Response-Suppress", "X-Autoreply", "List-Id"))
        or str(mail.get("Precedence", "")).strip().lower() in _PRECEDENCE
        or str(mail.get("Return-Path", "x")).strip() == "<>"
        or mail.get_content_type() == "multipart/report"
        or not senders
        or senders[0].startswith(_ROBOTS)
    )


def _identity(mail: EmailMessage, content: bytes) -> str:
    known = str(mail.get("Message-ID", "")).strip()
    return hashlib.sha256(known.encode(errors="replace") or content).hexdigest()
