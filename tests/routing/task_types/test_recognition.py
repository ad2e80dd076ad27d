"""Which type a message is of: a table of texts, and a bank's customers."""

import gzip
import json
from zlib import crc32

import pytest

from routing.errors import BadRecogniser
from routing.task_types import recognition, recognition_training
from routing.task_types.recognition import Kind, Recogniser
from tests.guards import guards
from tests.routing.conftest import GRADED, ROOT

SHOP = ROOT / "chatsite" / "demo" / "shop"


@pytest.fixture(scope="module")
def names() -> list[str]:
    return [each["name"] for each in json.loads((SHOP / "task_types.json").read_text())]


@pytest.fixture(scope="module")
def shop() -> Recogniser:
    """The sample shop's types, stored and read again, one with phrases that decide."""
    given = json.loads((SHOP / "task_types.json").read_text())
    kinds = [
        Kind(
            key,
            tuple(each["examples"]),
            ("call me back",) if each["name"] == "Contact details" else (),
            (each["name"], each["description"]),
        )
        for key, each in enumerate(given)
    ]
    return recognition.read(recognition_training.learn(kinds).text())


@guards(
    "routing/task_types/recognition.py",
    "self.probability - DOUBT * self.strangeness >= LIKELY",
    "self.probability >= LIKELY",
)
@pytest.mark.parametrize(
    ("text", "name", "is_certain"),
    [
        ("What are your business hours?", "Business hours", True),
        ("WHAT ARE YOUR BUSINESS HOURS", "Business hours", True),
        ("r u open on sunday??", "Business hours", True),
        ("is there a student discount?", "Gift cards, wrapping and discounts", True),
        ("how much is shipping to Norway", "Shipping costs", True),
        ("how long is the waranty on pens", "Warranty and repairs", False),
        ("invoice has the wrong company name, can u fix it", "Invoices and VAT", False),
        ("my toddler swallowed some ink what do i do", "Safety, complaints and legal", False),
        ("Call me back!", "Contact details", True),
        (
            "The tracking page of my parcel is empty, somebody has to call me back this afternoon",
            "Contact details",
            False,
        ),
        ("tell me a joke", None, False),
        ("what's the weather like today", None, False),
        ("Do you sell bicycles?", None, False),
        ("can you wrap up the meeting notes", None, False),
        ("Can I cancel my gym membership?", None, False),
        ("Do you remember what we said on Sunday about the war?", None, False),
        ("What are the hours of the museum in your business park?", "Business hours", False),
        ("asdf qwer", None, False),
    ],
)
def test_a_text_is_of_a_type_or_of_none(shop, names, text, name, is_certain):
    found = shop.likeness(text)

    assert (names[found.key] if found and found.is_one else None) == name
    assert (found is not None and found.is_one and found.is_certain) == is_certain


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "?!…",
        "😀😀",
        "\x00\u202e\ud800",
        "営業時間は何時ですか",
        "a" * 100_000,
        "a b " * 30_000,
    ],
)
def test_any_text_is_taken(shop, text):
    found = shop.likeness(text)

    assert found is None or not found.is_certain


def test_a_certain_type_is_the_right_one_for_each_of_the_shops_questions(shop, names):
    articles = {
        "01-business-hours": "Business hours",
        "16-customs-and-import-duties": "Customs and import duties",
        "17-gift-cards": "Gift cards, wrapping and discounts",
        "19-discounts-and-feather-club": "Gift cards, wrapping and discounts",
    }
    questions = json.loads((SHOP / "questions.json").read_text())

    certain = [
        (names[found.key], articles.get(each["article"]))
        for each in questions
        if (found := shop.likeness(each["question"])) and found.is_one and found.is_certain
    ]

    assert len(certain) >= 5
    assert all(name == right for name, right in certain)


def test_the_nearest_example_says_why(shop):
    found = shop.likeness("are you open on sundays?")

    assert found is not None
    assert found.example in ("are you open on saturday", "r u there on sundays")
    assert found.closeness > recognition.VERY_CLOSE


def test_a_phrase_of_two_types_decides_nothing():
    kinds = [
        Kind(1, ("where is my parcel", "track it"), ("my order",)),
        Kind(2, ("cancel it", "please stop the parcel"), ("my order",)),
    ]

    found = recognition_training.learn(kinds).likeness("xyz my order")

    assert found is not None
    assert not found.phrase


def test_the_same_examples_are_learned_the_same(shop):
    again = recognition_training.learn(shop.kinds)

    assert again.text() == shop.text()


def test_no_types_recognise_nothing():
    nothing = recognition.read(recognition_training.learn([]).text())

    assert nothing.likeness("What are your business hours?") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda stored: "",
        lambda stored: "[]",
        lambda stored: "{}",
        lambda stored: stored[:-100],
        lambda stored: stored.replace('"format": 2', '"format": 1'),
        lambda stored: json.dumps({**json.loads(stored), "rows": "", "buckets": ""}),
        lambda stored: json.dumps({**json.loads(stored), "biases": []}),
    ],
)
def test_a_damaged_recogniser_is_refused(shop, damage):
    with pytest.raises(BadRecogniser):
        recognition.read(damage(shop.text()))


def test_a_banks_customers_are_recognised():
    """A part of banking77, to be quick; `tests.accuracy.task_types` measures all of it."""
    path = GRADED / "banking77.jsonl.gz"
    if not path.exists():
        pytest.skip("needs the graded questions beside the checkout")
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    intents = sorted({row["intent"] for row in rows})[::5]
    rows = [row for row in rows if row["intent"] in intents]
    held_back = [row for row in rows if crc32(row["id"].encode()) % 5 == 0]
    taught = [row for row in rows if crc32(row["id"].encode()) % 5 in (1, 2)]
    kinds = [
        Kind(key, tuple(row["prompt"] for row in taught if row["intent"] == intent))
        for key, intent in enumerate(intents)
    ]

    recogniser = recognition_training.learn(kinds)

    found = [
        (recogniser.likeness(row["prompt"]), intents.index(row["intent"])) for row in held_back
    ]
    right = sum(likeness is not None and likeness.key == key for likeness, key in found)
    assert right / len(found) > 0.93
