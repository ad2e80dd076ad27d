"""Amounts, durations, times and dates of a text, with their units, in 15 languages. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from routing.checks.multilingual_concepts import LANGUAGES, UNSPACED, fold, places_and_dates, table

MONEY = frozenset(
    ["euro", "cent", "dollar", "pound", "yen", "yuan", "franc", "crown", "zloty", "lira"]
)
HOURS = {"minute": 1 / 60, "hour": 1, "day": 24, "workday": 24, "week": 168}
MONTHS = {"month": 1, "year": 12}
DAYS = frozenset({"day", "workday"})
# Units that people leave out or call otherwise: five pieces, five of them, five cards.
COUNTS = frozenset({"", "piece", "person", "attempt", "point", "character"})
CLOCK, DATE = "clock", "date"


@dataclass(frozen=True, slots=True)
class Quantity:
    """Of `unit`: "" for a bare number, `CLOCK` in minutes of the day, `DATE` as month * 100 + day.

    `start` and `end`: where it stands in the folded text. `in_words`: three, not 3.
    """

    value: float
    unit: str
    start: int
    end: int
    in_words: bool = False

    @property
    def kind(self) -> str:
        """Units of one kind can contradict each other: 5 days and 2 weeks."""
        if self.unit in MONEY:
            return "money"
        return "time" if self.unit in HOURS or self.unit in MONTHS else self.unit

    def equals(self, other: "Quantity") -> bool:
        """Whether both state the same: 7 days are a week, 24 hours a day, no 30 days a month."""
        if self.unit == other.unit or {self.unit, other.unit} == DAYS:
            return abs(self.value - other.value) < 1e-6
        for sizes in (HOURS, MONTHS):
            if self.unit in sizes and other.unit in sizes:
                mine, theirs = self.value * sizes[self.unit], other.value * sizes[other.unit]
                return abs(mine - theirs) < 1e-6 and "workday" not in (self.unit, other.unit)
        return False

    def supports(self, claim: "Quantity") -> bool:
        """Whether a ground that states this supports the claim, where units are left out too."""
        if self.equals(claim):
            return True
        if self.value != claim.value:
            return False
        bare_claim = not claim.unit and not claim.in_words
        bare_ground = not self.unit and not self.in_words and claim.unit not in (CLOCK, DATE)
        return bare_claim or bare_ground or (self.unit in COUNTS and claim.unit in COUNTS)


_NUMBER = r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_SYMBOLS = {
    "€": "euro",
    "$": "dollar",
    "us$": "dollar",
    "£": "pound",
    "¥": "yen",
    "eur": "euro",
    "usd": "dollar",
    "gbp": "pound",
    "chf": "franc",
}
_WRITTEN_ALIKE = MONEY | {"kilogram", "gigabyte", "percent", "centimetre"}
_HALF_HOURS = (
    *("half an hour", "halbe stunde", "demi-heure", "media hora", "mezz'ora", "half uur"),
    *("pol godziny", "meia hora", "halvtimme", "yarim saat", "半小时"),
)
# Number and unit in one word.
_ONE_WORD: Mapping[str, tuple[float, str]] = {
    **dict.fromkeys(("يومين", "يومان"), (2.0, "day")),
    **dict.fromkeys(("ساعتين", "ساعتان"), (2.0, "hour")),
    **dict.fromkeys(("اسبوعين", "اسبوعان", "fortnight"), (2.0, "week")),
    **dict.fromkeys(("شهرين", "شهران"), (2.0, "month")),
    **dict.fromkeys(
        ("سنتين", "سنتان", "عامين", "عامان", "zweijahrig", "tweejarig", "dwuletni"), (2.0, "year")
    ),
    **dict.fromkeys(_HALF_HOURS, (30.0, "minute")),
    **dict.fromkeys(("half a year", "halbes jahr", "半年"), (6.0, "month")),
    "دقيقتين": (2.0, "minute"),
    "اسبوع": (1.0, "week"),
    "quinzaine": (15.0, "day"),
}
# What may stand between a number and its unit.
_BETWEEN = (
    r"[\s\u00a0-]{0,2}(?:(?:full|whole|more|calendar|volle|ganze|weitere|further|additional"
    r"|consecutive|other|dodatkow\w+|kolejn\w+|ytterligare|hela|extra|new|free)\s)?"
)
_RANGE = re.compile(
    r"(?:-|–|—|~|〜|～|to|and|or|bis|und|oder|a|et|ou|y|o|e|al?|ed|tot|of|en|do|lub|i|ate|till|och"  # noqa: RUF001
    r"|eller|ile|veya|ila|至|到|から|или|до|الى|او|og|til|/|x)?"
)
_CLOCK = re.compile(
    r"(?<![\d.,])(?P<h>[01]?\d|2[0-4])(?:(?::|h)(?P<m>[0-5]\d)(?!\d|[.,]\d)"
    r"|\.(?P<dotted>[0-5]\d)(?=\s?(?:uhr|[ap]\.?m\b)))(?:\s?(?P<p>[ap])\.?m\b\.?)?"
    r"|(?<![\d.,:])(?P<h2>1[0-2]|0?[1-9])\s?(?P<p2>[ap])\.?m\b\.?"
    r"|(?<![\d.,:])(?P<h3>[01]?\d|2[0-4])\s?(?:uhr|h(?=[\s.,;)]|$)|時(?!間)|点(?!数)|o'clock"
    r"|heures?(?= (?:du|precise))|uur(?= (?:'s|in de|precies)))(?P<m3>[0-5]\d分)?"
    r"|(?:上午|早上)(?P<h4>\d{1,2})点|(?:下午|晚上|午後)(?P<h5>\d{1,2})(?:点|時)"
    r"|الساعه (?P<h6>\d{1,2})(?![:\d])(?P<p6> (?:صباحا|مساء|ظهرا))?"
)
# "10.00 to 17.00", without a price before or behind.
_DOTTED = re.compile(
    r"(?<![\d.,€$£] )(?<![\d.,€$£])(?P<h>[01]?\d|2[0-4])\.(?P<m>[0-5]\d)\s?"
    r"(?:-|–|—|to|bis|a|til|till|tot|ile|do|alle|as|och|and|und)\s?"  # noqa: RUF001
    r"(?P<h2>[01]?\d|2[0-4])\.(?P<m2>[0-5]\d)"
    r"(?![\d.,]|\s?(?:€|\$|£|eur|usd|kr|zl|tl|%|kg|cm|mm|m\b))"
)
# Bare numbers up to this are everywhere: one of them, the first two.
SMALL = 3


def number(text: str) -> float:
    """The value of "1,200.50", "1.200,50", "9,95" or "2 400"."""
    text = re.sub(r"['\u00a0\u202f ]", "", text)
    dot, comma = text.rfind("."), text.rfind(",")
    if dot >= 0 and comma >= 0:
        return float(text.replace("," if dot > comma else ".", "").replace(",", "."))
    mark = "." if dot >= 0 else ","
    whole, _, rest = text.rpartition(mark)
    thousands = len(rest) == 3 and whole.lstrip("0")
    return float(text.replace(mark, "" if thousands or text.count(mark) > 1 else "."))


@lru_cache(maxsize=4096)
def quantities(folded: str, language: str) -> tuple[Quantity, ...]:
    """What a folded text states, in order."""
    found: list[Quantity] = []
    taken = [False] * len(folded)
    for each in (*_dates_in(folded), *_times_in(folded), *_measures_in(folded, language)):
        if not any(taken[each.start : each.end]):
            found.append(each)
            taken[each.start : each.end] = [True] * (each.end - each.start)
    found.sort(key=lambda each: each.start)
    for at in range(len(found) - 2, -1, -1):
        found[at] = _as_in_range(found[at], found[at + 1], folded)
    return tuple(found)


def _as_in_range(this: Quantity, after: Quantity, folded: str) -> Quantity:
    """In "3 to 6 days" the first has the unit of the second."""
    between = folded[this.end : after.start].strip()
    if this.unit or after.unit in ("", DATE) or not _RANGE.fullmatch(between):
        return this
    if after.unit == CLOCK:
        return Quantity(this.value * 60, CLOCK, this.start, this.end) if this.value <= 24 else this
    return Quantity(this.value, after.unit, this.start, this.end)


def _dates_in(folded: str) -> list[Quantity]:
    pattern, months = _dates()
    found = []
    for match in pattern.finditer(folded):
        part = match.groupdict()
        month = int(part["n"]) if part["n"] else months[part["m"] or part["m2"]]
        day = int(part["d"] or part["d2"] or part["d3"])
        if 1 <= day <= 31:
            found.append(Quantity(month * 100 + day, DATE, *match.span()))
    return found


@cache
def _dates() -> tuple[re.Pattern[str], Mapping[str, int]]:
    months = {
        name: int(month)
        for month, listed in places_and_dates()["months"].items()
        for name in listed
    }
    names = "|".join(map(re.escape, sorted(months, key=len, reverse=True)))
    pattern = re.compile(
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.|er|º|°)?\s?(?:de |of |d')?(?P<m>{names})\b"
        rf"|\b(?P<m2>{names})\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"
        r"|(?P<n>1[0-2]|[1-9])月(?P<d3>\d{1,2})(?:日|号)"
    )
    return pattern, months


def _times_in(folded: str) -> list[Quantity]:
    found = [
        Quantity(int(match[h]) * 60 + int(match[m]), CLOCK, match.start(h), match.end(m))
        for match in _DOTTED.finditer(folded)
        for h, m in (("h", "m"), ("h2", "m2"))
    ]
    for match in _CLOCK.finditer(folded):
        part = match.groupdict()
        hour = int(next(part[name] for name in ("h", "h2", "h3", "h4", "h5", "h6") if part[name]))
        minute = int(part["m"] or part["dotted"] or (part["m3"] or "0").rstrip("分"))
        afternoon = "p" in (part["p"], part["p2"]) or part["h5"] or "مساء" in (part["p6"] or "")
        hour += 12 if afternoon and hour < 12 else 0
        found.append(Quantity(hour * 60 + minute, CLOCK, *match.span()))
    return found


def _measures_in(folded: str, language: str) -> list[Quantity]:
    pattern, units, counted = _measures(language)
    found = []
    for match in pattern.finditer(folded):
        part, span = match.groupdict(), match.span()
        if part["symbol"]:
            found.append(Quantity(number(part["amount"]), _SYMBOLS[part["symbol"]], *span))
        elif part["unit"]:
            value = number(part["number"]) if part["number"] else counted[part["word"]]
            found.append(Quantity(value, units[part["unit"]], *span, bool(part["word"])))
        elif part["percent"]:
            found.append(Quantity(number(part["percent"]), "percent", *span))
        elif part["bare"]:
            unit = "percent" if part["sign"] else ""
            found.append(Quantity(number(part["bare"]), unit, *span))
        elif part["one"]:
            found.append(Quantity(*_ONE_WORD[part["one"]], *span, True))
        elif counted[part["loose"]] >= 2 and (language not in UNSPACED or len(part["loose"]) > 1):
            found.append(Quantity(counted[part["loose"]], "", *span, True))
    return found


@cache
def _measures(language: str) -> tuple[re.Pattern[str], Mapping[str, str], Mapping[str, float]]:
    units = _units()
    mine = dict(units.get(language, {}))
    for word, unit in units["en"].items():
        if unit in _WRITTEN_ALIKE:
            mine.setdefault(word, unit)
    counted = _numbers().get(language, _numbers()["en"])
    unit, words, one, symbol = (_any_of(each) for each in (mine, counted, _ONE_WORD, _SYMBOLS))
    if language in UNSPACED:
        word, between, end = rf"(?:{words})", r"\s?", ""
    else:
        word, between, end = rf"\b(?:{words})\b", _BETWEEN, r"(?![^\W\d_])"
    return (
        re.compile(
            rf"(?P<symbol>{symbol})\s?(?P<amount>{_NUMBER})"
            rf"|(?:(?P<number>{_NUMBER})|(?P<word>{word})){between}(?P<unit>{unit}){end}"
            rf"|(?:%|yuzde )\s?(?P<percent>\d+)|(?P<bare>{_NUMBER})(?P<sign>\s?%)?"
            rf"|(?P<one>{one})(?!\w)|(?P<loose>{word})"
        ),
        mine,
        counted,
    )


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


@cache
def _units() -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for unit, language, word in table("units.txt"):
        found[language].setdefault(word, unit)
    return found


@cache
def _numbers() -> Mapping[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {language: {} for language in LANGUAGES}
    for value, language, word in table("numbers.txt"):
        found[language].setdefault(word, float(value))
    return found


def read(text: str, language: str) -> tuple[Quantity, ...]:
    """The same of a text as typed."""
    return quantities(fold(text), language)
