"""An answer that says a person is on the way is told from one that only speaks of people."""

import json
from collections import Counter
from pathlib import Path

from routing.wishes import promised_person
from tests.guards import guards

ANSWERS = Path(__file__).with_name("promised_person.jsonl")
OTHERS = Path(__file__).parents[1] / "checks" / "answers" / "answers.jsonl"


@guards("routing/wishes/promised_person.py", "if self.spoils.search(sentence):", "if False:")
def test_promises_of_a_person_in_many_languages_are_found_and_look_alikes_are_not():
    rows = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    found = [row for row in rows if promised_person.found_in(row["answer"])]
    missed = [row for row in rows if row["promise"] and row not in found]
    counts = Counter(row["promise"] for row in rows)
    right = Counter(row["promise"] for row in found)

    assert len({row["language"] for row in rows}) >= 20
    assert right[1] >= 0.98 * counts[1], missed
    assert right[0] <= 0.01 * counts[0], [row for row in found if not row["promise"]]


def test_answers_of_shops_promise_no_person():
    lines = OTHERS.read_text(encoding="utf-8").splitlines()
    answers = [row for row in map(json.loads, lines) if row["kind"] != "false_action"]

    assert [row["answer"] for row in answers if promised_person.found_in(row["answer"])] == []


def test_a_question_is_no_promise():
    assert not promised_person.found_in("Shall I connect you with a colleague?")
