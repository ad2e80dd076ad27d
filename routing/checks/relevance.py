"""Whether an answer speaks of what was asked, in each of its parts. Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from routing.checks.passages import Grounds, Items, Statement, items, merged

_ASKING = (
    r"(?:what|how|when|where|who|why|which|can|do|does|is|are|will|could|may|was|wie|wann|wo|wer|warum"
    r"|welche\w*|kann|ist|sind|que|quel\w*|comment|combien|quand|ou|qui|est-ce|peut|como|cuanto\w*"
    r"|cuando|donde|quien|puedo|cual\w*|come|quanto|quando|dove|chi|posso|quale|hoe|wat|waar|kan|ile"
    r"|jak|kiedy|gdzie|kto|czy|onde|quem|hur|vad|nar|var|vem|ne|nasil|nerede|kim|kac)"
)
# By language: the Polish "i" is the English "I", the Dutch "en" the French "in".
_AND: Mapping[str, str] = {
    "en": "and|also|as well as|plus",
    "de": "und|ausserdem|außerdem",
    "fr": "et|ainsi que",
    "es": "y|e",
    "it": "e|ed",
    "nl": "en",
    "pl": "i|oraz|a",
    "pt": "e",
    "sv": "och",
    "da": "og",
    "tr": "ve|ayrıca",  # noqa: RUF001
    "ru": "и|а также",  # noqa: RUF001
}
_ANY = "and|und|et|och|ve|og|oraz"


@cache
def _between(heard: str) -> re.Pattern[str]:
    """What stands between two things that are asked, in that language."""
    word = _AND.get(heard, _ANY)
    return re.compile(
        rf"[?？؟]+\s*|\n+|;\s*|(?:,\s*)?\s(?:{word})\s+(?={_ASKING}\b)"  # noqa: RUF001
        rf"|[,，、]\s*(?:{word}|并且|还有|而且|また|وهل|وكم|وما)?\s*(?={_ASKING}\b)"
        r"|(?:还有|并且|而且|また、?|それと|وكم|وهل|وما|وكيف|ومتى)"
        rf"|\s(?:{word})\s",
        re.IGNORECASE,
    )


_IDEOGRAPH = re.compile(r"[\u3040-\u9fff]")
# Every second question has these.
_IN_ALL = frozenset({"c:possible", "c:maximum", "c:price", "c:use"})
# From here on a part counts as left out.
LEFT_OUT, OFF = 0.6, 0.5


def parts(question: str, heard: str = "") -> list[str]:
    """What is asked, each by itself; `heard`: the question's language."""
    found = (part.strip(" .,!") for part in _between(heard).split(question))
    return [part for part in found if len(part) > (2 if _IDEOGRAPH.search(part) else 8)] or [
        question
    ]


def answered(
    question: str, heard: str, answer: Sequence[Statement], grounds: Grounds, asked: Items
) -> dict[str, float]:
    """How far the question, and the worst of its parts, is left open: 0 to 1.

    By its words in the answer ("unanswered"), by whether the answer uses the passages that are
    nearest to the question ("off focus"), and by whether others are nearer ("elsewhere").
    """
    placed = grounds.placed(merged(*((each.items, 1.0) for each in answer)))
    used = [0.0] * len(grounds.statements)
    for each in answer:
        used = list(map(max, used, grounds.contexts.alike(grounds.placed(each.items))))
    asked_for = [grounds.placed(items(part, heard)) for part in parts(question, heard)]
    asked_for = [each for each in asked_for if each] or [asked]
    words, focus, place = _open(asked, placed, used, grounds)
    by_part = [_open(each, placed, used, grounds) for each in asked_for]
    several = len(by_part) > 1
    part = max(min(w, f) for w, f, _ in by_part) if several else 0.3
    return {
        "unanswered": words,
        "off focus": focus,
        "elsewhere": place,
        "left open": max(0.0, words - LEFT_OUT) * max(0.0, focus - OFF) * 4,
        "left open elsewhere": words * place,
        "part unanswered": part,
        "part off focus": max(f for _, f, _ in by_part) if several else 0.5,
        "part elsewhere": max(min(w, p) for w, _, p in by_part) if several else 0.0,
        "part left out": max(0.0, part - LEFT_OUT) * 2.5,
    }


def _open(
    asked: Items, placed: Items, used: Sequence[float], grounds: Grounds
) -> tuple[float, float, float]:
    weights = {
        item: grounds.telling.get(item, grounds.rarest) * weight
        for item, weight in asked.items()
        if item not in _IN_ALL
    }
    total = sum(weights.values())
    words = sum(at for item, at in weights.items() if item in placed) / total if total else 0.5
    near = grounds.contexts.alike(asked)
    ranked = sorted(range(len(near)), key=near.__getitem__, reverse=True)[:4]
    if not ranked or not near[ranked[0]]:
        return 1 - words, 0.7, 0.3
    most = max(used) or 1.0
    best = max(near[at] * used[at] for at in ranked) / near[ranked[0]]
    return 1 - words, 1 - best, 1 - best / most
