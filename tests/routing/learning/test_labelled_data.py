"""Files of graded answers: what a line has to have, and what is said of one that has not."""

import gzip
import json

import pytest

from routing.errors import BadGrades
from routing.learning import labelled_data, model_training
from routing.learning.labelled_data import Graded
from tests import exams

LINE = {"dataset": "d", "id": "law-1", "prompt": "Why?", "score_strong": 1, "score_weak": 0.5}


def test_a_line_is_a_graded_question(tmp_path):
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    text = "\n".join(json.dumps(each) for each in (LINE, LINE | {"id": "7", "answer_weak": "So."}))
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))

    found = labelled_data.read(plain)
    assert isinstance(found, labelled_data.Exams)
    rows = found.rows

    assert found == labelled_data.read(packed)
    assert rows == [Graded("Why?", 0.5, 1.0, "", "law"), Graded("Why?", 0.5, 1.0, "So.", "")]
    assert rows[0].gain == 0.5
    assert rows[0].cheap_seconds is rows[0].strong_seconds is None
    assert [bool(model_training.label(row).checks) for row in rows] == [False, True]


def test_a_prompt_may_hold_any_character_that_json_may(tmp_path):
    path = tmp_path / "a.jsonl"
    prompt = "Why?\u2028And\x85how\u2029?"
    path.write_text(json.dumps(LINE | {"prompt": prompt}, ensure_ascii=False))

    assert [row.prompt for row in exams.rows(path)] == [prompt]


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{",
        json.dumps(LINE | {"score_weak": float("nan")}),
        json.dumps(LINE | {"prompt": None}),
        json.dumps(LINE | {"answer_weak": ["a"]}),
        json.dumps(LINE | {"seconds_weak": -1}),
        json.dumps(LINE | {"seconds_strong": float("inf")}),
        json.dumps({name: value for name, value in LINE.items() if name != "score_strong"}),
    ],
)
def test_a_line_that_is_none_is_named_and_left_out(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([json.dumps(LINE), line, "", json.dumps(LINE)]))

    found = labelled_data.read(path)

    assert len(found.rows) == 2
    assert [bad.number for bad in found.left_out] == [2]
    assert all(bad.why for bad in found.left_out)


@pytest.mark.parametrize(("low", "high"), [(1, 10), (-1, 1), (0, 100)])
def test_grades_on_any_scale_are_stretched_to_one(tmp_path, low, high):
    path = tmp_path / "a.jsonl"
    middle = (low + high) / 2
    grades = [(low, high), (middle, high), (high, high)]
    lines = [LINE | {"score_weak": weak, "score_strong": strong} for weak, strong in grades]
    path.write_text("\n".join(map(json.dumps, lines)))

    assert [row.gain for row in exams.rows(path)] == [1.0, 0.5, 0.0]


MESSAGE = {"message": "I smell gas", "strong_needed": 1, "domain": "energy", "language": "en"}


def test_a_line_may_be_a_customers_message_with_what_was_said_before(tmp_path):
    path = tmp_path / "a.jsonl"
    turns = [
        {"role": "user", "content": "my son drank the ink"},
        {"role": "assistant", "content": "Which ink was it?"},
    ]
    lines = [MESSAGE, MESSAGE | {"message": "does it hurt him?", "turns": turns}]
    path.write_text("\n".join(map(json.dumps, lines)))

    found = labelled_data.read(path)

    assert isinstance(found, labelled_data.Messages)
    first, second = found.rows
    assert (first.strong_needed, first.domain, first.language, first.length) == (
        True,
        "energy",
        "en",
        "short",
    )
    assert second.turn.earlier == ("my son drank the ink",)
    assert second.turn.answer == "Which ink was it?"


@pytest.mark.parametrize(
    "changed",
    [
        {"message": " "},
        {"message": None},
        {"strong_needed": 2},
        {"strong_needed": "yes"},
        {"turns": ["hello"]},
        {"turns": [{"role": "user", "content": 1}]},
    ],
)
def test_a_message_that_says_too_little_is_named_and_left_out(tmp_path, changed):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, [MESSAGE, MESSAGE | changed])))

    found = labelled_data.read(path)

    assert (len(found.rows), [bad.number for bad in found.left_out]) == (1, [2])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", gzip.compress(b"{}")[:-4]])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, content):
    path = tmp_path / ("a.gz" if content[:2] == b"\x1f\x8b" else "a.jsonl")
    path.write_bytes(content)

    for at in (path, tmp_path / "missing.jsonl"):
        with pytest.raises(BadGrades):
            labelled_data.read(at)


def test_folds_of_hard_labels_do_not_turn_the_ranking_round(graded_answers):
    gains = [each.gain for each in graded_answers]

    # Each fold's scores lie around the mean of all; 0.56 where they lie around their own fits'.
    assert model_training.recovered(gains, model_training.unseen(graded_answers)) >= 0.61
