"""Addresses, codes and numbers that an answer gives and nothing it was written from does. Pure.

`known` are the texts that it was written from: articles, and what was said before.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

# Bare domains are told from "end.Then" by what they end in.
_ENDINGS = (
    "com|net|org|info|biz|example|shop|store|online|site|app|dev|io|co|ai|me|tv|xyz|top|club|link"
    "|click|live|eu|uk|us|de|fr|es|it|nl|be|at|ch|pl|pt|se|no|dk|fi|tr|cn|jp|kr|ru|ua|cz|ro|gr|hu"
    "|ie|ca|au|nz|br|mx|in|sa|ae|eg|local|test|invalid|cloud|support|help|page|web|gg|ly|to|cc|ws"
)
_REST = r"[^\s<>()\[\]\"'，。、]"
_LINK = re.compile(
    rf"(?:https?|ftp|javascript|data|tel|sms|whatsapp|tg):(?://)?{_REST}+"
    rf"|(?<![\w:/])//[\w.-]+\.[a-z]{{2,}}{_REST}*|www\.{_REST}+"
    rf"|(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+(?:{_ENDINGS})"
    rf"(?![\w@-]|\.\w)(?:/{_REST}*)?"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?:/\S*)?",
    re.I | re.A,
)
# No link is without one of these before its end: few words have to be looked at closely.
_LINK_SIGN = re.compile(r"[.:/]\S")
_SCHEME = re.compile(r"(?:javascript|data|ftp|tel|sms|whatsapp|tg):", re.I)
_HOST = re.compile(r"^(?:[a-z]+:)?(?://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#\s]+)")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+", re.A)
_HANDLE = re.compile(r"(?<![\w.@/])@[a-z][\w.]{2,30}\b", re.I | re.A)
# FREE100, SAVE-10: capitals and digits in one word; or capitals after the word code.
_CODE = re.compile(
    r"(?<![\w/.@+-])(?=[A-Z0-9-]*[A-Z])(?=[A-Z0-9-]*\d)[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w@])"
    r"|(?:codes?|kod[ue]?n?|kodu|codice|c[oó]digo|Code|\w*code|コード|优惠码|代码|الرمز|كود"
    r"|kupon|rabattkod)\W{1,4}([A-Z]{4,}[A-Z0-9]*)\b",
    re.A,
)
_NO_CODE = re.compile(
    r"(?:[A-Z]{0,3}\d{1,2}[A-Z]{0,2}|USB\d?|MP[34]|COVID-?19|UTC\+?\d+|GMT\+?\d+|ISO-?\d*|\d+[A-Z]+)"
)
FEWEST = 4
_PHONE = re.compile(r"(?<![\w.,€$£-])(?:\+|00)?\(?\d[\d\s().\-/\u00a0]{6,18}\d(?![\w,.]*\d)")
_FROM_TO = re.compile(r"\s*\d{1,2}[.:]\d{2}\s*[-–]\s*\d{1,2}[.:]\d{2}\s*")  # noqa: RUF001
PHONE_DIGITS = range(8, 16)


def links(text: str) -> list[str]:
    """Addresses of pages, with and without a scheme."""
    words = " ".join(word for word in text.split() if _LINK_SIGN.search(word))
    return [each.rstrip(".,;:!?*_)") for each in _LINK.findall(_MAIL.sub(" ", words))]


def host(link: str) -> str:
    """In lower case, without www."""
    match = _HOST.match(link.strip().lower())
    return match[1].rstrip(".") if match else ""


@dataclass(frozen=True, slots=True)
class _Known:
    hosts: frozenset[str]
    text: str  # in lower case


@lru_cache(maxsize=256)
def _read(text: str) -> _Known:
    """Once for an article, whatever answers are written from it."""
    mails = (each.rpartition("@")[2].lower() for each in _MAIL.findall(text))
    return _Known(frozenset([*map(host, links(text)), *mails]), text.lower())


def _is_stated(words: str, known: Sequence[str]) -> bool:
    return any(words in _read(text).text for text in known)


def foreign_links(answer: str, known: Sequence[str], allowed: Iterable[str] = ()) -> list[str]:
    """Links that are not in the known texts, unless to a host that is allowed.

    A host's own page without a path is known wherever the host is.
    """
    free = tuple(each.lower().removeprefix("www.") for each in allowed)

    def is_foreign(link: str) -> bool:
        at, plain = host(link), link.lower()
        if _SCHEME.match(link):
            return not _is_stated(plain, known)
        if any(at == each or at.endswith(f".{each}") for each in free):
            return False
        path = plain.split("//")[-1].removeprefix("www.").rstrip("/")
        if not any(at in _read(text).hosts for text in known):
            return True
        return "/" in path and not _is_stated(path, known)

    return [each for each in links(answer) if is_foreign(each)]


def foreign_mails(answer: str, known: Sequence[str]) -> list[str]:
    found = _MAIL.findall(answer)
    return [each for each in found if not _is_stated(each.lower().rstrip("."), known)]


def foreign_codes(answer: str, known: Sequence[str]) -> list[str]:
    """Vouchers, case numbers, and names on other networks."""
    text = _MAIL.sub(" ", _LINK.sub(" ", answer))
    codes = (match[1] or match[0] for match in _CODE.finditer(text))
    found = [each for each in codes if len(each) >= FEWEST and not _NO_CODE.fullmatch(each)]
    named = (*found, *_HANDLE.findall(text))
    return [each for each in named if not _is_stated(each.lower(), known)]


def foreign_phones(answer: str, known: Sequence[str]) -> list[str]:
    numbers = {
        each: digits
        for each in _PHONE.findall(answer)
        if len(digits := re.sub(r"\D", "", each)) in PHONE_DIGITS and not _FROM_TO.fullmatch(each)
    }
    stated = re.sub(r"\D", "", "".join(known)) if numbers else ""
    return [each for each, digits in numbers.items() if digits.lstrip("0") not in stated]
