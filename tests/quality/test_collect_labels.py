"""`manage.py collect_labels`: both tiers answer in batches, a judge reads both, a file is made."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from billing import ledger_proof
from billing.models import Budget, LedgerEntry
from chatsite.offline.models import Batch, Item
from chatsite.offline.tasks import advance
from chatsite.quality.errors import BadQuestions
from chatsite.quality.judges import question_files
from chatsite.quality.judges.label_collection import Collection, Models
from chatsite.quality.judges.question_files import Question
from chatsite.quality.management.commands import collect_labels
from routing import policies
from tests import exams
from tests.chat.told import batch_price, prices
from tests.upstream.batches import Batches
from tests.upstream.server import Upstream

# By any of the tests below.
GUARDS = [
    (
        "chatsite/quality/judges/label_collection.py",
        "return item is None or (again and item.state == Failed)",
        "return item is None or again",
    ),
    (
        "chatsite/quality/judges/label_collection.py",
        "item.state == Answered and not _is_verdict(item.text):",
        "item.state == Answered and False:",
    ),
    (
        "chatsite/quality/judges/label_collection.py",
        "basis = [self.round, models.cheap,",
        "basis = [models.cheap,",
    ),
    (
        "chatsite/provider/batch_capable_models.py",
        "if model in sold and _is_listed(model, now):",
        "if _is_listed(model, now):",
    ),
]

QUESTIONS = ["What are your business hours?", "May I return an opened limited item?"]


@pytest.fixture(scope="module")
def provider():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def batches(provider, settings, db) -> Batches:
    settings.OPENAI_BASE_URL = provider.url
    batches = provider.batches = Batches()
    batches.otherwise = '{"reason": "It will do.", "score": 0.5}'
    prices()
    for model, rate in (("gpt-5.6-terra", 1), ("gpt-5.6-sol", 2)):
        batch_price(model, rate * 10**9)
    return batches


@pytest.fixture
def collect(tmp_path, capsys, batches) -> Callable[..., str]:
    """Run the command on these questions; returns what it says."""

    def collect(*words: str, questions: list[str] = QUESTIONS) -> str:
        (tmp_path / "questions.txt").write_text("\n".join(questions))
        call_command(
            "collect_labels", str(tmp_path / "questions.txt"), str(tmp_path / "graded"), *words
        )
        said: str = capsys.readouterr().out
        return said

    return collect


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "graded"


def test_both_tiers_answer_and_are_judged_at_batch_prices(collect, batches, file):
    said = collect()

    rows = exams.rows(file)
    assert [(row.prompt, row.cheap, row.strong) for row in rows] == [
        (question, 0.5, 0.5) for question in QUESTIONS
    ]
    assert all(row.answer == batches.otherwise for row in rows)
    entries = LedgerEntry.objects.all()
    assert len(entries) == 8
    assert {(each.purpose, each.service_tier, each.tier) for each in entries} == {
        ("evaluation", "batch", "evaluation")
    }
    assert not any(each.estimated or each.price_assumed for each in entries)
    assert ledger_proof.differences() == []
    line = json.loads(file.read_text().splitlines()[0])
    assert (line["model_weak"], line["model_strong"]) == ("gpt-5.6-terra", "gpt-5.6-sol")
    assert not {"seconds_weak", "seconds_strong"} & line.keys()
    assert "no response times" in said
    assert "2 labelled questions" in said


def test_what_is_collected_is_evaluated(collect, batches, file, capsys):
    questions = [f"What does shipping to island {number} cost?" for number in range(60)]
    wrong = [
        f"{question} And may I return it after {60 + len(question)} days?" for question in questions
    ]
    for question in wrong:
        batches.says[reference(question, "judge-cheap")] = '{"reason": "No.", "score": 0}'
        batches.says[reference(question, "judge-strong")] = '{"reason": "Yes.", "score": 1}'
    collect(questions=[*questions, *wrong])

    call_command("evaluate_routing", str(file), "--resamples=10")

    said = capsys.readouterr().out
    assert "120 questions" in said
    assert "| learned |" in said


def test_a_collection_goes_on_from_where_it_was_left(collect, batches, file, monkeypatch):
    batches.polls = 1
    said = collect()
    assert "4 on their way" in said
    assert not file.exists()

    for _ in range(4):
        # The site's own worker goes on with it meanwhile.
        Batch.objects.update(due_at=timezone.now())
        advance.apply()
        said = collect()

    assert "2 labelled questions" in said
    assert LedgerEntry.objects.count() == 8
    assert len(batches.bill) == 8
    assert collect() == said
    assert len(batches.bill) == 8


def test_with_wait_it_stays_until_all_has_come(collect, batches, file, monkeypatch):
    batches.polls = 1
    naps = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        Batch.objects.update(due_at=timezone.now())

    monkeypatch.setattr(collect_labels, "time", SimpleNamespace(sleep=sleep))

    assert "2 labelled questions" in collect("--wait")

    assert naps
    assert file.exists()


def reference(question: str, step: str, attempt: int = 1) -> str:
    """How a call of the collection above is named."""
    models = Models("gpt-5.6-terra", "gpt-5.6-sol", "gpt-5.6-sol")
    key = Collection([], models, policies.current())._key(Question(question))
    return f"evaluation:{key}:{step}:{attempt}"


def test_what_fails_is_left_out_and_asked_again_when_it_is_wished(collect, batches, file):
    first, second = QUESTIONS
    batches.fails = {reference(first, "strong"): 500}
    batches.says = {reference(second, "judge-cheap"): "It is good."}
    third = "Do you engrave?"

    with pytest.raises(CommandError, match="No question has both answers"):
        collect()
    said = collect(questions=[*QUESTIONS, third])
    assert [row.prompt for row in exams.rows(file)] == [third]
    assert "2 failed" in said
    assert "2 are left out" in said
    assert (Item.objects.get(reference=reference(second, "judge-cheap")).failure) == "unreadable"

    said = collect("--retry", questions=[*QUESTIONS, third])

    assert [row.prompt for row in exams.rows(file)] == [*QUESTIONS, third]
    assert Item.objects.filter(reference=reference(first, "strong", 2)).exists()
    # Neither is what had come asked again, nor another time.
    assert Item.objects.count() == 3 * 4 + 2
    assert "0 failed" in said
    collect("--retry", questions=[*QUESTIONS, third])
    assert Item.objects.count() == 3 * 4 + 2


def test_a_question_that_is_added_is_asked_alone(collect, batches):
    collect()

    collect(questions=[*QUESTIONS, "Do you engrave?", QUESTIONS[0]])

    assert LedgerEntry.objects.count() == 12


def test_another_round_asks_anew(collect, batches):
    collect()
    collect("--round=autumn")

    assert LedgerEntry.objects.count() == 16


def test_without_room_the_rest_waits_for_it(collect, batches, file):
    collect(questions=QUESTIONS[:1])
    Budget.objects.update(limit=LedgerEntry.objects.aggregate(Sum("amount"))["amount__sum"] + 1)

    said = collect()

    assert [row.prompt for row in exams.rows(file)] == QUESTIONS[:1]
    assert "4 are not asked" in said
    assert "Evaluation, each day" in said
    Budget.objects.update(limit=10**9)
    collect()
    assert len(exams.rows(file)) == 2


def test_the_judge_is_shown_each_answer_and_not_who_wrote_it(collect, batches):
    batches.says = {
        reference(QUESTIONS[0], "cheap"): "From nine.",
        reference(QUESTIONS[0], "strong"): "From nine to five.",
    }
    collect(questions=QUESTIONS[:1])

    sent = {
        call["custom_id"]: call["body"]["messages"][1]["content"]
        for content in batches.files.values()
        for call in map(json.loads, content.splitlines())
        if "body" in call
    }
    for step, answer in (("cheap", "From nine."), ("strong", "From nine to five.")):
        case = json.loads(sent[reference(QUESTIONS[0], f"judge-{step}")])
        assert case["answer"] == answer
        assert "gpt" not in json.dumps(case)


@pytest.mark.parametrize("model", ["gpt-4", "gpt-9"])
def test_a_model_that_is_not_sold_in_batches_is_named(collect, model):
    with pytest.raises(CommandError, match=f"no batch price is in force for {model}"):
        collect(f"--strong={model}")

    assert not Item.objects.exists()


def test_a_directory_that_is_not_there_is_named_before_anything_is_asked(collect, tmp_path):
    with pytest.raises(CommandError, match="There is no directory"):
        call_command("collect_labels", "questions.txt", str(tmp_path / "none" / "graded"))

    assert not Item.objects.exists()


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("One?\n\n Two? \nOne?", ["One?", "Two?"]),
        ('{"prompt": "One?", "id": "a-1"}\n{"question": "Two?"}', ["One?", "Two?"]),
        ('[{"question": "One?"}, "Two?"]', ["One?", "Two?"]),
        ("One\u2028line?", ["One\u2028line?"]),
    ],
)
def test_questions_are_read(tmp_path, text, prompts):
    (tmp_path / "questions").write_text(text)

    assert [question.prompt for question in question_files.read(tmp_path / "questions")] == prompts


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no questions"),
        (b"\xff\xfe", "cannot be read"),
        (b"[1", "is not JSON"),
        (b"[1]", "question 1: TypeError"),
        (b'{"text": "?"}', "question 1: KeyError"),
        (b"One?\n" + b"x" * 4001, "question 2: ValueError"),
        ("\n".join(map(str, range(question_files.MOST + 1))).encode(), "more than 2,000"),
    ],
)
def test_what_is_no_file_of_questions_is_named(tmp_path, content, why):
    (tmp_path / "questions").write_bytes(content)

    with pytest.raises(BadQuestions, match=why):
        question_files.read(tmp_path / "questions")
