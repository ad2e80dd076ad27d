"""The sources under an answer: the articles that it used; none under "I could not find that"."""

from collections.abc import Sequence

from chatsite.knowledge import articles
from chatsite.knowledge.articles import Match
from chatsite.knowledge.current_search_index import Held
from chatsite.knowledge.search import lexicon, words
from routing.analysis.wording import folded
from routing.checks.multilingual_concepts import said
from routing.checks.passages import sentences


def of(text: str, given: Sequence[Match], held: Held | None = None) -> list[dict[str, str]]:
    """As a message keeps them, the most used first. `held`: the articles, if not those of now."""
    language = lexicon.language(text)
    told = [each for each in sentences(text) if not _says_nothing(each, language)]
    used = articles.used(told, given, language, held)
    return [match.source for match in used]


def _says_nothing(sentence: str, language: str) -> bool:
    """A question back, or that something is not known."""
    asks = sentence.rstrip().endswith(("?", "？", "؟"))  # noqa: RUF001 - question marks
    folds = (folded(sentence), words.fold(sentence))
    return asks or any(said("refusal", each, language) for each in folds)
