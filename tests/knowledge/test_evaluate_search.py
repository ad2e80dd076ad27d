"""`manage.py evaluate_search`, on files that operators write."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROWS = [
    {"question": "Is my gift card still valid?", "gold": ["gift-cards"], "language": "en"},
    {"question": "Wann habt ihr offen?", "gold": ["opening-hours"], "language": "de"},
    {
        "question": "for how long?",
        "turns": [
            {"role": "user", "text": "Can I use a gift card?"},
            {"role": "assistant", "content": "Yes, a gift card can be used twice."},
        ],
        "gold": ["gift-cards"],
        "language": "en",
        "kind": "followup",
    },
    {"question": "Who won the cup final?", "gold": [], "language": "en", "kind": "absent"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS))
    return path


def evaluated(path: Path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("evaluate_search", str(path), "--words", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_figures_are_printed_as_one_object_with_groups(shelf, file):
    found = json.loads(evaluated(file, "--json")[0])

    assert (found["recall_at_1"], found["recall_at_4"], found["evidence_auc"]) == (1.0, 1.0, 1.0)
    groups = found["groups"]
    assert groups["language group: English"]["questions"] == 3
    assert groups["language group: Latin"]["recall_at_1"] == 1.0
    assert groups["follow-ups"]["questions"] == 1
    assert groups["kind: absent"]["recall_at_1"] is None


def test_a_table_is_printed_otherwise(shelf, file):
    table, _ = evaluated(file)

    assert "| all | 4 | 1.00 | 1.00 | 1.00 |" in table
    assert "by words alone" in table


def test_bad_rows_are_named_left_out_and_counted(shelf, file):
    bad = ["{oops", '{"question": "?"}', '{"question": "", "gold": []}', "[]", '{"question": 1}']
    file.write_text(file.read_text() + "\n" + "\n".join(bad))

    out, err = evaluated(file, "--json")

    assert json.loads(out)["left_out"] == len(bad)
    for number in range(5, 10):
        assert f"line {number}: " in err


def test_a_file_without_any_row_is_refused(shelf, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        evaluated(tmp_path / "missing.jsonl")
    (tmp_path / "empty.jsonl").write_text("{}\n")
    with pytest.raises(CommandError, match="no row"):
        evaluated(tmp_path / "empty.jsonl")


def test_a_site_without_articles_is_told_what_to_do(db, file):
    with pytest.raises(CommandError, match="make run"):
        evaluated(file)
