"""Which sentences of the articles answer a question, for the demo model. Pure.

No understanding: the question's words are looked for in the sentences, rare ones count more, and
what it asks for (an amount, a time) counts where a sentence has it. On the 60 questions of the
sample shop, 3 sentences hold the fact that answers in 38, 4 sentences of two paragraphs in 45.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatsite.demo.word_stems import akin, stems

# Sentences for one question, by how much the model says; MANY may be of two paragraphs.
FEW, MANY = 3, 4
# Of the best paragraph's score: the second has so much. Of the best item's: others named as well.
ALSO, NAMED = 0.3, 0.7
MOST_ITEMS = 8
# What a paragraph counts beside the one before it: an article begins with what most people ask.
EARLIER = 0.96
# What a word of the conversation counts beside one of the question, and a form that is asked for.
IN_CONTEXT, WANTED = 0.4, 0.35
# What an article counts from which the question before was answered.
NEAR = 1.2
# What a word counts that is only akin to the one asked for, or stands only above the sentence.
AKIN, ABOVE = 0.4, 0.5

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"“(]?[A-Z0-9€])")
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+(.*)")
# What nobody understands without the sentence before.
LEANING = re.compile(
    r"(?:it|its|they|them|this|that|these|those|otherwise|then|if (?:so|not|we cannot|you decline)|"
    r"after that|later|such|both|each|but|and|so|also|instead|there|from day \d+)\b",
    re.IGNORECASE,
)
# What explains a rule that stands elsewhere.
EXAMPLE = re.compile(r"(?:an|for) example\b", re.IGNORECASE)
# What a question asks for, and how a sentence looks that says it.
_ASKED_FOR = (
    (
        r"\bhow much\b|\bcosts?\b|\bprices?\b|\bpay\b|\bfees?\b|\bexpensive\b|\blose\b",
        r"[€$£%]|\bfree\b|\bno cost\b|\bcosts? (?:you )?nothing\b",
    ),
    (
        r"\bwhen\b|\bhow (?:long|soon|fast|many days)\b|\buntil\b|\btill\b|\bhours\b|\bwhat time\b",
        r"\d\d:\d\d|\d+ (?:working |calendar )?(?:day|week|month|hour|minute|year)s?\b"
        r"|\buntil \d|\d (?:to|and) \d",
    ),
    (r"\bphone\b|\bnr\b|\bcall\b|\bring\b", r"\+\d[\d ]{6,}"),
)
ASKED_FOR = tuple(
    (re.compile(question, re.IGNORECASE), re.compile(sentence, re.IGNORECASE))
    for question, sentence in _ASKED_FOR
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, or an item of a list, as it stands in an article."""

    text: str
    words: frozenset[str]
    item: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences, and the list that they introduce."""

    article: int
    place: int
    passages: tuple[Passage, ...]
    above: frozenset[str]  # the words of the title, and of what introduces the list


@dataclass(frozen=True, slots=True)
class Found:
    """What answers a question, and how much of it.

    `coverage` is the share (0..1) of the question's words that are in it, by weight, and those akin
    to them; `named` is how many words are in it themselves.
    """

    article: int
    title: str
    parts: tuple[tuple[Passage, ...], ...]  # of each paragraph
    coverage: float
    named: int

    def markdown(self, indent: str = "") -> str:
        """Paragraphs, and items as lists."""
        # An item that nothing introduces stands under the article's title.
        blocks = [f"**{self.title}**"] if self.parts and self.parts[0][0].item else []
        for part in self.parts:
            sentences = " ".join(passage.text for passage in part if not passage.item)
            items = "\n".join(f"- {passage.text}" for passage in part if passage.item)
            blocks += [block for block in (sentences, items) if block]
        return "\n\n".join(blocks).replace("\n", f"\n{indent}").replace(f"\n{indent}\n", "\n\n")


class Articles:
    """The articles of one prompt, the best first, ready to be searched."""

    def __init__(self, articles: Sequence[tuple[str, str]]) -> None:
        self.titles = [title for title, _ in articles]
        self.paragraphs = [
            paragraph
            for number, (title, body) in enumerate(articles)
            for paragraph in _read(number, title, body)
        ]
        holders = Counter(
            word
            for paragraph in self.paragraphs
            for passage in paragraph.passages
            for word in passage.words | paragraph.above
        )
        most = 1 + sum(len(paragraph.passages) for paragraph in self.paragraphs)
        self._weights = {word: math.log(1 + most / count) for word, count in holders.items()}
        self._unknown = math.log(1 + most)

    def best(
        self, question: str, context: str = "", most: int = FEW, near: int | None = None
    ) -> Found:
        """What answers it, in reading order.

        The words of `context` count for less; the article `near` is where it is likely to be.
        """
        asked = dict.fromkeys(stems(context), IN_CONTEXT) | dict.fromkeys(stems(question), 1.0)
        wanted = [form for asks, form in ASKED_FOR if asks.search(f"{question} {context}")]
        scores = [
            [
                self._score(passage, paragraph, asked, wanted) * EARLIER**paragraph.place
                for passage in paragraph.passages
            ]
            for paragraph in self.paragraphs
        ]
        if not any(map(any, scores)):
            return Found(0, "", (), 0.0, 0)
        home = self._article(scores, near)
        ours = [at for at, paragraph in enumerate(self.paragraphs) if paragraph.article == home]
        if asked.keys() <= set(stems(self.titles[home])):
            # Asked for the article's subject: it begins with what most people want to know.
            best = ours[: most // FEW]
            chosen = {at: list(range(len(self.paragraphs[at].passages)))[:most] for at in best}
        else:
            best = sorted(ours, key=lambda at: (-max(scores[at]), at))[: 1 + most // MANY]
            best = [at for at in best if max(scores[at]) >= ALSO * max(scores[best[0]])]
            chosen = {at: _excerpt(self.paragraphs[at].passages, scores[at], most) for at in best}
        parts = tuple(
            tuple(self.paragraphs[at].passages[number] for number in chosen[at])
            for at in sorted(chosen)
        )
        said = self.paragraphs[best[0]].above.union(
            *(passage.words for part in parts for passage in part)
        )
        weights = {word: share * self._weight(word) for word, share in asked.items()}
        found = [word for word in asked if word in said or akin(word) & said]
        coverage = sum(weights[word] for word in found) / sum(weights.values())
        return Found(home, self.titles[home], parts, coverage, len(said & asked.keys()))

    def _weight(self, word: str) -> float:
        return self._weights.get(word, self._unknown)

    def _article(self, scores: Sequence[Sequence[float]], near: int | None) -> int:
        """The article that says most of it."""
        totals = [0.0] * len(self.titles)
        for paragraph, its in zip(self.paragraphs, scores, strict=True):
            totals[paragraph.article] = max(totals[paragraph.article], max(its)) + 0.15 * max(its)
        # The prompt names the best first.
        ranked = [total * (1 - 0.1 * number) for number, total in enumerate(totals)]
        if near is not None:
            ranked[near] *= NEAR
        return ranked.index(max(ranked))

    def _score(
        self,
        passage: Passage,
        paragraph: Paragraph,
        asked: Mapping[str, float],
        wanted: Iterable[re.Pattern[str]],
    ) -> float:
        score = 0.0
        for word, share in asked.items():
            if word in passage.words:
                score += share * self._weight(word)
            elif others := akin(word) & passage.words:
                score += share * AKIN * max(map(self._weight, others))
            if word in paragraph.above:
                score += share * ABOVE * self._weight(word)
        if score:
            score *= 1 + WANTED * sum(bool(form.search(passage.text)) for form in wanted)
        if EXAMPLE.match(passage.text):
            score *= AKIN
        return score / (1 + 0.01 * len(passage.words))


def _read(article: int, title: str, body: str) -> Iterator[Paragraph]:
    heading = frozenset(stems(title))
    passages: list[Passage] = []
    above, place = heading, 0
    for line in [*body.splitlines(), "."]:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        item = _ITEM.match(text)
        if not item and passages:
            yield Paragraph(article, place, tuple(passages), above)
            passages, above, place = [], heading, place + 1
        if item:
            passages.append(Passage(item[1], frozenset(stems(item[1])), item=True))
            continue
        for sentence in _SENTENCE_END.split(text):
            passages.append(Passage(sentence, frozenset(stems(sentence))))
        if text.endswith(":"):
            above = heading | passages[-1].words


def _excerpt(passages: Sequence[Passage], scores: Sequence[float], most: int) -> list[int]:
    """The neighbouring sentences that say most, or the items asked for under their introduction."""
    sentences = [at for at, passage in enumerate(passages) if not passage.item]
    items = [at for at, passage in enumerate(passages) if passage.item]
    top = max(range(len(scores)), key=lambda at: (scores[at], -at))
    introduced = bool(items and sentences) and passages[sentences[-1]].text.endswith(":")
    if items and (top in items or (introduced and top == sentences[-1])):
        least = NAMED * max(scores[at] for at in items)
        named = [at for at in items if scores[at] >= least]
        if len(items) <= most or len(named) > most:
            named = items[:MOST_ITEMS]
        return sentences[-1:] * introduced + named
    spans = [list(range(at, min(at + most, len(sentences)))) for at in sentences]
    spans = [span for span in spans if top in span]
    chosen = max(spans, key=lambda span: (sum(scores[at] for at in span), -span[0]))
    if chosen[0] and LEANING.match(passages[chosen[0]].text):
        chosen.insert(0, chosen[0] - 1)
    if introduced and sentences[-1] in chosen:
        chosen += items[:MOST_ITEMS]
    return chosen
