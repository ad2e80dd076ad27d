"""The learned analyzer: honest on the first day, better with labels, never stopped by a text."""

# ruff: noqa: RUF001  # customers write in other scripts

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from routing import thresholds
from routing.analysis import learned_score, trained_model
from routing.analysis.difficulty import rules, signals
from routing.analysis.features import language, measure, sums
from routing.analysis.hazards import CERTAIN
from routing.analysis.learned_score import Stage, estimate, weigh_first_day
from routing.analysis.trained_model import BadModel
from routing.learning import model_training
from routing.learning.calibration import miscalibration
from routing.tier_choice import LOWEST, Moved, Tier, Turn, choose
from tests.guards import guards

HOURS = "What are your business hours?"
RETURNS = (
    "Please explain your return policy: 1. a quality problem after use, 2. an opened limited "
    "edition, 3. a cross-border purchase. How is each handled, and at what cost?"
)
# A site where the cheap model fails on engraving, whatever the length.
EASY = ("where is my parcel", "do you ship to {}", "what does the {} pen cost", "is {} in stock")
HARD = ("engraving on the {} came out crooked", "can the engraving {} be changed after ordering")


def site(count: int, seed: int) -> Iterator[model_training.Label]:
    draw = random.Random(seed)
    for number in range(count):
        fails = draw.random() < 0.4
        template = draw.choice(HARD if fails else EASY)
        text = template.format(draw.choice(["blue", "France", "small", "gold", "Ohio"]))
        if draw.random() < 0.3:
            text += ", I asked because my sister wants to know all about it before the weekend"
        wrong = fails != (draw.random() < 0.15)
        yield model_training.Label(
            measure(Turn(text)), 0.0 if wrong else 1.0, 1.0, f"conversation {number}"
        )


@pytest.fixture(scope="module")
def fitted():
    return model_training.model(list(site(300, seed=1)))


def test_a_plain_question_is_cheap_and_one_in_three_parts_strong_on_the_first_day():
    hours, returns = estimate(Turn(HOURS)), estimate(Turn(RETURNS))

    assert hours.stage is returns.stage is Stage.FIRST_DAY
    assert choose(hours.as_score(), 7).tier is Tier.CHEAP
    assert choose(returns.as_score(), 7).tier is Tier.STRONG


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"turn": Turn(HOURS, bad_ratings=2)}, "bad ratings"),
        ({"task": 2.0}, "task type"),
        ({"turn": Turn(HOURS, earlier=("Hello, what are your business hours?",))}, "asked before"),
        ({"turn": Turn(f"{HOURS} And how do I pay? And who delivers?")}, "questions"),
        ({"turn": Turn("My pen is on fire, what now?")}, "about fire, gas and electricity"),
    ],
)
def test_what_raises_the_score_is_named(more, name):
    plain = estimate(Turn(HOURS))

    raised = estimate(**{"turn": Turn(HOURS), **more})

    assert raised.score > plain.score
    assert name in [move.name for move in raised.moved if move.points > 0]


def test_good_articles_lower_the_score():
    covered, uncovered = (estimate(Turn(HOURS, evidence=evidence)) for evidence in (1.0, 0.0))

    assert covered.score < uncovered.score


def test_the_choice_flips_at_the_score(fitted):
    for model in (None, fitted):
        score = estimate(Turn(RETURNS), model).score

        assert choose(replace(estimate(Turn(RETURNS), model).as_score(), value=score), score).tier
        assert 1 <= score <= 10


def test_the_first_day_scores_a_message_as_it_scores_its_stored_signals(customers_questions):
    for text in customers_questions:
        turn = Turn(text, earlier=(text, HOURS), evidence=len(text) % 11 / 10)

        score, seen = learned_score.score(turn)

        assert score.analyzer == "learned, first day"
        assert weigh_first_day(seen) == score
        assert round(estimate(turn).score, 1) == score.value


GRAVE = (
    "my son swallowed the ink",
    "someone else logged into my account",
    "I will sue you, see you in court",
    "I was charged twice",
    "the lamp is on fire",
)


@pytest.fixture(scope="module")
def trusting():
    """Learned where cheap answers to grave messages were always rated good."""
    praised = [model_training.Label(measure(Turn(text)), 1.0, 1.0) for text in GRAVE * 20]
    return model_training.model([*praised, *site(100, seed=5)])


@pytest.mark.parametrize("text", GRAVE)
def test_no_label_makes_a_grave_message_cheap(text, trusting):
    turn = Turn(text, evidence=1.0)

    alone = 1 + 9 * trusting.probability(measure(turn))
    found = estimate(turn, trusting)

    assert alone < 7
    assert found.score == CERTAIN
    assert choose(found.as_score(), 7).tier is Tier.STRONG
    assert learned_score.score(turn, trusting)[0].value == found.score
    assert Moved(learned_score.DANGER_FIRST, found.score - alone) in found.moved


def test_a_dangerous_message_may_score_above_its_floor():
    text = "I was charged twice"
    grave = [model_training.Label(measure(Turn(text)), 0.0, 1.0) for _ in range(60)]
    doubting = model_training.model([*grave, *site(100, seed=5)])

    found = estimate(Turn(text, evidence=1.0), doubting)

    assert found.score > CERTAIN
    assert learned_score.DANGER_FIRST not in [move.name for move in found.moved]


def test_labels_decide_what_is_not_grave(fitted):
    turn = Turn("How much is engraving and where do I get a refund?")

    found = estimate(turn, fitted)

    assert found.score != rules(turn).value
    assert learned_score.DANGER_FIRST not in [move.name for move in found.moved]


def test_labels_teach_what_the_rules_cannot_know(fitted):
    unseen = list(site(300, seed=2))
    gains = [each.gain for each in unseen]

    by_rules = model_training.recovered(
        gains, [trained_model.prior(each.measured) for each in unseen]
    )
    chances = [fitted.probability(each.measured) for each in unseen]

    assert model_training.recovered(gains, chances) >= by_rules + 0.1
    assert miscalibration([gain > 0 for gain in gains], chances, bins=5) <= 0.1
    said = estimate(Turn("the engraving came out crooked"), fitted)
    assert said.stage is Stage.LEARNED
    assert said.moved[0].name == "wording"


def test_rules_that_rank_the_wrong_way_round_are_not_asked():
    labels = list(site(200, seed=3))
    points = [trained_model.prior(each.measured) for each in labels]
    middle = sum(points) / len(points)
    hard = [float(each > middle) for each in points]

    forwards = model_training.model(
        [replace(x, cheap=1 - at) for x, at in zip(labels, hard, strict=True)]
    )
    backwards = model_training.model(
        [replace(x, cheap=at) for x, at in zip(labels, hard, strict=True)]
    )

    assert forwards.cheap.weights["the rules"] > 0
    assert backwards.cheap.weights["the rules"] == 0


def test_few_or_equal_labels_are_refused():
    labels = list(site(150, seed=4))

    with pytest.raises(model_training.TooFewLabels):
        model_training.model(labels[:50])
    with pytest.raises(model_training.TooFewLabels):
        model_training.model([replace(each, cheap=1.0) for each in labels])
    with pytest.raises(model_training.TooFewLabels):
        model_training.model([replace(each, group="one") for each in labels])


def test_a_model_survives_being_stored(fitted):
    again = trained_model.read(fitted.text())

    assert estimate(Turn(RETURNS), again) == estimate(Turn(RETURNS), fitted)


@pytest.mark.parametrize(
    "damaged",
    ["", "[]", "{}", '{"format": 0}', '{"format": 1, "cheap": {}}'],
)
def test_a_damaged_model_is_refused(damaged):
    with pytest.raises(BadModel):
        trained_model.read(damaged)


def test_a_model_of_other_features_is_refused(fitted):
    with pytest.raises(BadModel):
        trained_model.read(fitted.text().replace('"length"', '"a feature of tomorrow"'))


def test_what_is_shipped_is_small():
    assert sum(path.stat().st_size for path in trained_model.ARTIFACTS.iterdir()) < 3_000_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "😀🎉👍",
        "\x00\x07\x1b[31m\ud800",
        "我的订单在哪里？",
        "أين طلبي؟",
        "?" * 100_000,
        "a" * 100_000,
        "1. " * 33_000,
        "(" * 100_000,
        "word refund! " * 8_000,
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_any_input_gets_a_score_in_time(text, fitted):
    for model in (None, fitted):
        start = time.process_time()
        found = estimate(Turn(text, earlier=(text,) * 3), model)

        assert 1 <= found.score <= 10
        # Ten times what it takes: machines of the tests are slower and shared.
        assert time.process_time() - start < 0.1


@pytest.mark.parametrize("wish", ["use gpt-4", "please use GPT-4 for this", "score: 10/10"])
def test_asking_for_a_tier_does_not_raise_the_score(wish, fitted):
    for model in (None, fitted):
        plain, asking = estimate(Turn(HOURS), model), estimate(Turn(f"{HOURS} {wish}"), model)

        assert asking.score <= plain.score + 0.1


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([3, 2, 1], 1.125), ([1, 1, 1], 0.5), ([1, 2, 3], -0.125 + 0.0)],
)
def test_the_gap_recovered_is_half_for_a_coin(scores, expected):
    gains = [1, 0, 0]

    found = model_training.recovered(gains, scores)

    assert found == pytest.approx({1.125: 5 / 6, 0.5: 0.5, -0.125: 1 / 6}[expected])


def test_a_share_is_a_threshold_that_is_never_exceeded():
    scores = [1.0, 2.0, 2.0, 3.0, 4.0]

    for share in (0.0, 0.2, 0.5, 0.6, 0.99, 1.0):
        threshold = thresholds.for_share(scores, share)
        assert sum(score >= threshold for score in scores) <= share * len(scores) + 1e-9
    assert thresholds.for_share(scores, 0.4) == 3.0
    with pytest.raises(ValueError, match="no recent scores"):
        thresholds.for_share([], 0.5)


def test_a_threshold_for_quality_needs_labels_enough_to_be_sure():
    scores = [float(number % 10) for number in range(1000)]
    losses = [1.0 if score >= 8 and number % 2 else 0.0 for number, score in enumerate(scores)]

    assert thresholds.for_loss(scores, losses, 0.02) == 9.0
    assert thresholds.for_loss(scores[:20], losses[:20], 0.02) is None
    harmless = thresholds.for_loss(scores, [0.0] * 1000, 0.02)
    assert harmless is not None
    assert harmless > 9.0
    assert thresholds.for_loss([], [], 0.02) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HOURS, "en"),
        ("Wie kann ich meine Bestellung zurückgeben?", "de"),
        ("Où est ma commande et quand arrive-t-elle ?", "fr"),
        ("¿Dónde está mi pedido y cuándo llega?", "es"),
        ("我的订单在哪里？", "zh"),
        ("где мой заказ", "ru"),
        ("😀", ""),
    ],
)
def test_the_language_is_guessed(text, code):
    assert language(text) == code


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("That is 3 x 25 = 75 dollars", [True]),
        ("$1,200 / 4 = <<1200/4=300>>300", [True]),
        ("20% * 50 = 11", [False]),
        ("(3+4)*2 = 14, so x = 5", [True]),
        ("1/0 = 3, order no = 7", []),
    ],
)
def test_sums_in_a_text_are_checked(text, right):
    assert [correct for _, correct in sums(text)] == right


def test_what_decides_loads_neither_django_nor_what_trains():
    code = "import routing.analysis.learned_score, routing.learning.labels, sys;"
    code += "sys.exit(bool({'django', 'numpy', 'sklearn'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_hundred_labels_of_an_exam_beat_the_rules_there(graded_answers):
    found, by_rules = [], []
    for seed in range(6):
        drawn = random.Random(seed).sample(graded_answers, len(graded_answers))
        model, unseen = model_training.model(drawn[:100]), drawn[100:]
        gains = [each.gain for each in unseen]
        found.append(
            model_training.recovered(gains, [model.probability(x.measured) for x in unseen])
        )
        by_rules.append(
            model_training.recovered(gains, [trained_model.prior(x.measured) for x in unseen])
        )

    # Of twelve draws 0.613, where the rules recover 0.566. One says little: 0.51 to 0.66.
    assert sum(found) / len(found) >= max(0.59, sum(by_rules) / len(by_rules))


def test_many_labels_tell_by_themselves_how_far_to_trust_words(monkeypatch):
    labels = list(site(300, seed=1))
    monkeypatch.setattr(model_training, "ENOUGH_TO_CHOOSE", 301)
    careful = model_training.model(labels)
    monkeypatch.setattr(model_training, "ENOUGH_TO_CHOOSE", 300)
    monkeypatch.setattr(model_training, "LEAST_GAIN", -1.0)

    trusting = model_training.model(labels)

    assert max(trusting.cheap.ngrams) > max(careful.cheap.ngrams)


@guards(
    "routing/analysis/learned_score.py",
    "return AT_MIDDLE if seen.asks_on else LOWEST",
    "return LOWEST",
)
@pytest.mark.parametrize(
    ("before", "asked"),
    [
        ("mon fils a avalé une pile", "c'est grave ?"),
        ("syn połknął magnes", "czy to groźne?"),
        ("息子が電池を飲み込みました", "大丈夫ですか？"),
    ],
)
def test_a_short_question_after_a_danger_is_not_cheap_however_good_the_articles(before, asked):
    turn = Turn(asked, (before,), evidence=1.0, answer="Bonjour.")

    assert learned_score.estimate(turn).score >= 7


def test_a_danger_that_only_the_answer_named_is_not_asked_about():
    answer = "If somebody swallowed ink, call your poison centre."
    turn = Turn("und nach Norwegen?", ("Was kostet der Versand in die Schweiz?",), answer=answer)

    assert learned_score.floor(signals(turn)) == LOWEST


@pytest.mark.parametrize(
    "text",
    [
        "meine Karte wurde ohne meine Erlaubnis benutzt",
        "mi hanno usato la carta senza permesso",
        "мою карту использовали без разрешения",
        "valaki engedély nélkül használta a kártyámat",
        "누가 제 카드를 허락 없이 썼어요",
    ],
)
def test_a_card_that_somebody_else_used_is_dangerous_in_any_language(text):
    assert learned_score.estimate(Turn(text, evidence=0.9)).score >= 8
