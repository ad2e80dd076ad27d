"""What a model is sent of a conversation, and what is left of its words."""

import json

import pytest

from chatsite.summaries import summary_prompt


def said(*lengths: int) -> list[tuple[str, str]]:
    return [("customer", str(number) + "x" * (length - 1)) for number, length in enumerate(lengths)]


def sent(messages: list[dict[str, str]]) -> str:
    """The first letters of the messages that are sent."""
    return "".join(each["text"][0] for each in json.loads(messages[1]["content"])["conversation"])


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        ((10, 10, 10), "012"),
        ((9000,) * 8, "034567"),
        ((1,), "0"),
        ((), ""),
    ],
)
def test_of_a_long_conversation_its_beginning_and_its_end_are_sent(lengths, kept):
    assert sent(summary_prompt.messages("English", said(*lengths))) == kept


def test_the_language_is_that_of_the_staff():
    assert "sentences in German:" in summary_prompt.messages("German", [])[0]["content"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Two \n\n lines.\t", "Two lines."),
        ("\x00\x1b[31mred\u202e", "[31mred"),
        ("\u200b \n", ""),
        ("w " * 1000, "w " * 299 + "w…"),
    ],
)
def test_a_summary_is_one_line_that_can_be_printed(text, kept):
    assert summary_prompt.read(text) == kept
