"""What the demo model says on the first run: it must read well, and be true to the articles."""

import re

import pytest

from chatsite.demo import demo_answers
from chatsite.demo.sentence_search import FEW, MANY, Articles
from tests.demo.shop import articles, messages, questions

RETURNS = [
    "06-returns-within-30-days",
    "07-quality-problem-after-use",
    "08-opened-limited-editions",
    "09-cross-border-returns",
]
HOURS = ["01-business-hours", "02-contact", "04-delivery-times-and-tracking", "12-warranty"]
SHIPPING = ["03-shipping-costs", "04-delivery-times-and-tracking", "09-cross-border-returns"]
THREE = (
    "Hello, I have three questions about your return policy: 1) a pen that developed a quality "
    "problem after I used it, 2) a limited-edition item I opened, 3) a cross-border purchase. How "
    "is each return handled and what does it cost me?"
)


def said(*words: str, of: list[str], detailed: bool = False) -> str:
    return demo_answers.answer(messages(*words, of=of), detailed)


def test_business_hours_are_told() -> None:
    answer = said("What are your business hours?", of=HOURS)

    assert "Monday to Friday from 09:00 to 21:00 and Saturday from 10:00 to 17:00" in answer
    assert "Express" not in answer


@pytest.mark.parametrize("detailed", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        THREE,
        "About your return policy:\n1. quality problem after use\n2. opened limited item\n"
        "3. cross-border purchase\nHow is each handled, and at what cost?",
    ],
)
def test_each_numbered_part_has_its_own_answer(text: str, detailed: bool) -> None:
    answer = said(text, of=RETURNS, detailed=detailed)

    first, second, third = re.split(r"^\d\. ", answer, flags=re.MULTILINE)[1:]
    assert "the return is free" in first
    assert "less a deduction of 25%" in second
    assert "€14.50" in third


def test_a_detailed_answer_says_more() -> None:
    short, long = (said(THREE, of=RETURNS, detailed=detailed) for detailed in (False, True))

    assert len(long) > 1.2 * len(short)


def test_a_list_under_a_number_stays_in_it() -> None:
    answer = said(THREE, of=RETURNS)

    assert "\n   - Return registered within 14 days" in answer
    assert not re.search(r"^- ", answer, re.MULTILINE)


def test_only_the_lines_asked_for_are_told() -> None:
    answer = said("how much is shipping to Norway and when does it become free", of=SHIPPING)

    assert answer == "**Shipping costs**\n\n- Switzerland and Norway: €14.95, free from €180."


def test_two_questions_have_two_answers() -> None:
    text = "How long does delivery to Germany take? What does delivery to Germany cost?"

    answer = said(text, of=SHIPPING)

    assert "2 to 3 days" in answer
    assert "€6.95, free from €90" in answer


def test_a_short_message_goes_on_with_the_one_before() -> None:
    of = ["09-cross-border-returns", "03-shipping-costs"]

    answer = said("How much is shipping to Germany?", "€6.95.", "and to Norway?", of=of)

    assert "€14.95" in answer


def test_all_messages_since_the_last_answer_are_answered() -> None:
    prompt = messages("Hi", "Hello!", "how much is shipping", of=SHIPPING)
    prompt.append({"role": "user", "content": "to Norway"})

    assert "€14.95" in demo_answers.answer(prompt, detailed=False)


def test_what_is_not_covered_is_admitted_in_its_part() -> None:
    answer = said("1. shipping to Norway? 2. do you hire people?", of=SHIPPING)

    first, second = re.split(r"^\d\. ", answer, flags=re.MULTILINE)[1:]
    assert "€14.95" in first
    assert "could not find" in second
    assert answer.endswith(demo_answers.OFFER)


@pytest.mark.parametrize(
    "text",
    [
        "what's the weather in Paris",
        "write me a poem about the sea",
        "who is the president of France",
        "do you sell bicycles",
        "help me with my math homework",
        "is the earth flat",
        "what is the capital of Germany",
        "asdf qwer",
        "Quel temps fait-il ?",
    ],
)
@pytest.mark.parametrize("of", [HOURS, RETURNS, SHIPPING, []])
def test_what_is_not_covered_is_admitted_and_a_person_offered(text: str, of: list[str]) -> None:
    assert said(text, of=of) == f"{demo_answers.NOT_COVERED} {demo_answers.OFFER}"


@pytest.mark.parametrize("text", ["Hi", "hello there!", "Good morning,", "Hey 👋"])
def test_a_greeting_is_greeted(text: str) -> None:
    assert said(text, of=[]).startswith("Hello, and welcome to Larkspur & Finch!")


@pytest.mark.parametrize("text", ["Thanks!", "ok thank you very much", "great, that helps"])
def test_thanks_are_taken(text: str) -> None:
    assert said("When?", "At nine.", text, of=HOURS).startswith("You're welcome!")


@pytest.mark.parametrize("text", ["I want to talk to a human", "can i speak with someone please"])
def test_a_person_is_called_for_who_wants_one(text: str) -> None:
    assert "a person takes over" in said(text, of=HOURS)


def test_trouble_is_met_with_regret() -> None:
    text = "My box was crushed and the ink bottle inside is broken, what do you need from me?"

    answer = said(text, of=["05-lost-or-damaged-parcels", "07-quality-problem-after-use"])

    assert answer.startswith("I'm sorry for the trouble. If something arrives broken, send photos")


@pytest.mark.parametrize(("most", "known"), [(FEW, 41), (MANY, 47)])
def test_most_questions_of_the_shop_find_their_fact(most: int, known: int) -> None:
    names = list(articles())

    found = 0
    for asked in questions():
        at = names.index(asked["article"])
        # Beside the right article, three that have nothing to do with it but stand near it.
        near = [names[(at + step) % len(names)] for step in (0, 1, 2, 3)]
        best = Articles([articles()[name] for name in near]).best(asked["question"], most=most)
        found += bool(best.parts) and asked["fact"] in best.markdown()

    assert found >= known


def test_the_same_prompt_has_the_same_answer() -> None:
    assert said(THREE, of=RETURNS) == said(THREE, of=RETURNS)


@pytest.mark.parametrize(
    "text", ["thank you " * 2000 + "x", "hi " * 5000 + "x", "1. 2. " * 2000, "? " * 5000, "\0"]
)
def test_any_text_has_an_answer_at_once(text: str) -> None:
    assert said(text, of=RETURNS)
