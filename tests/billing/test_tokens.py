"""Tokens counted offline, against what the provider has published."""

from pathlib import Path

import pytest

from billing import tokens

# The provider's own example, with what its API billed for it: "How to count tokens with tiktoken",
# OpenAI cookbook.
EXAMPLE = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate"
        " jargon into plain English.",
    },
    {
        "role": "system",
        "name": "example_user",
        "content": "New synergies will help drive top-line growth.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Things working well together will increase revenue.",
    },
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth to touch base on opportunities"
        " for increased leverage.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Let's talk later when we're less busy about how to do better.",
    },
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client"
        " deliverable.",
    },
]


@pytest.mark.parametrize(
    ("model", "billed"), [("gpt-3.5-turbo", 129), ("gpt-4", 129), ("gpt-4o", 124)]
)
def test_a_prompt_is_never_counted_below_the_bill_and_not_far_above(model, billed):
    assert billed <= tokens.of_messages(EXAMPLE, model) <= billed * 1.2


@pytest.mark.parametrize(
    ("model", "text", "count"),
    [
        ("gpt-4", "", 0),
        ("gpt-4", "antidisestablishmentarianism", 6),
        ("gpt-4o", "antidisestablishmentarianism", 6),
        # 9 tokens of cl100k, 8 of o200k: so the model decides.
        ("gpt-3.5-turbo", "お誕生日おめでとう", 9),
        ("gpt-4", "お誕生日おめでとう", 9),
        ("gpt-4-turbo-2024-04-09", "お誕生日おめでとう", 9),
        ("ft:gpt-3.5-turbo-0125:acme::1", "お誕生日おめでとう", 9),
        ("text-embedding-3-small", "お誕生日おめでとう", 9),
        ("gpt-4o-mini", "お誕生日おめでとう", 8),
        ("gpt-4.1", "お誕生日おめでとう", 8),
        ("gpt-5.6-terra", "お誕生日おめでとう", 8),
        ("somebody's own", "お誕生日おめでとう", 8),
        # What looks like a control token is text when a customer writes it.
        ("gpt-4", "<|endoftext|>", 7),
    ],
)
def test_a_text_is_counted_as_its_model_does(model, text, count):
    assert tokens.count(text, model) == count


def test_an_unknown_model_is_reserved_for_with_a_wide_margin():
    known = tokens.of_messages(EXAMPLE, "gpt-4o")

    assert tokens.of_messages(EXAMPLE, "llama-7") > known * 1.4


def test_a_response_format_is_part_of_the_prompt():
    schema = {"type": "json_schema", "json_schema": {"name": "score", "schema": {"a": "b" * 90}}}

    with_format = tokens.of_messages(EXAMPLE, "gpt-4o", schema)

    assert with_format > tokens.of_messages(EXAMPLE, "gpt-4o") + tokens.count(str(schema), "gpt-4o")


def test_half_a_character_is_counted():
    assert tokens.count("a \ud83d b", "gpt-4o") >= 3


def test_a_long_run_of_one_character_is_counted_at_once():
    assert tokens.count("a" * 100_000, "gpt-4") == 12_500


def test_articles_are_never_counted_below_what_they_are():
    shop = Path(__file__).parents[2] / "chatsite" / "demo" / "shop" / "articles"
    prompt = "\n\n".join(article.read_text() for article in sorted(shop.iterdir()))

    counted = tokens.of_messages([{"role": "system", "content": prompt}], "gpt-4")

    assert tokens.count(prompt, "gpt-4") < counted < 1.06 * tokens.count(prompt, "gpt-4") + 20
