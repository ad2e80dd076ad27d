"""What a model's score costs by how many messages share a call, beside the cheap answer itself.

    python -m tests.load.cpu.scoring_cost

Tokens as they are counted before a call, of the sample shop's questions under the first policy's
criteria, at the catalogue's price of the cheap model; the answer as the README's table has it.
"""

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

from billing import tokens  # noqa: E402  # Django has to be set up before
from billing.prices import price_list  # noqa: E402  # Django has to be set up before
from chatsite.answering.calls.scoring import MOST_TURNS  # noqa: E402
from routing.analysis import scoring_prompt  # noqa: E402
from routing.models import CRITERIA  # noqa: E402
from tests.load.cpu.routing_cost import shop  # noqa: E402
from tests.tables import show  # noqa: E402

MODEL = "gpt-3.5-turbo"
# Tokens of an answer: 60 questions of the sample shop on average.
ANSWER = (1223, 70)


def main() -> None:
    price: dict[str, float] = json.loads(price_list.BUILT_IN.read_text())["models"][MODEL]

    def dollars(given: float, made: float) -> float:
        return (given * price["input"] + made * price["output"]) / 1_000_000

    answer = dollars(*ANSWER)
    rows: list[dict[str, object]] = []
    turns = shop()
    for together in (1, 2, 4, MOST_TURNS):
        given = made = 0
        for start in range(0, len(turns), together):
            batch = turns[start : start + together]
            given += tokens.of_messages(scoring_prompt.messages(batch, CRITERIA), MODEL)
            made += tokens.count(json.dumps({"scores": [3] * len(batch)}), MODEL)
        cost = dollars(given / len(turns), made / len(turns))
        rows.append(
            {
                "messages in a call": together,
                "calls": -(-len(turns) // together),
                "tokens in, each": given / len(turns),
                "tokens out, each": made / len(turns),
                "cost each": f"${cost:.6f}",
                "of a cheap answer": f"{100 * cost / answer:.1f} %",
            }
        )
    show(f"Scores of {len(turns)} messages by {MODEL}", rows)


if __name__ == "__main__":
    main()
