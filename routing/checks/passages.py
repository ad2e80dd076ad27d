"""Sentences as what they talk about, and the articles that an answer was written from. Pure."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from routing.checks.language_detection import language
from routing.checks.multilingual_concepts import (
    COMMON,
    EU,
    UNSPACED,
    concepts,
    countries,
    fold,
    of_word,
    said,
    words,
)
from routing.checks.quantities import Quantity, quantities

# Concepts ("c:"), words ("w:") and countries ("g:") with how far they count.
Items = Mapping[str, float]
# Letters of a word that are compared: "returns" and "returned" are the same.
STEM = 5
_MORE_TEXT = (
    "unfortunately happy glad sure course afraid within until during under using because still "
    "again between both once the and for you are can our any not but has its all how who why was "
    "out get got one may"
)
_COMMON = COMMON | frozenset(_MORE_TEXT.split())
_END = re.compile(r"(?<=[.!?。！？؟])[\"'”»)]*\s+|(?<=[。！？])|\n+")  # noqa: RUF001
_MARK = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,2}[.)])\s+|^#+\s*")  # noqa: RUF001
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s")
_ABBREVIATED = re.compile(
    r"\b(?:e\.g|i\.e|z\.B|bzw|ca|approx|no|nr|B\.V|d\.h|np|St|Mr|Mrs|Dr|p\.ex|bijv|t\.ex)\.$", re.I
)
# What stands between two of these belongs together: "€4.50 in the Netherlands and €7.50 elsewhere".
_CLAUSE = re.compile(
    r"[,;:(、，；：،؛]|\s(?:and|but|or|und|aber|oder|et|mais|ou|y|pero|o|e|ma|mas|en|maar|of|i|ale"  # noqa: RUF001
    r"|lub|och|men|eller|ve|ama|veya|while|whereas|then)\s"
)
# Where a thought ends that may be denied by itself.
_TURN = re.compile(
    r"[;:；：(]|,?\s(?:but|because|unless|except|while|whereas|although|aber|weil|ausser|sondern"  # noqa: RUF001
    r"|mais|sauf|parce que|car|pero|sino|porque|salvo|excepto|ma|perche|tranne|maar|omdat|behalve"
    r"|tenzij|ale|bo|oprocz|chyba ze|mas|men|for att|utom|ama|fakat|cunku)\s"
    r"|,\s(?:and|so|if|which|as|we|you|it|they|und|wenn|wir|sie|et|si|nous|vous|y|e|se|en|als|i"
    r"|jesli|och|om|ve)\s|[，、；]|が、|けど、|،\s?"  # noqa: RUF001
)
_LABEL = re.compile(r"^([^:：.]{2,90})[:：]\s*\S")
_OUTSIDE = re.compile(
    r"\b(?:outside|ausserhalb|hors|fuera|fuori|buiten|poza|fora|utanfor|disi\w*|non-eu|non eu)\b"
    r"|以外|之外|خارج|外"
)
_FIRST_WORD = re.compile(r"^\W*\w+[,.!:、，。،]?\s*")
_LATIN_NAME = re.compile(r"[A-Z][A-Za-z]{2,}|[A-Z]{2,}")


# What costs nothing is free, who pays nothing is denied nothing; nor is it where nothing has come.
_PRICE = (
    r"\b(?:cost|kost|cout|cuest|cust|koszt|стои|pay|paid|charg|zahl|bezahl|berechn|pag|plac|betal"
    r"|плат)\w*"
)
_NOTHING = (
    r"\b(?:nothing|anything|nichts|rien|nada|niente|nulla|niets|nic|ingenting|inget|intet|ничего)\b"
)
_FOR_NOTHING = re.compile(
    rf"{_PRICE}\W+(?:\w+\W+){{0,2}}?{_NOTHING}|{_NOTHING}\W+(?:\w+\W+){{0,4}}?{_PRICE}"
    rf"|\b(?:if|when|wenn|falls|si|se|als|jesli|gdy|om|hvis|если|когда)\b.*?{_NOTHING}"
)


@dataclass(frozen=True, slots=True)
class Thought:
    """A part of a sentence that may be denied by itself; `wholly`, as in "covers nothing"."""

    items: Items
    is_denied: bool
    is_denied_wholly: bool

    @classmethod
    def of(cls, folded: str, spoken: str, items: Items) -> "Thought":
        wholly = bool(said("nothing", _FOR_NOTHING.sub(" ", folded), spoken))
        return cls(items, wholly or bool(said("negation", folded, spoken)), wholly)

    def agrees_with(self, other: "Thought") -> bool:
        """Whether that may bear this out, if both are about the same."""
        return self.is_denied == other.is_denied and self.is_denied_wholly <= other.is_denied_wholly


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence. `context`: its items and, less, those of its heading and list.

    `stated`: each quantity with what stands beside it.
    """

    text: str
    folded: str
    language: str
    items: Items
    context: Items
    stated: tuple[tuple[Quantity, Items], ...]
    thoughts: tuple[Thought, ...]
    affirms: bool  # begins with a yes
    denies: bool  # begins with a no
    conditions: int
    absolutes: int


def merged(*weighted: tuple[Items, float]) -> dict[str, float]:
    """All items, each with its highest weight."""
    found: dict[str, float] = {}
    for items, weight in weighted:
        for item, value in items.items():
            found[item] = max(found.get(item, 0.0), value * weight)
    return found


def sentences(text: str) -> list[str]:
    """The sentences and list items of a text, without the marks of lists and headings."""
    found: list[str] = []
    for part in filter(None, (_MARK.sub("", part).strip() for part in _END.split(text))):
        if found and _ABBREVIATED.search(found[-1]):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


@lru_cache(maxsize=4096)
def items(text: str, spoken: str) -> Items:
    """What a text in that language talks about."""
    folded = fold(text)
    found = {f"c:{concept}": 1.0 for concept in concepts(folded, spoken)}
    found |= {f"g:{code}": 1.5 for code in countries(text, folded)}
    if "g:EU" in found and _OUTSIDE.search(folded):
        del found["g:EU"]
        found["g:outside"] = 1.5
    if spoken in UNSPACED or spoken == "ar":
        found |= {f"w:{name.lower()[:STEM]}": 1.0 for name in _LATIN_NAME.findall(text)}
    if spoken not in UNSPACED:
        for word in words(folded):
            if len(word) > 2 and word not in _COMMON:
                key = f"w:{word[:STEM]}"
                weight = 0.5 if of_word(word, spoken) else 1.0
                found[key] = max(found.get(key, 0.0), weight)
    return found


def statement(text: str, spoken: str, around: Items | None = None) -> Statement:
    """Read a sentence; `around`: what its heading and the line above talk about."""
    folded, around = fold(text), around or {}
    own = items(text, spoken)
    context = merged((own, 1.0), (around, 0.5))
    affirms, denies = bool(said("yes", folded, spoken)), bool(said("no", folded, spoken))
    rest = _FIRST_WORD.sub("", folded) if affirms or denies else folded
    return Statement(
        text,
        folded,
        spoken,
        own,
        context,
        tuple(_stated(text, folded, spoken, merged((own, 0.5), (around, 0.4)))),
        tuple(_thoughts(rest, spoken, context, merged((own, 0.35), (around, 0.35)))),
        affirms,
        denies,
        len(said("condition", folded, spoken)),
        len(said("absolute", folded, spoken)),
    )


def _stated(text: str, folded: str, spoken: str, beside: Items) -> list[tuple[Quantity, Items]]:
    marks = [0, *(match.end() for match in _CLAUSE.finditer(folded)), len(folded)]
    label: Items = {}
    if (match := _LABEL.match(text)) and not quantities(fold(match[1]), spoken):
        label = items(match[1], spoken)
    found: list[tuple[Quantity, Items]] = []
    for quantity in quantities(folded, spoken):
        start = max(mark for mark in marks if mark <= quantity.start)
        end = min((mark for mark in marks if mark >= quantity.end), default=len(folded))
        near = items(folded[start:end], spoken)
        found.append((quantity, merged((near, 1.0), (label, 1.0), (beside, 1.0))))
    return found


def _thoughts(folded: str, spoken: str, context: Items, beside: Items) -> list[Thought]:
    bounds = [0, *(match.start() for match in _TURN.finditer(folded)), len(folded)]
    parts = [folded[start:end] for start, end in pairwise(bounds)]
    parts = [part for part in parts if len(part.strip()) > 3]
    if len(parts) < 2:
        return [Thought.of(folded, spoken, context)]
    return [
        Thought.of(part, spoken, merged((items(part, spoken), 1.0), (beside, 1.0)))
        for part in parts
    ]


def _statements(article: str) -> tuple[Statement, ...]:
    """The sentences of an article under its title; items of a list know the line above it."""
    title, *body = [line for line in article.split("\n") if line.strip()] or [""]
    spoken = language(article[:2000]) or "en"
    heading = items(_MARK.sub("", title), spoken)
    found: list[Statement] = []
    above: Items = {}
    for line in body or [title]:
        is_item = bool(_ITEM.match(line))
        before: Items = {}
        for sentence in sentences(line):
            around = merged((heading, 0.8), (above if is_item else before, 0.8))
            found.append(statement(sentence, spoken, around))
            is_question = sentence.endswith(("?", "？"))  # noqa: RUF001
            before = merged((found[-1].items, 1.0 if is_question else 0.6))
        if not is_item and found:
            above = found[-1].items if line.rstrip().endswith((":", "：")) else {}
    return tuple(found)


class Postings:
    """Sets of items, and for each item which of them hold it and how far it counts there."""

    __slots__ = ("holders", "listed")

    def __init__(self, listed: Sequence[Items]) -> None:
        self.listed = listed
        self.holders: dict[str, list[tuple[int, float]]] = {}
        for at, each in enumerate(listed):
            for item, weight in each.items():
                self.holders.setdefault(item, []).append((at, weight))


@dataclass(frozen=True, slots=True)
class Article:
    """What is read of an article once, whatever other articles an answer was written from."""

    statements: tuple[Statement, ...]
    contexts: Postings
    thoughts: Postings
    quantities: Postings


@lru_cache(maxsize=512)
def read(article: str) -> Article:
    found = _statements(article)
    return Article(
        found,
        Postings([each.context for each in found]),
        Postings([thought.items for each in found for thought in each.thoughts]),
        Postings(
            [merged((near, 1.0), (each.context, 0.5)) for each in found for _, near in each.stated]
        ),
    )


class Index:
    """Which of many sets of items are like one; what few of them have counts more."""

    def __init__(self, parts: Sequence[Postings], telling: Mapping[str, float]) -> None:
        self._parts, self._telling = parts, telling

    @cached_property
    def _sizes(self) -> list[float]:
        return [size(each, self._telling) for part in self._parts for each in part.listed]

    def alike(self, given: Items) -> list[float]:
        """How like each of the sets is to this one, 0 to 1, in their order."""
        shared = [0.0] * len(self._sizes)
        begin = 0
        for part in self._parts:
            for item, weight in given.items():
                if holders := part.holders.get(item):
                    tells = self._telling.get(item, 0.5)
                    for at, other in holders:
                        shared[begin + at] += tells * min(weight, other)
            begin += len(part.listed)
        mine = size(given, self._telling)
        return [
            each / math.sqrt(mine * theirs) if each else 0.0
            for each, theirs in zip(shared, self._sizes, strict=True)
        ]


def size(given: Items, telling: Mapping[str, float]) -> float:
    """What the items weigh together; those that no article has count half."""
    return 0.5 + sum(telling.get(item, 0.5) * weight for item, weight in given.items())


class Grounds:
    """What an answer was written from."""

    def __init__(self, articles: Sequence[str]) -> None:
        known = [read(article) for article in articles]
        self.statements = tuple(each for article in known for each in article.statements)
        count: Counter[str] = Counter()
        for article in known:
            for item, holders in article.contexts.holders.items():
                count[item] += len(holders)
        total = len(self.statements)
        self.telling = {
            item: math.log1p(total / (1 + holders)) + 0.1 for item, holders in count.items()
        }
        # Of what no passage speaks of.
        self.rarest = math.log1p(total) + 0.1
        self.contexts = Index([each.contexts for each in known], self.telling)
        self.thoughts = [thought for each in self.statements for thought in each.thoughts]
        self.by_thought = Index([each.thoughts for each in known], self.telling)
        self.stated = [stated for each in self.statements for stated in each.stated]
        self.by_quantity = Index([each.quantities for each in known], self.telling)

    @property
    def language(self) -> str:
        return self.statements[0].language if self.statements else ""

    def placed(self, given: Items) -> Items:
        """Countries as the articles call them: Poland is an EU country where it is not listed."""
        abroad = [item[2:] for item in given if item[:2] == "g:" and item not in self.telling]
        if not abroad:
            return given
        return {**given, **{"g:EU" if code in EU else "g:outside": 1.5 for code in abroad}}


@lru_cache(maxsize=128)
def grounds(articles: tuple[str, ...]) -> Grounds:
    """Most answers are given the same few articles: reading them is most of what a check costs."""
    return Grounds(articles)
