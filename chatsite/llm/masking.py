"""What a provider need not know: card numbers, e-mail addresses and telephone numbers.

They leave as `[CARD_1]`, `[EMAIL_1]`, `[PHONE_1]`, the same for the same words throughout a call,
and stand in the answer as they were. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Also as people write it so that no program reads it: `me (at) shop [dot] example`.
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]+(?:[ ]?[@\uff20][ ]?|[ ]?[(\[]at[)\]][ ]?)"
    r"[\w-]+(?:(?:\.|[ ]?[(\[]dot[)\]][ ]?)[\w-]+)+",
    re.IGNORECASE,
)
# Between the digits of a number: dashes of every width, points, slashes, brackets; and spaces, for
# a card also those to the next column or line, where other numbers of a table stand.
_MARKS = r".\-\u2010-\u2015\u2212/()_\u00b7"
_IN_LINE = rf"(?:[^\S\t\n\r]|[{_MARKS}]){{0,2}}"
_ANYWHERE = rf"[\s{_MARKS}]{{0,2}}"
# Digits with what people write between them; which they are is decided below.
_DIGITS = re.compile(rf"(?<![\w.#])[+\uff0b]?\(?\d(?:{_IN_LINE}\d){{6,22}}(?![\w])")
# Long enough for a card, with whatever stands around it, such as the month in which it ends.
_LONG = re.compile(rf"(?<!\d)\d(?:{_ANYWHERE}\d){{12,}}")
_GROUP = re.compile(r"\d+")
# A card is printed in groups of so many digits; only the last may have fewer.
_IN_GROUP = 4
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})\b(?![-/.]\d)"
)
_PLACEHOLDER = re.compile(r"\[(?:CARD|EMAIL|PHONE)_\d+\]")
# Digits of a card, and of a telephone number with its area or country.
CARD = range(13, 20)
PHONE = range(8, 16)
# How a mobile number is written in India, without its country.
INDIAN = [5, 5]
# Longer than any placeholder: what may be the beginning of one waits for the rest.
LONGEST = 12


@dataclass
class Mask:
    """Of one call. What was hidden stays in this process."""

    _hidden: dict[str, str] = field(default_factory=dict)
    _waiting: str = ""

    def messages(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Those of customers and of answers; the site's own articles keep its own numbers.

        What an image shows cannot be masked.
        """
        return [
            dict(each)
            if each.get("role") in {"system", "developer"}
            else {**each, "content": self._content(each["content"])}
            for each in messages
        ]

    def _content(self, content: Any) -> Any:
        if isinstance(content, str):
            return self.hide(content)
        if not isinstance(content, list):
            return content
        return [
            {**part, "text": self.hide(part["text"])} if part["type"] == "text" else part
            for part in content
        ]

    def hide(self, text: str) -> str:
        text = _EMAIL.sub(lambda found: self._named("EMAIL", found[0]), text)
        text = _LONG.sub(self._cards, text)
        return _DIGITS.sub(self._number, text)

    def restore(self, text: str) -> str:
        """A whole text, with what was hidden in its place."""
        return _PLACEHOLDER.sub(lambda found: self._hidden.get(found[0], found[0]), text)

    def delta(self, text: str) -> str:
        """The next part of an answer: what may be half a placeholder comes with the part after."""
        text = self._waiting + text
        begin = text.rfind("[", max(0, len(text) - LONGEST))
        is_half = begin >= 0 and "]" not in text[begin:]
        cut = begin if is_half else len(text)
        self._waiting = text[cut:]
        return self.restore(text[:cut])

    def rest(self) -> str:
        """What still waits when the answer has ended."""
        rest, self._waiting = self._waiting, ""
        return rest

    def _cards(self, found: re.Match[str]) -> str:
        said, shown, at = found[0], "", 0
        groups = list(_GROUP.finditer(said))
        for first, group in enumerate(groups):
            end = _end_of_card(groups[first : first + CARD.stop]) if group.start() >= at else 0
            if end:
                shown += said[at : group.start()] + self._named("CARD", said[group.start() : end])
                at = end
        return shown + said[at:]

    def _number(self, found: re.Match[str]) -> str:
        said = found[0]
        digits = re.sub(r"\D", "", said)
        if len(digits) in CARD and _passes_luhn(digits):
            return self._named("CARD", said)
        if _DATE.match(said) or len(digits) not in PHONE:
            return said
        # As people write telephone numbers: from a plus or a zero, or in groups.
        groups = _GROUP.findall(said)
        in_groups = 3 <= len(groups) <= 6 or [len(group) for group in groups] == INDIAN
        if said.startswith(("+", "\uff0b", "(")) or not int(digits[0]) or in_groups:
            return self._named("PHONE", said)
        return said

    def _named(self, kind: str, said: str) -> str:
        for name, hidden in self._hidden.items():
            if hidden == said:
                return name
        number = sum(name.startswith(f"[{kind}_") for name in self._hidden) + 1
        name = f"[{kind}_{number}]"
        self._hidden[name] = said
        return name


def _end_of_card(groups: Sequence[re.Match[str]]) -> int:
    """Where a card ends that begins with the first group; 0 if none does."""
    digits, end = "", 0
    for group in groups:
        digits += group[0]
        if len(digits) >= CARD.stop:
            break
        if len(digits) in CARD and _passes_luhn(digits):
            end = group.end()
        if len(group[0]) < _IN_GROUP:
            break
    return end


def _passes_luhn(digits: str) -> bool:
    """The check digit that all cards have. Source: ISO/IEC 7812-1."""
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
