"""`manage.py evaluate_checks` measures the answer check on a file of known answers."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from chatsite.knowledge.models import Article

pytestmark = pytest.mark.django_db

ROWS = [
    {"answer": "The warranty lasts 2 years.", "verdict": "right", "kind": "plain"},
    {"answer": "It lasts for 2 years from delivery.", "verdict": "right", "kind": "plain"},
    {"answer": "The warranty lasts 5 years.", "verdict": "wrong", "kind": "wrong_figure"},
    {"answer": "2 years, see https://evil.example.", "verdict": "wrong", "kind": "link"},
]


@pytest.fixture
def file(tmp_path):
    Article.objects.create(
        title="Warranty", slug="warranty", body="The warranty lasts 2 years from delivery."
    )
    path = tmp_path / "answers.jsonl"
    shared = {"question": "How long is the warranty?", "given": ["warranty"], "language": "en"}
    path.write_text("\n".join(json.dumps(shared | row) for row in ROWS))
    return path


def evaluated(path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("evaluate_checks", path, *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_one_object_says_how_well_wrong_answers_are_found(file):
    found = json.loads(evaluated(file, "--json")[0])

    assert (found["auc"], found["wrong_found"], found["false_alarms"]) == (1.0, 1.0, 0.0)
    assert found["wrong_found_at_5"] == 1.0
    assert found["groups"]["kind"]["link"]["wrong_found"] == 1.0
    assert found["groups"]["kind"]["plain"]["auc"] is None
    assert found["groups"]["language"]["en"]["auc"] == 1.0


def test_the_table_has_a_line_for_each_kind_and_language(file):
    said, _ = evaluated(file)

    assert "| all | 2 | 2 | 1.000 | 1.000 | 0.000 | 1.000 |" in said
    assert "| wrong_figure | 0 | 1 |" in said


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "not JSON"),
        ('{"question": "?", "answer": "!"}', "no verdict"),
        ('{"question": "?", "answer": "!", "verdict": "maybe"}', "neither right nor wrong"),
        ('{"question": "?", "answer": 1, "verdict": "right"}', "answer is no text"),
        ('{"question": "?", "answer": "!", "verdict": "right", "given": ["x"]}', "no article x"),
        ("[]", "no JSON object"),
    ],
)
def test_a_bad_row_is_named_left_out_and_counted(file, line, why):
    file.write_text(f"{line}\n{file.read_text()}")

    said, warned = evaluated(file, "--json")

    assert warned.strip().startswith("Line 1 is left out: ")
    assert why in warned
    assert json.loads(said)["left_out"] == 1
    assert json.loads(said)["rows"] == len(ROWS)


def test_a_file_without_a_row_is_refused(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        evaluated(tmp_path / "missing.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(CommandError, match="no rows"):
        evaluated(tmp_path / "empty.jsonl")
