"""How long calls take is told by their tokens, whatever a few of them suffered."""

import pytest

from billing import model_speed

USUAL = [(tokens, 0.4 + tokens / 40) for tokens in range(20, 220, 4)]


@pytest.mark.parametrize("calls", [USUAL, [*USUAL, *[(30, 60.0)] * 5], [*USUAL, (4000, 1.0)]])
def test_a_few_calls_that_hung_change_nothing(calls):
    found = model_speed.fitted(calls)

    assert found is not None
    assert found.first == pytest.approx(0.4, abs=0.1)
    assert found.seconds(100) == pytest.approx(2.9, abs=0.15)
    assert found.calls == len(calls)


def test_answers_of_one_length_all_take_what_they_took():
    found = model_speed.fitted([(50, 2.0)] * 30)

    assert found == model_speed.Speed(2.0, 0.0, 30)


def test_a_long_answer_never_takes_less_than_a_short_one():
    found = model_speed.fitted([(tokens, 9 - tokens / 100) for tokens in range(30)])

    assert found is not None
    assert found.seconds(0) == found.seconds(1000) > 8


def test_a_few_calls_say_nothing():
    assert model_speed.fitted(USUAL[: model_speed.FEWEST - 1]) is None
