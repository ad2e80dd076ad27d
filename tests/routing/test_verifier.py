"""The verifier finds what is wrong with a finished cheap answer, and learns what matters."""

import random
from dataclasses import replace
from typing import Any

import pytest

from routing.analysis.features import measure
from routing.analysis.learned_score import BadModel, logistic
from routing.checks import verifier
from routing.checks.verifier import Answered, CheckResult, verify
from routing.choice import Turn
from routing.learning import model_training
from routing.learning.calibration import miscalibration

QUESTION = "How long do I have to return a pen, and who pays the postage?"
ARTICLE = (
    "Returns: unused pens can be returned within 30 days. We pay the postage inside the EU; "
    "elsewhere the customer pays it. See https://shop.example/returns or write to "
    "returns@shop.example."
)
GOOD = (
    "You can return an unused pen within 30 days. We pay the postage inside the EU; elsewhere "
    "you pay it. See https://shop.example/returns."
)
INSTRUCTIONS = "You answer customers of the shop in a friendly voice and only from these articles."


def doubt(answer: str, **more: Any) -> CheckResult:
    return verify(Answered(QUESTION, answer, **{"articles": (ARTICLE,), **more}))


def test_a_grounded_answer_is_trusted():
    assert doubt(GOOD).doubt < 0.2


@pytest.mark.parametrize(
    ("answer", "more", "finding"),
    [
        ("", {}, "empty"),
        (GOOD, {"cut": True}, "cut off"),
        (
            "You can return an unused pen within 30 days, and the postage is paid by the",
            {},
            "cut off",
        ),
        (GOOD.replace("shop.example", "shop.test"), {}, "unsupported link"),
        (GOOD.replace("30 days", "45 days or 60 days"), {}, "unsupported figures"),
        ("I'm sorry, I cannot help with returns.", {}, "refusal"),
        (
            "Vous avez le droit de retourner le stylo et les frais sont pour vous.",
            {},
            "wrong language",
        ),
        ("You can return an unused pen within 30 days, in the EU.", {}, "questions unanswered"),
        (f"{INSTRUCTIONS} {GOOD}", {"instructions": INSTRUCTIONS}, "prompt leaked"),
        (f"{GOOD} That makes 3 x 12 = 38 together.", {}, "wrong sums"),
        (
            "Our astronauts orbit distant planets using rockets every single Thursday.",
            {},
            "ungrounded",
        ),
    ],
)
def test_what_is_wrong_with_an_answer_is_found(answer, more, finding):
    verdict = doubt(answer, **more)

    assert finding in [found.name for found in verdict.findings if found.points > 0]
    assert verdict.doubt > doubt(GOOD).doubt


def test_without_articles_nothing_is_called_unsupported():
    verdict = verify(Answered(QUESTION, "Within 99 days, see https://other.test/x.", ()))

    assert not [found for found in verdict.findings if "unsupported" in found.name]


@pytest.fixture(scope="module")
def labels():
    """Answers whose sums decide whether they were good, a tenth of them mislabelled."""
    draw = random.Random(1)
    made = []
    for _ in range(240):
        a, b, wrong = draw.randint(2, 9), draw.randint(2, 9), draw.random() < 0.5
        total = a * b + (draw.randint(1, 5) if wrong else 0)
        question = f"What do {a} pens at ${b} cost together?"
        answer = f"Each pen costs ${b}, so {a} pens cost {a} x {b} = {total} dollars."
        good = wrong == (draw.random() < 0.1)
        checks = verifier.measure(Answered(question, answer))
        made.append(model_training.Label(measure(Turn(question)), float(good), 1.0, "", checks))
    return made


def test_labels_teach_which_findings_matter(labels):
    model = model_training.checker(labels[:160])
    unseen = labels[160:]

    found = [logistic(model.bias + sum(model.terms(each.checks).values())) for each in unseen]

    assert model_training.recovered([each.gain for each in unseen], found) >= 0.65
    assert miscalibration([each.gain > 0 for each in unseen], found, bins=4) <= 0.12


def test_no_label_makes_a_cut_or_empty_answer_pass(labels):
    model = model_training.checker([replace(each, cheap=1 - each.cheap) for each in labels])

    for answered in (Answered(QUESTION, ""), Answered(QUESTION, GOOD, cut=True)):
        assert verify(answered, model).doubt > 0.9


def test_a_verifier_survives_being_stored(labels):
    model = model_training.checker(labels)

    again = verifier.read(model.text())

    assert verify(Answered(QUESTION, GOOD), again) == verify(Answered(QUESTION, GOOD), model)
    for damaged in ("", "{}", model.text().replace('"wrong sums"', '"sum"')):
        with pytest.raises(BadModel):
            verifier.read(damaged)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀",
        "\x00\ud800",
        "=" * 50_000,
        "1+1=" * 9_000,
        "a." * 50_000,
        "9" * 50_000,
        "(" * 9_999,
    ],
    ids=lambda text: ascii(text[:4]),
)
def test_any_answer_gets_a_verdict(text):
    for model in (None, verifier.exams()):
        verdict = verify(Answered(text, text, (text,), instructions=text), model)

        assert 0 <= verdict.doubt <= 1


def test_the_answer_tells_more_than_the_question(graded_answers):
    drawn = random.Random(1).sample(graded_answers, len(graded_answers))
    gains, found = [], []
    for taught, held_out in ((drawn[::2], drawn[1::2]), (drawn[1::2], drawn[::2])):
        model = model_training.checker(taught)
        gains += [each.gain for each in held_out]
        found += [model.bias + sum(model.terms(each.checks or {}).values()) for each in held_out]

    # Issue 3 asks for 0.74 with four fifths to learn from; 0.793 then.
    assert model_training.recovered(gains, found) >= 0.74
