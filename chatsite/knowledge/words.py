"""What a question is searched by: its words, and the pairs they form."""

import re
from itertools import pairwise

# Words that say nothing about the subject of an English question to a shop.
_MEANINGLESS = """
    a about am an and any are as at be because been but by can could d did didn do does doesn doing
    don for from get got had has have he hello her here hey hi him his how i if im in into is isn it
    its just like ll m me might must my no not now of off on or our out over please pls r re s shall
    she should so some still t than thank thanks that the their them then there they this to too u
    up ur us ve very want was wasn we were what when where which who why will with won would you
    your
"""
STOP_WORDS = frozenset(_MEANINGLESS.split())

# A longer question is searched by its newest words: whole texts would cost time, not find more.
MOST_CHARACTERS = 4000
MOST_TERMS = 120

_WORD = re.compile(r"[^\W_]+")


def terms(text: str) -> list[str]:
    """Words that carry meaning, then pairs of neighbours, in lower case, each once.

    Pairs with one meaningless word count: "pick up", "how long". Letters and digits only, so that
    no text is an operator of a search language.
    """
    words = _WORD.findall(text[-MOST_CHARACTERS:].lower())
    single = [word for word in words if word not in STOP_WORDS]
    pairs = [
        f"{first} {second}"
        for first, second in pairwise(words)
        if first not in STOP_WORDS or second not in STOP_WORDS
    ]
    half = MOST_TERMS // 2
    return [*list(dict.fromkeys(single))[-half:], *list(dict.fromkeys(pairs))[-half:]]
