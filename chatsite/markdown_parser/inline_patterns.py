"""What inline marks look like, whole and (`..._BEGUN`) as far as the end of a text has come."""

import re
import sys

from chatsite.markdown_parser import links

# A run of characters that holds a sign of an address.
_ADDRESS = (
    rf"(?<![{links.RUN}])(?=[{links.RUN}]{{1,{links.MOST_BEFORE}}}?(?:(?<=@)|(?<=://)|(?<=www\.)))"
)
# Not every "!", "<" and "&", as far as the next character tells.
_SIGN = r"[\\`*_~\[\n]|!(?![^\[])|<(?![\s<>@:/])|&(?![^#A-Za-z])"
# What words may hold: addresses alone, or everything, or all but addresses.
ADDRESSES = re.compile(_ADDRESS, re.IGNORECASE)
EVERYTHING = re.compile(rf"{_ADDRESS}|{_SIGN}", re.IGNORECASE)
SIGNS = re.compile(_SIGN)
# Words that neither hold a sign nor complete one of an address, but for that of "www.".
PLAIN = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff\\`*_~\[!<>&@/]+")
IN_RUN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+:/@-"
SAME = {mark: re.compile(re.escape(mark) + "+") for mark in "`*_~"}
# Possessive, since what does not match must not be tried in every way.
_LABEL = r"((?:[^\[\]\n\\]|\\.|\[[^\[\]\n]*+\]){0,300}+)"
_TARGET = r"((?:[^\s()<>]|\([^\s()<>]*+\)){0,1000}+)"
_TITLE = r'[ ]+"[^"\n]{0,200}'
LINK = re.compile(rf'!?\[{_LABEL}\]\([ ]?<?{_TARGET}>?(?:{_TITLE}")?[ ]?\)')
LINK_BEGUN = re.compile(
    rf"!?(?:\[{_LABEL}(?:\[[^\[\]\n]*+)?\\?"
    rf'|\[{_LABEL}\](?:\([ ]?<?{_TARGET}(?:\([^\s()<>]*+)?>?(?:{_TITLE}"?|[ ]+)?[ ]?)?)?\Z'
)
IMAGE = re.compile(r"!\[([^\[\]]*)\]\([^()]*\)")
BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
ANGLED = re.compile(
    r"<((?:https?://|mailto:)[^\s<>]{1,1000}|[^\s<>@:/]{1,64}@[^\s<>@:/]{3,255})>", re.IGNORECASE
)
ANGLED_BEGUN = re.compile(r"<(?:[^\s<>]{0,1000}|br\s{0,3}/?)\Z", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
ENTITY_BEGUN = re.compile(r"&[#\w]{0,32}\Z")


def last_run(source: str) -> int:
    """Characters at the end that an address may hold, as far as they count."""
    last = source[-links.MOST_BEFORE :]
    return len(last) - len(last.rstrip(IN_RUN))


def run(source: str, start: int, end: int = sys.maxsize) -> str:
    """The marks that are the same as the first."""
    found = SAME[source[start]].match(source, start, end)
    assert found
    return found[0]
