"""A customer's words made comparable, and the separate questions in them. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

# What is looked at of a message: its beginning and its end. 100,000 pasted characters take as
# long as these. What is at stake is looked for in more: a whole message.
MOST_CHARACTERS, MOST_AT_STAKE = 1500, 4000
# And in how many sentences questions are looked for, each line of one letter being one, and how
# many parts are told apart.
MOST_SENTENCES, MOST_PARTS = 30, 12

# A number in a circle begins a part; one sign would become 18 letters, and is left out.
_ODD = re.compile("[\u2460-\u2473\ufdfa]")
_APOSTROPHE = re.compile("[‘’ʼ`´]")  # noqa: RUF001  # typed by phones
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff]")
_ACCENT = re.compile("[\u0300-\u036f]")
# Letters that are not one with an accent, as phones without them type it.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "ß": "ss", "æ": "ae", "œ": "oe"}  # dotless i
)
_PUNCTUATION = re.compile(r"[\s!-/:-@\[-`{-~¿¡…“”„«»。、]+")
_ADDRESS = re.compile(r"[hw](?:ttps?://|ww\.)\S+", re.IGNORECASE)

_GREATER = (
    r"(?:strong|smart|great|bigg|larg|clever|powerful|advanced|premium|expensive|good|better|best)"
)
_GREATER += r"(?:er|est)?"
_MODEL = r"claude|gemini|llama|mistral|deepseek|copilot"
# Asking for a model, a tier or a score: who pays decides that, not who asks.
_WISH = re.compile(
    # Possessive, as none of these words begins what may follow.
    r"\b(?:(?:(?:please|pls|kindly|bitte|can|could|you|i|want|like|would|to|must|only|just)\s+){0,6}+"
    r"(?:(?:use|using|with|by|via|ask|switch(?:ing)? to|talk to|answer(?: me)? (?:with|by)|"
    r"route (?:this|it|me) to|escalate (?:this|it|me) to|benutze|nimm|utilisez?|usa|gebruik)\s+)?"
    r"(?:the\s+|a\s+|your\s+|den\s+|das\s+)?"
    rf"(?:(?:chat\s?)?gpt[-\s]?\d[\w.-]*|chat\s?gpt|gpt\b|(?:{_MODEL})\b|{_GREATER}\s+(?:ai|llm|language)\b"
    rf"(?:\s+model)?|(?:{_GREATER}|cheap)\s+tier|"
    rf"(?<=use )(?:the\s+|your\s+)?{_GREATER}\s+model|(?<=to ){_GREATER}\s+model)"
    r"(?:\s+(?:please|pls|bitte|now|only|for this))*"
    r"|(?:ignore|forget|disregard)\s+(?:\w+\s+){0,3}(?:instructions?|rules|criteria|prompt)\b"
    r"|(?:score|rate|rating|difficulty|complexity)(?:\s+(?:of|is|as|it|this|me|an?)){0,4}+[\s:=]+"
    r"(?:10|ten)\b(?:\s*/\s*10)?)",
    re.IGNORECASE,
)
# One of these is in every wish.
_WISHED = (
    *(
        *_MODEL.split("|"),
        "gpt",
        " ai",
        "\nai",
        "llm",
        "language",
        "tier",
        "model",
        "ignore",
        "forget",
        "disregard",
    ),
    *("10", " ten", "\nten", ":ten", "=ten"),
)

# Words that begin a question in any of the languages we are written to in, without accents.
_ASKING = (
    "what whats when where wheres which who whom whose why how hows "
    "wann wo welche welcher welches welchen wer warum wieso wie wieviel kann konnen gibt darf "
    "quel quelle quels quelles quand qui pourquoi comment combien est-ce puis-je peut-on pouvez "
    "que cuando donde cual cuales quien como cuanto cuantos puedo pueden hay tienen "
    "wat wanneer waar welk welke waarom hoe hoeveel kan kunnen mag hebben "
    "quando dove quale quali chi perche quanto posso "
    "onde qual quais quem "
    "что как когда где почему сколько какои какая какие можно "
    "ما متى كيف اين هل كم لماذا"
)
_HELPING = (
    r"(?:can|could|do|does|did|is|are|am|will|would|should|may|must|have|has|shall)(?:n't)?\s+"
    r"(?:i|you|we|they|it|he|she|the|my|your|our|there|this|that|these|those|any\w*|some\w*)\b"
)
_BEGINS = rf"(?:{'|'.join(_ASKING.split())})\b|{_HELPING}"
_QUESTION = re.compile(_BEGINS)
_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|dear|please|pls|and|also|so|but|ok|okay|then|thanks|hallo|bonjour|hola|"
    r"ciao|bitte|und|et|y|en)\b[\s,!]*){1,3}"
)
_ASKS_SOMEWHERE = re.compile(
    r"\b(?:tell me|let me know|(?:want|like|need) to know|wondering|explain|my question)\b"
    r"|吗|呢|什么|怎么|如何|多少|几|哪|为什么|是否|能否|ですか|ますか|いつ|どこ|どう|いくら|なぜ"
    r"|어떻게|언제|얼마|왜|무엇|까요|나요"
)
# Where one sentence asks twice: "how is it handled and what does it cost".
_JOINED = re.compile(
    r"(?:,\s*|\s+)(?:and|or|und|oder|et|ou|y|en|e|also|plus)\s+(?:also\s+)?"
    rf"(?=(?:(?:at|for|by|to)\s+)?(?:{_BEGINS})|was\s+(?:kostet|ist|sind|passiert|kann|muss))"
    r"|(?:,\s*|\s[-–:]\s)"  # noqa: RUF001
    r"(?=(?:(?:at|for|by|to) )?(?:how|what|why|wie|warum|comment|combien|hoe|como|cuanto)\b)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[?؟。！!])(?![?؟!！)])\s*|(?<=[.;])\s+|\n+")
_NUMBER = re.compile(r"(?<![^\s:;,.。,(])\(?(?:(\d{1,2})(?:[)\]]|[.:、](?!\d))|([a-h])\))\s*")
_BULLET = re.compile(r"^\s*[-*•–]\s+", re.MULTILINE)  # noqa: RUF001
_ORDINALS = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"\bfirst(?:ly|(?=[,:]))|\berstens\b|\bpremi[eè]rement\b|\bten eerste\b|第一",
        r"\bsecond(?:ly|(?=[,:]))|\bzweitens\b|\bdeuxi[eè]mement\b|\bten tweede\b|第二",
        r"\bthird(?:ly|(?=[,:]))|\bdrittens\b|\btroisi[eè]mement\b|\bten derde\b|第三",
        r"\bfourth(?:ly|(?=[,:]))|\bviertens\b|\bquatri[eè]mement\b|\bten vierde\b|第四",
    )
)
# One of these is in what the first of them finds.
_FIRST = ("first", "erstens", "premi", "eerste", "第一")


def tidy(text: str, most: int = MOST_CHARACTERS) -> str:
    """The words as typed, without what cannot be seen; at most so many characters of them."""
    text = ends(text, most)
    if not text.isascii():
        text = _ODD.sub(_spelled, _INVISIBLE.sub("", text))
        # Lowered, a dotted capital becomes two signs.
        text = unicodedata.normalize("NFKC", text)[:most].replace("İ", "I")
    text = _CONTROL.sub(" ", _APOSTROPHE.sub("'", text))
    return "\n".join(" ".join(line.split()) for line in text.splitlines()).strip()


def ends(text: str, most: int) -> str:
    """The text, or of a longer one the beginning and the end."""
    return text if len(text) <= most else f"{text[: most * 3 // 4]}\n{text[-most // 4 :]}"


def _spelled(odd: re.Match[str]) -> str:
    number = ord(odd[0]) - ord("①") + 1
    return f"\n{number}) " if number <= 20 else " "


def folded(text: str) -> str:
    """Lower case without accents: what word lists are compared with."""
    text = text.lower()
    if text.isascii():
        return text
    text = _ACCENT.sub("", unicodedata.normalize("NFKD", text.translate(_PLAIN)))
    return unicodedata.normalize("NFC", text)


def without_wishes(text: str) -> str:
    """Without what asks for a model, a tier or a score."""
    lower = text.lower()
    return _WISH.sub(" ", text) if any(word in lower for word in _WISHED) else text


def normalised(text: str) -> str:
    """Equal for messages that ask the same: case, punctuation, spaces and wishes left out."""
    return " ".join(_PUNCTUATION.sub(" ", without_wishes(tidy(text)).casefold()).split())


def questions(text: str) -> tuple[str, ...]:
    """The separate things asked, each once, in order; a numbered part is one even without a "?".

    Empty where nothing is recognised as a question, as in "phone nr pls".
    """
    return asked_in(without_wishes(tidy(text)))[0]


def asked_in(text: str) -> tuple[tuple[str, ...], int]:
    """The questions of a text that is tidy already, and how many parts it marks: 0 or at least 2.

    Parts are numbered, lettered or bulleted.
    """
    text = _ADDRESS.sub(" ", text)
    marks = _marks(text)
    found: list[str] = []
    if marks:
        found += _asked(text[: marks[0][0]])
        ends = [start for start, _ in marks[1:]]
        for (_, start), end in zip(marks, ends, strict=False):
            part = text[start:end]
            found += list(_asked(part)) or [part]
        # What follows the last part belongs to all: "3) a gift. How is each handled?"
        last, *rest = _sentences(text[marks[-1][1] :]) or [""]
        found += [*(list(_asked(last)) or [last]), *_asked("\n".join(rest))]
    else:
        found += _asked(text)
    trimmed = (question.strip(" \n,;:-") for question in found)
    once = {folded(question): question for question in trimmed if _says_something(question)}
    return tuple(once.values()), len(marks)


def _marks(text: str) -> list[tuple[int, int]]:
    """Where each part's mark begins and ends: 1. 2. or a) b) in order, else words, else bullets."""
    counted: list[tuple[int, int]] = []
    for match in _NUMBER.finditer(text):
        number, letter = match.groups()
        if (
            len(counted) < MOST_PARTS
            and (int(number) if number else ord(letter) - ord("a") + 1) == len(counted) + 1
        ):
            counted.append(match.span())
    worded: list[tuple[int, int]] = []
    lower = text.lower()
    for ordinal in _ORDINALS if any(word in lower for word in _FIRST) else ():
        word = ordinal.search(text, worded[-1][1] if worded else 0)
        if word is None:
            break
        worded.append(word.span())
    bulleted = [match.span() for match in islice(_BULLET.finditer(text), MOST_PARTS)]
    return next((marks for marks in (counted, worded, bulleted) if len(marks) > 1), [])


def _sentences(text: str) -> list[str]:
    found = (sentence.strip() for sentence in _SENTENCE_END.split(text))
    return list(islice(filter(None, found), MOST_SENTENCES))


def _asked(text: str) -> Iterator[str]:
    for sentence in _sentences(text):
        plain = folded(sentence)
        greeting = _GREETING.match(plain)
        begins = _QUESTION.match(plain, greeting.end() if greeting else 0)
        if begins or sentence.endswith(("?", "؟")) or _ASKS_SOMEWHERE.search(plain):
            yield from (piece.strip() for piece in _JOINED.split(sentence))


def _says_something(question: str) -> bool:
    return sum(character.isalnum() for character in question) > 1
