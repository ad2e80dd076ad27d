"""Which paragraphs of the articles are nearest to a question. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from routing.checks.language_detection import language
from routing.checks.passages import (
    Items,
    grounds,
    items,
    merged,
    read,
    sentences,
)

# A passage so like the question is worth being quoted; the second at least half as much.
WORTH_QUOTING = 0.12
# What an article counts for beside the one that was found before it.
LATER = 0.85
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s")


@dataclass(frozen=True, slots=True)
class Quote:
    """A paragraph or a list of an article, by its place among those given."""

    article: int
    text: str


def quotes(question: str, articles: Sequence[str], most: int = 2) -> tuple[Quote, ...]:
    """The paragraphs that are nearest to the question, in the order of the articles."""
    ground = grounds(tuple(articles))
    passages = [
        (Quote(at, text), around)
        for at, each in enumerate(articles)
        for text, around in _paragraphs(each)
    ]
    spoken = language(question) or "en"
    asked = ground.placed(items(question, spoken))
    if not any(item in ground.telling for item in asked):
        # Two words of an unknown language are looked up in all.
        asked = ground.placed(items(question, ""))
    weights = {item: ground.telling.get(item, 0.5) * at for item, at in asked.items()}
    total = sum(weights.values()) or 1.0
    near = [
        sum(at * min(1.0, around.get(item, 0.0)) for item, at in weights.items())
        / total
        * LATER**quote.article
        for quote, around in passages
    ]
    ranked = sorted(range(len(near)), key=near.__getitem__, reverse=True)[:most]
    least = max(WORTH_QUOTING, near[ranked[0]] / 2) if ranked else 1.0
    return tuple(passages[at][0] for at in sorted(ranked) if near[at] >= least)


def _paragraphs(article: str) -> Iterator[tuple[str, Items]]:
    """Each paragraph without its marks, and what it talks about; a list belongs to its heading."""
    title, *lines = [line for line in article.split("\n") if line.strip()] or [""]
    contexts = iter(read(article).statements)
    text = ""
    around: Items = {}
    opens_list = False
    for line in lines or [title]:
        found = merged(*((next(contexts).context, 1.0) for _ in sentences(line)))
        if text and opens_list and _ITEM.match(line):
            text, around = f"{text}\n{line.strip()}", merged((around, 1.0), (found, 1.0))
            continue
        if text:
            yield text, around
        text, around, opens_list = line.strip(), found, line.rstrip().endswith((":", "："))
    if text:
        yield text, around
