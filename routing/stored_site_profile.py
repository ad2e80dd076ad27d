"""What decides on this site before it has labels: its hazards, and its own scale of scores.

Each process holds a copy and looks once a second whether it is still the newest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from time import monotonic

from django.db import connection

from routing.analysis import first_day_score, hazards, learned_score, score_scale
from routing.analysis import site_profile as shipped_site
from routing.analysis.difficulty import Signals
from routing.analysis.hazards import Change
from routing.analysis.hazards import Hazard as Known
from routing.analysis.site_profile import Site
from routing.models import Hazard, RouteDecision, SiteKnowledge

# Seconds for which a process believes what it holds.
BELIEVED = 1.0
# The newest messages whose scores make the site's own scale, and how many it takes to begin.
MOST_SEEN, FEWEST_SEEN = 1000, 20

_held: tuple[float, str, Site] | None = None


def current() -> Site:
    """As operators have set it, no older than a second."""
    global _held
    now = monotonic()
    held = _held
    if held and now - held[0] < BELIEVED:
        return held[2]
    edition = _edition()
    known = held[2] if held and held[1] == edition else _read(edition)
    _held = (now, edition, known)
    return known


def forget() -> None:
    """Look again at once: for whoever has just changed it."""
    global _held
    _held = None


def rescale() -> int:
    """Let the newest messages move the scale; returns how many. Safe to repeat."""
    rows = RouteDecision.objects.filter(analyzer__contains="first day")
    features = list(rows.values_list("features", flat=True)[:MOST_SEEN])
    terms = [learned_score.log_odds(Signals(**each)) for each in features if each["terms"]]
    by_words = [sum(each.values()) for each in terms if "meaning" not in each]
    by_meaning = [sum(each.values()) for each in terms if "meaning" in each]
    known = shipped_site.shipped()
    scale = {
        "by_words": _quantiles(known.words, by_words),
        "words_seen": len(by_words),
        "by_meaning": _quantiles(known.meaning, by_meaning) if known.meaning else [],
        "meaning_seen": len(by_meaning),
    }
    if not SiteKnowledge.objects.filter(**scale).exists():
        SiteKnowledge.objects.change(**scale)
    return len(terms)


def change_of(row: Hazard) -> Change:
    """What a row of the admin means."""
    own = Known(row.name, row.about, lines(row.decisive), lines(row.hints), lines(row.examples))
    return Change(own, frozenset(lines(row.left_out)), row.active)


def with_hazards(rows: Iterable[Hazard]) -> hazards.Hazards:
    """The shipped hazards as these rows change them."""
    return hazards.changed(hazards.shipped().listed, [change_of(row) for row in rows])


def lines(text: str) -> tuple[str, ...]:
    found = (" ".join(line.split()) for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in found if line))


def _quantiles(head: first_day_score.Head, seen: Sequence[float]) -> list[float]:
    if len(seen) < FEWEST_SEEN:
        return []
    return [round(each, 4) for each in score_scale.own_scale(head.quantiles, seen)]


def _edition() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT edition FROM routing_siteknowledge")
        found = cursor.fetchone()
    return str(found[0]) if found else ""


def _read(edition: str) -> Site:
    known = shipped_site.shipped()
    if not edition:
        return known
    row = SiteKnowledge.objects.get()
    words, meaning = known.words, known.meaning
    if row.by_words:
        words = replace(words, quantiles=tuple(row.by_words))
    if meaning and row.by_meaning:
        meaning = replace(meaning, quantiles=tuple(row.by_meaning))
    return Site(with_hazards(Hazard.objects.all()), words, meaning)
