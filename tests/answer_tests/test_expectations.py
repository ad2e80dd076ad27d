"""What an answer must say, compared as a reader would."""

import pytest

from chatsite.answer_tests import expectations
from chatsite.answer_tests.expectations import Answered, Wanted


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        ("€14.95", "It costs **€14.95**."),
        ("€14.95", "Der Versand kostet 14,95 €."),
        ("€14.95", "It costs € 14.95, or more."),
        ("30 days | 30 Tage", "Sie haben 30 Tage Zeit."),
        ("09:00 to 17:30", "Open 09:00 to 17:30."),
        ("20%", "We deduct 20 % of it."),
        ("no refund", "There is NO refund."),
        ("don't", "We don’t."),  # noqa: RUF001
        ("5 working days", "within 5\u00a0working days"),
        ("7-12 days", "7\u201312 days"),  # an en dash
        ("30天", "您可以在30天内退货。"),
        ("return label", "A [return label](https://example.com) costs €4.50."),
    ],
)
def test_a_fact_is_found_as_a_reader_would_find_it(fact, answer):
    assert expectations.failures(Wanted(must_say=(fact,)), Answered(answer)) == []


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        ("5 days", "It takes 15 days."),
        ("€14", "It costs €14.95."),
        ("4.95", "It costs 14.95."),
        ("free", "We sell freesias."),
        ("30 days", "You have 30 working days."),
        ("€14.95", "It costs €14,950."),
    ],
)
def test_a_figure_inside_another_is_not_found(fact, answer):
    assert expectations.failures(Wanted(must_say=(fact,)), Answered(answer)) == [
        f"Does not say “{fact}”."
    ]


def test_each_expectation_is_named_in_words():
    wanted = Wanted(
        must_say=("€14.95",),
        must_not_say=("90 days",),
        tier="strong",
        sources=("shipping",),
        person=True,
        language="de",
    )
    given = Answered("You have 90 days to send it back to us, says the shop.", tier="cheap")

    assert expectations.failures(wanted, given) == [
        "Does not say “€14.95”.",
        "Says “90 days”.",
        "Answered by the cheap model instead of the strong model.",
        "Does not use the article “shipping”.",
        "Does not offer a person.",
        "Is in another language (en instead of de).",
    ]


def test_nothing_is_expected_where_nothing_is_written():
    assert expectations.failures(Wanted(), Answered("Anything.")) == []


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("", []),
        ("Customer: Hi\nAssistant: Hello!\nHow can I help?", 2),
        ("Is it open?\nASSISTANT : Yes.", 2),
        ("customer: a: b", 1),
    ],
)
def test_earlier_messages_are_read_line_by_line(text, turns):
    found = expectations.turns(text)

    assert len(found) == (turns or 0)
    assert expectations.turns(expectations.in_lines(found)) == found
