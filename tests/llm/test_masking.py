"""What leaves for the provider holds no card, address or telephone number; the answer does."""

import pytest

from chatsite import llm
from chatsite.llm import Deadlines, Delta, Finished
from chatsite.llm.masking import Mask
from tests.guards import guards

CARD, EMAIL, PHONE = "4111 1111 1111 1111", "nora.o'neil+shop@example.co.uk", "+44 20 7946 0958"

# Digits as East Asia and the Arabic world write them.
WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
ARABIC = {ord("0") + digit: 0x0660 + digit for digit in range(10)}


@pytest.mark.parametrize(
    "hidden",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "5500 0000 0000 0004",
        "378282246310005",
        "me@example.com",
        "first.last+tag@sub.example.org",
        "+49 30 901820",
        "+1 (555) 010-9999",
        "030 901820-12",
        "(555) 010-9999",
        "06 12 34 56 78",
        "+8613800138000",
        "07911 123456",
        *("card4111111111111111", "#4111111111111111", "4111_1111_1111_1111"),
        *("4111\u20131111\u20131111\u20131111", "4111\u202f1111\u202f1111\u202f1111"),
        *(
            "4111\n1111\n1111\n1111",
            "6011111111111117".translate(WIDE),
            " ".join("4111111111111111"),
        ),
        *("anna @ example.com", "anna(at)example.com", "anna [at] example [dot] com"),
        *("anna\uff20example.com", "\u0430\u043d\u043d\u0430@\u043f\u0440\u0438.\u0440\u0444"),
        *("01.23.45.67.89", "98765 43210", "0501234567".translate(ARABIC)),
        *(
            "\uff0b" + "491701234567".translate(WIDE),
            "+49\u2013170\u20131234567",
        ),
    ],
)
def test_it_is_hidden_and_restored(hidden):
    mask = Mask()
    text = f"Hello, it is {hidden}, thanks."

    sent = mask.hide(text)

    assert hidden not in sent
    assert "[" in sent
    assert mask.restore(sent) == text


@pytest.mark.parametrize(
    "text",
    [
        "Order 4711 of 2026-11-29",
        "between 01/02/2026 and 12.03.2026",
        "We need 60 notebooks at $1,299.00",
        "order 20261129",
        "the 4111111111111112 parcel number",
        "at 10:30, room 12-14",
        "version 1.2.3.4",
        "2026-11-29 10:30",
        "a column:\n100\n250\n399\n1200",
        "a row:\t100\t250\t399",
        "sizes 10 20 30 40 50 60 70 80 90",
    ],
)
def test_what_is_none_stays(text):
    assert Mask().hide(text) == text


@guards("chatsite/llm/masking.py", "text = _LONG.sub(self._cards, text)", "pass")
@pytest.mark.parametrize("text", [f"{CARD} 12/27 123", f"12/27 {CARD}", f"{CARD} {CARD} 12/27"])
def test_a_card_is_found_beside_its_date(text):
    sent = Mask().hide(text)

    assert "1111" not in sent
    assert "12/27" in sent


def test_the_same_words_have_one_name_and_others_another():
    mask = Mask()

    sent = mask.hide("a@x.com, b@x.com, a@x.com")

    assert sent == "[EMAIL_1], [EMAIL_2], [EMAIL_1]"


def test_the_shops_own_numbers_are_not_hidden():
    system = {"role": "system", "content": f"Call us: {PHONE}"}

    assert Mask().messages([system]) == [system]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_a_placeholder_in_parts_is_restored_and_nothing_else_waits(size):
    mask = Mask()
    mask.hide(f"{EMAIL} {CARD}")
    answer = "We wrote to [EMAIL_1] [see (a)] and not [to] [CARD_1]. [1] [CARD_9] ["

    parts = [mask.delta(answer[at : at + size]) for at in range(0, len(answer), size)]
    shown = "".join(parts) + mask.rest()

    assert shown == mask.restore(answer)
    assert EMAIL.split("'")[-1] in shown
    assert "[CARD_9]" in shown


async def test_the_provider_is_not_told_and_the_customer_is(upstream, settings):
    upstream.says("I wrote to [EMAIL_1] about [CARD_1].")
    messages = [
        {"role": "system", "content": "Shop: shop@example.org"},
        {"role": "user", "content": f"I am mia@example.com, card {CARD}"},
    ]

    async def ask() -> tuple[str, Finished]:
        text = ""
        async for part in llm.stream(
            model="gpt-4",
            messages=messages,
            output_limit=100,
            temperature=0.2,
            deadlines=Deadlines(),
        ):
            if isinstance(part, Delta):
                text += part.text
            elif isinstance(part, Finished):
                return text, part
        raise AssertionError

    text, finished = await ask()

    sent = str(upstream.requests[-1])
    assert "mia@example.com" not in sent
    assert CARD not in sent
    assert "shop@example.org" in sent
    assert text == finished.text == f"I wrote to mia@example.com about {CARD}."

    settings.MASK_PERSONAL_DATA = False
    await ask()
    assert "mia@example.com" in str(upstream.requests[-1])
