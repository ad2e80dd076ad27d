"""A customer who wants a person is understood; whoever only talks of people is not."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from chatsite.answering.checking import unconfirmed_answer
from routing.wishes.recognition import Ground, recognise
from tests.guards import guards

MESSAGES = Path(__file__).with_name("messages.jsonl")
OFFER = (("user", "It does not fit."), ("assistant", "Shall I connect you with a colleague?"))


@pytest.mark.parametrize(
    "message",
    [
        "I want to talk to a human",
        "can i plz speak w/ a real persn",
        "AGENT!!!",
        "why can\u2019t I just talk to someone?",
        "Ich möchte mit einem Mitarbeiter sprechen",
        "Je veux parler à quelqu'un",
        "转人工",
        "人と話したいです",
        "أريد التحدث مع موظف",
    ],
)
def test_a_wish_in_words_is_understood(message):
    assert recognise(message) is not None


@pytest.mark.parametrize(
    "message",
    [
        "",
        "don't connect me",
        "travel agent refund",
        "are you a human?",
        "my agent at the insurance",
        "customer service was bad",
        "representative sample",
        "I spoke to an agent yesterday",
        "What are the opening hours of customer service?",
        "x" * 4000,
        "agent " * 700,
    ],
)
def test_talk_of_people_is_no_wish(message):
    assert recognise(message) is None


def test_who_wants_no_machine_wants_a_person():
    wish = recognise("I don't want to talk to a robot")

    assert wish is not None
    assert wish.ground is Ground.NO_MACHINE


@pytest.mark.parametrize("message", ["yes please", "sure, go ahead", "👍", "Ja"])
def test_yes_to_the_offer_of_a_person_is_a_wish(message):
    offer = "Soll ich Sie mit einem Kollegen verbinden?" if message == "Ja" else OFFER[-1][1]

    wish = recognise(message, [("assistant", offer)])

    assert wish is not None
    assert wish.ground is Ground.AGREED


@pytest.mark.parametrize(
    "message",
    ["no thanks", "not yet", "yes but first the price", "when?", "I'm fine", "that's ok, found it"],
)
def test_anything_else_after_the_offer_is_none(message):
    assert recognise(message, OFFER) is None


@guards(
    "routing/wishes/recognition.py",
    "or any(_refuses(bare, lexicon) for lexicon",
    "or any(() for lexicon",
)
@pytest.mark.parametrize("message", ["okay, nicht jetzt", "sure nein danke"])
def test_an_english_yes_with_a_no_of_the_offers_language_is_none(message):
    offer = (("user", "Hallo"), ("assistant", "Möchten Sie mit einem Mitarbeiter sprechen?"))

    assert recognise(message, offer) is None


def test_yes_to_something_else_is_no_wish():
    turns = (*OFFER, ("user", "no"), ("assistant", "Would you like it gift-wrapped?"))

    assert recognise("yes please", turns) is None


# What nothing was fitted to, though lists of yes and no were mended by it, and the words that were.
@pytest.mark.parametrize(
    ("file", "options", "recall", "false_alarms", "languages"),
    [
        ("unseen.jsonl", (), 0.97, 0.01, 20),
        ("unseen.jsonl", ("--words-only",), 0.95, 0.015, 20),
        ("unseen-2.jsonl", (), 0.95, 0.02, 16),
        ("unseen-2.jsonl", ("--words-only",), 0.9, 0.02, 16),
        ("unseen-3.jsonl", (), 0.95, 0.02, 16),
        ("unseen-3.jsonl", ("--words-only",), 0.85, 0.02, 16),
        ("unseen-4.jsonl", (), 0.95, 0.01, 12),
        ("unseen-4.jsonl", ("--words-only",), 0.92, 0.01, 12),
        ("messages.jsonl", ("--words-only",), 0.9, 0.05, 18),
    ],
)
def test_wishes_are_told_apart_in_every_language(
    capsys, file, options, recall, false_alarms, languages
):
    call_command("evaluate_wishes", MESSAGES.with_name(file), "--json", *options)

    figures = json.loads(capsys.readouterr().out)
    assert figures["recall"] >= recall
    assert figures["false_alarms"] <= false_alarms
    assert len(figures["groups"]) == languages


def test_the_collected_messages_are_of_every_kind():
    kinds = defaultdict(set)
    for line in MESSAGES.read_text().splitlines():
        row = json.loads(line)
        kinds[row["language"]].add(row["kind"])

    for language, seen in kinds.items():
        assert {"negated", "asks what it is", "told", "agreed", "look-alike"} <= seen, language


def test_what_went_wrong_is_listed(tmp_path, capsys):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"message": "Where is my order?", "wish": 1, "language": "en"}\n')

    call_command("evaluate_wishes", file, "--errors")

    assert capsys.readouterr().out.splitlines() == [
        "all       recall 0.0 % (0 of 1), false alarms - (0 of 0)",
        "en        recall 0.0 % (0 of 1), false alarms - (0 of 0)",
        "missed (en): Where is my order?",
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("not JSON", "line 1"),
        ('{"message": "Hi"}', "'wish'"),
        ('{"message": "Hi", "wish": 2}', "not 0 or 1"),
        ('{"message": 5, "wish": 1}', "not text"),
        ('{"message": "Hi", "wish": 0, "turns": [{"content": "?"}]}', "'role'"),
        ("", "no rows"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, row, problem):
    file = tmp_path / "rows.jsonl"
    file.write_text(row)

    with pytest.raises(CommandError, match=problem):
        call_command("evaluate_wishes", file)


@pytest.mark.parametrize(
    ("offer", "message"),
    [
        ("Should I ask a colleague? ", "finally, yes"),
        ("We could have someone call you. Interested?", "yes, this afternoon if possible"),
        ("Soll ich eine Kollegin fragen?", "das wäre super"),
        ("Jeg kan spørge en kollega. Skal jeg det?", "det må du gerne"),
        ("同僚に聞いてみましょうか?", "それは助かります"),
    ],
)
def test_a_yes_may_be_said_in_other_words(offer, message):
    assert recognise(message, [("assistant", offer)]) is not None


def test_yes_to_a_visit_that_is_announced_is_no_wish():
    turns = [("assistant", "The engineer will call you before. Is that fine?")]

    assert recognise("yes", turns) is None


AGREED = {
    "ar": "نعم", "da": "ja tak", "de": "ja bitte", "en": "yes please", "es": "sí, por favor",
    "fr": "oui", "it": "sì grazie", "ja": "はい", "nl": "ja graag", "pl": "tak proszę",
    "pt": "sim", "ru": "да", "sv": "ja tack", "tr": "evet", "zh": "好的",
}  # fmt: skip


@pytest.mark.parametrize("language", AGREED)
def test_a_yes_to_the_products_own_offer_is_a_wish(language):
    without_answer, offer = unconfirmed_answer.WORDS[language][1:]

    wish = recognise(AGREED[language], [("assistant", f"{without_answer} {offer}")])

    assert wish
    assert (wish.ground, wish.language) == (Ground.AGREED, language)
