"""How likely it is that the articles found hold the answer: calibrated, from all that search knows.

The weights are fitted by `tests/knowledge/fit_evidence.py` on questions that somebody wrote for it.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ARTEFACT = Path(__file__).parent / "evidence.json"
BY_MEANING, BY_WORDS = "meaning", "words"


def probability(signs: Mapping[str, float]) -> float:
    """0 to 1, for the signs of `ranking.rank`."""
    fitted = _fitted()[BY_MEANING if "likeness" in signs else BY_WORDS]
    score = fitted["intercept"]
    for name, weight in fitted["weights"].items():
        score += weight * (signs[name] - fitted["means"][name]) / fitted["spreads"][name]
    return 1 / (1 + math.exp(-score))


@cache
def _fitted() -> dict[str, Any]:
    fitted: dict[str, Any] = json.loads(ARTEFACT.read_text())
    return fitted
