"""Which hazards a question is near to in meaning: by operators' examples, without another call.

Examples are embedded with the articles, as questions are. Until all of them are, those that are
count; words count meanwhile and where there are no embeddings.
"""

import hashlib
from dataclasses import dataclass
from time import monotonic

import numpy as np

from chatsite.knowledge.articles import Meant
from chatsite.knowledge.models import Embedding
from chatsite.knowledge.search.vectors import Floats
from routing import stored_site_profile
from routing.analysis import difficulty, first_day_score, score_scale
from routing.analysis.hazard_examples import Examples, harmless
from routing.analysis.site_profile import Site
from routing.tier_choice import Like, Turn

# Seconds until a process looks again for embeddings that were missing.
BELIEVED = 5.0
# The score from which a message near to an example counts as one; less where the example's is less.
LEAST = 5.0


@dataclass(frozen=True, slots=True)
class _Held:
    site: Site
    model: str
    examples: Examples | None
    until: float  # by the monotonic clock; infinite where none is missing


_held: _Held | None = None


def texts() -> dict[bytes, str]:
    """All that has to be embedded, by digest; none where operators have added no example."""
    own = stored_site_profile.current().hazards.own
    if not own:
        return {}
    probes = (probe.text for probe in first_day_score.shipped().probes)
    every = (*probes, *harmless(), *(text for examples in own.values() for text in examples))
    return {digest(text): text for text in every}


def digest(text: str) -> bytes:
    """As of a passage; the same words are another text where they are a question."""
    return hashlib.blake2b(f"?\n{text}".encode(errors="replace"), digest_size=16).digest()


def like(meant: Meant) -> tuple[Like, ...]:
    """Examples near to the question's own words."""
    return _like(meant.vectors[-1], meant.model) if meant.vectors else ()


def like_before(meant: Meant) -> tuple[str, ...]:
    """Hazards that a follow-up is near to with the turn before it."""
    if len(meant.vectors) < 2:
        return ()
    return tuple(each.hazard for each in _like(meant.vectors[0], meant.model))


def _like(vector: Floats, model: str) -> tuple[Like, ...]:
    examples = _current(model)
    return examples.like(vector) if examples else ()


def _current(model: str) -> Examples | None:
    """As new as the site's hazards."""
    global _held
    site = stored_site_profile.current()
    if not site.hazards.own:
        return None
    held = _held
    if held and held.site is site and held.model == model and monotonic() < held.until:
        return held.examples
    _held = held = _read(site, model)
    return held.examples


def _read(site: Site, model: str) -> _Held:
    wanted = texts()
    rows = Embedding.objects.filter(model=model, digest__in=list(wanted))
    stored = {
        wanted[bytes(key)]: np.frombuffer(bytes(vector), dtype=np.float16).astype(np.float32)
        for key, vector in rows.values_list("digest", "vector")
    }
    until = float("inf") if len(stored) == len(wanted) else monotonic() + BELIEVED
    compared = [stored.get(text) for text in harmless()]
    own = [
        (name, text)
        for name, examples in site.hazards.own.items()
        for text in examples
        if text in stored
    ]
    if not own or any(each is None for each in compared):
        return _Held(site, model, None, until)
    suits = _suits_routing(stored)
    known = [
        Like(name, text, min(LEAST, _score(text, stored[text] if suits else None, site)))
        for name, text in own
    ]
    vectors = [stored[text] for _, text in own]
    far = [each for each in compared if each is not None]
    return _Held(site, model, Examples(known, vectors, far), until)


def _suits_routing(stored: dict[str, Floats]) -> bool:
    probes = first_day_score.shipped().probes
    vectors = [stored[probe.text].tolist() for probe in probes if probe.text in stored]
    return len(vectors) == len(probes) and first_day_score.serves(probes, vectors)


def _score(text: str, vector: Floats | None, site: Site) -> float:
    """Of an example, as a message by itself."""
    turn = Turn(text, vector=() if vector is None else tuple(vector.tolist()))
    head = site.meaning if turn.vector and site.meaning else site.words
    return score_scale.score(difficulty.signals(turn, site).log_odds, head.quantiles)
