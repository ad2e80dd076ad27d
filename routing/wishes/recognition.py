"""Whether a customer wants a person, in any language. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from routing.checks import language_detection
from routing.wishes import features, fitted_weights
from routing.wishes.features import Reading
from routing.wishes.lexicon import PEOPLE, Lexicon, Tag, Word, english, languages, lexicons, plain

# What ends a thought. A comma does too: "no, a human please".
_SENTENCE = re.compile(r"(?<=[.!?。！？؟…\n;])+")  # noqa: RUF001
_THOUGHT = re.compile(r"[.!?…。！？؟\n;:,،、，()\"“”]+|\s[-–—]+\s")  # noqa: RUF001
_NOT_LETTERS = re.compile(r"[\W_]+")
_ASKED = re.compile(r"[?？؟]|(?<=[\u0370-\u03ff]);|ですか|ますか|할까요|드릴까요|吗|嗎")  # noqa: RUF001

# Words between what is wanted and the person who is wanted.
NEAR, NEARBY = 7, 4
# Words of a message that is nothing but the name of whom it calls for.
MOST_CALLED, MOST_AGREED = 7, 14
# Words of an answer that may say yes at its end: "finally, yes".
SHORT_ANSWER = 3
# Words of a question that goes on from the sentence before it.
LAST_ASKED = 7
# What makes the name of a person in a thought something else than a call for one.
_SPOILING = {Tag.NOT, Tag.ASKS, Tag.DECOY, Tag.UNLESS, Tag.HOW, Tag.TOLD}
_ASKING = {Tag.WANT, Tag.MAY, Tag.RHETORICAL}


class Ground(StrEnum):
    """Why a message is a wish for a person."""

    WORDS = "asked for a person"
    NO_MACHINE = "does not want a machine"
    AGREED = "said yes to the offer of a person"


@dataclass(frozen=True, slots=True)
class Wish:
    """`language` is blank where no list of words knows it."""

    ground: Ground
    language: str


def recognise(
    message: str, turns: Sequence[tuple[str, str]] = (), vector: Sequence[float] = ()
) -> Wish | None:
    """The wish for a person in a message, if there is one.

    `turns` are the earlier messages as (role, text), oldest first, roles "user" and "assistant".
    `vector` is an embedding of the message alone by the model that the shipped recogniser knows;
    without one, words decide.
    """
    text = plain(message)
    if turns and turns[-1][0] == "assistant":
        offered = offers(turns[-1][1])
        if offered and _agrees(text, offered):
            return Wish(Ground.AGREED, offered[0].language)
    if not any(map(str.isalnum, text)):
        return None
    reading = features.read(text)
    ground = by_rules(reading)
    if not fitted_weights.shipped().is_wish(reading, vector, by_rules=ground is not None):
        return None
    by_lists = reading.lexicon.language if reading.lexicon else ""
    detected = language_detection.language(message)
    return Wish(ground or Ground.WORDS, detected if detected in languages() else by_lists)


def by_rules(reading: Reading) -> Ground | None:
    """What the lists of words alone make of it."""
    return _ground(reading.text, reading.lexicon) if reading.lexicon else None


def offers(answer: str) -> tuple[Lexicon, ...]:
    """The languages in which the assistant's answer asks whether a person is wanted."""
    sentences = [each for each in _SENTENCE.split(plain(answer)) if each.strip()]
    pairs = [
        f"{before} {last}"
        for before, last in pairwise(sentences)
        if len(last.split()) <= LAST_ASKED and _ASKED.search(last)
    ]
    whole = " ".join(sentences)
    asks = _ASKED.search(whole)
    return tuple(
        lexicon
        for lexicon in lexicons(whole)
        # Most answers neither ask nor propose anything.
        if (asks or lexicon.proposes.search(whole)) and _offers_any(sentences, pairs, lexicon)
    )


def _offers_any(sentences: list[str], pairs: list[str], lexicon: Lexicon) -> bool:
    return bool(
        any(_offers_one(sentence, lexicon) for sentence in sentences)
        # "I can connect you. Shall I?", but not "The engineer calls you. Is that fine?"
        or any(lexicon.proposes.search(pair) and _offers_one(pair, lexicon) for pair in pairs)
        or (sentences and _proposes_one(sentences[-1], lexicon))
    )


def _offers_one(sentence: str, lexicon: Lexicon) -> bool:
    """A question that names a person, or "if you like, I can connect you with one"."""
    is_asked, is_proposed = _ASKED.search(sentence), bool(lexicon.proposes.search(sentence))
    if not (is_asked or is_proposed):
        return False
    tags = {word.tag for word in lexicon.words(sentence)}
    # Who is "our team" to the assistant is a decoy to a customer.
    if not tags & {*PEOPLE, Tag.DECOY, Tag.WISH} or lexicon.facts.search(sentence):
        return False
    is_reached = bool(tags & {Tag.CONTACT, Tag.REACH, Tag.WISH})
    if is_asked:
        return is_reached or (is_proposed and bool(tags & set(PEOPLE)))
    return is_reached and is_proposed


def _proposes_one(last: str, lexicon: Lexicon) -> bool:
    """ "I can ask a colleague to look into it." at the end of an answer."""
    if not lexicon.proposes.search(last) or lexicon.facts.search(last):
        return False
    return any(word.tag in PEOPLE for word in lexicon.words(last))


def _ground(text: str, lexicon: Lexicon) -> Ground | None:
    if _calls(text, lexicon, {Tag.HUMAN, Tag.STAFF}):
        return Ground.WORDS
    for sentence in _SENTENCE.split(text):
        words = list(lexicon.words(sentence))
        parts = [part for part in _THOUGHT.split(sentence) if part.strip()]
        if not (_ASKED.search(sentence) or Tag.ASKS in {word.tag for word in words}):
            called = any(_calls(part, lexicon, {Tag.HUMAN}) for part in parts)
            if called or _calls(sentence, lexicon, {Tag.HUMAN, Tag.STAFF}):
                return Ground.WORDS
        for thought in (each for part in parts for each in _thoughts(list(lexicon.words(part)))):
            if _rejects_the_machine(thought):
                return Ground.NO_MACHINE
            if _asks_for_a_person(thought):
                return Ground.WORDS
        # "Is there someone, whoever it is, to talk to?"
        if not {word.tag for word in words} & _SPOILING and any(
            person.tag in PEOPLE and _near(person, words, Tag.CONTACT, NEAR) for person in words
        ):
            return Ground.WORDS
    return None


def _calls(text: str, lexicon: Lexicon, whom: set[Tag]) -> bool:
    """Words of nothing but whom they call for: "agent please"."""
    if lexicon.length(text) > MOST_CALLED:
        return False
    tags = {word.tag for word in lexicon.words(text)}
    if not tags & whom or tags & _SPOILING:
        return False
    called = lexicon.tagged.sub(" ", text)
    return not _NOT_LETTERS.sub("", lexicon.polite.sub(" ", called))


def _agrees(text: str, offered: tuple[Lexicon, ...]) -> bool:
    bare = _THOUGHT.sub(" ", text).strip()
    if _ASKED.search(text) or any(_refuses(bare, lexicon) for lexicon in offered):
        return False
    return any(
        _says_yes(bare, lexicon) and not _refuses(bare, lexicon)
        for lexicon in (*offered, english())
    )


def _says_yes(bare: str, lexicon: Lexicon) -> bool:
    said, length = lexicon.yes.search(bare), lexicon.length(bare)
    may_follow = lexicon.is_spaced and length <= SHORT_ANSWER
    return bool(said and (may_follow or not said.start())) and length <= MOST_AGREED


def _refuses(bare: str, lexicon: Lexicon) -> bool:
    """A no that is not part of a yes, as it is in "why not"."""
    said = [found.span() for found in lexicon.yes.finditer(bare)]
    return any(
        not any(
            start <= no.start() and no.end() <= end and no.span() != (start, end)
            for start, end in said
        )
        for no in lexicon.no.finditer(bare)
    )


def _thoughts(words: list[Word]) -> list[list[Word]]:
    """Cut where another thought begins, as with "but"."""
    thoughts: list[list[Word]] = [[]]
    for word in words:
        if word.tag is Tag.BUT:
            thoughts.append([])
        else:
            thoughts[-1].append(word)
    return thoughts


def _rejects_the_machine(thought: list[Word]) -> bool:
    tags = {word.tag for word in thought}
    if tags & {Tag.ASKS, Tag.DECOY}:
        return False
    if Tag.NO_MACHINE in tags:
        return True
    for bot in (word for word in thought if word.tag is Tag.BOT):
        if _near(bot, thought, Tag.ENOUGH, NEARBY):
            return True
        if Tag.NOT in tags and (Tag.CONTACT in tags or _near(bot, thought, Tag.WANT, NEARBY)):
            return True
    return False


def _asks_for_a_person(thought: list[Word]) -> bool:
    tags = {word.tag for word in thought}
    if tags & {Tag.ASKS, Tag.UNLESS} or (Tag.NOT in tags and Tag.RHETORICAL not in tags):
        return False
    return Tag.WISH in tags or any(
        _is_wanted(word, thought, tags)
        for word in thought
        if word.tag in PEOPLE and not _is_talked_about(word, thought)
    )


def _is_talked_about(person: Word, thought: list[Word]) -> bool:
    """A report of what somebody has done, or whom a thing is for."""
    return any(
        (word.tag is Tag.TOLD and 0 <= word.at - person.end < NEARBY)
        or (word.tag is Tag.FOR and max(person.at - word.end, word.at - person.end) < 2)
        for word in thought
    )


def _is_wanted(person: Word, thought: list[Word], tags: set[Tag]) -> bool:
    if _near(person, thought, Tag.CONTACT, NEAR):
        return True
    if person.tag is Tag.HUMAN:
        asked = bool(tags & {Tag.WANT, Tag.RHETORICAL}) and Tag.HOW not in tags
        helped = Tag.HELP in tags and bool(tags & _ASKING)
        return asked or helped or Tag.REACH in tags
    reached = _near(person, thought, Tag.REACH, NEAR) and bool(tags & _ASKING)
    called = person.tag is Tag.STAFF and _near(person, thought, Tag.WANT, NEARBY)
    return (reached or called) and Tag.HOW not in tags


def _near(person: Word, thought: list[Word], tag: Tag, words: int) -> bool:
    return any(
        each.tag is tag and max(person.at - each.end, each.at - person.end) < words
        for each in thought
    )
