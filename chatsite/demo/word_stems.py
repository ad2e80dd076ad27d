"""Which English words mean the same, or nearly. Pure."""

import re

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

_AKIN = """
    cost price fee pay free charge expensive deduct
    hours open opening closed work staffed
    phone call ring telephone number nr
    parcel package box shipment order
    ship deliver arrive
    return back send
    refund money back
    person human somebody someone people colleague agent team
    broken damaged crushed faulty defective fault problem quality
    gift present
    warranty guarantee
    swap exchange
    lost missing gone
    late overdue
    fix repair
    delete erase remove
    discount cheaper reduction
    collect pick
    import duties customs tax
    child kid toddler
    us usa america united
    uk england united kingdom britain
    cross border outside
    mail email
"""
ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))
_WORD = re.compile(r"[^\W_]+")


def stems(text: str) -> list[str]:
    """The words that say something, each in the form that its relatives share."""
    words = (word for word in _WORD.findall(text.lower()) if _says(word))
    return list(dict.fromkeys(_stem(word) for word in words))


def _says(word: str) -> bool:
    # A small number is the same in a price and in a date.
    return word not in STOP_WORDS and not (word.isdecimal() and len(word) < 3)


def _stem(word: str) -> str:
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + instead
            break
    if len(word) > 3:
        word = word.removesuffix("e")
        word = word[:-1] if word[-1] == word[-2] else word
    return word


def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _AKIN.strip().splitlines():
        group = frozenset(stems(line))
        found |= {word: found.get(word, frozenset()) | group for word in group}
    return found


AKIN_TO = _groups()


def akin(word: str) -> frozenset[str]:
    """Words of nearly the same subject."""
    return AKIN_TO.get(word, frozenset())
