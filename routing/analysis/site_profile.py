"""What a process knows of its site before labels: hazards, and the first day's heads. Pure."""

from dataclasses import dataclass
from functools import cache

from routing.analysis import first_day_score, hazards
from routing.analysis.first_day_score import Head
from routing.analysis.hazards import Hazards


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """`meaning` reads embeddings by the site's model; None where none is fitted to that."""

    hazards: Hazards
    words: Head
    meaning: Head | None = None


@cache
def shipped() -> Site:
    """Without anything of its own. Its meaning head is for multilingual-e5-small."""
    known = first_day_score.shipped()
    return Site(hazards.shipped(), known.words, known.meaning)
