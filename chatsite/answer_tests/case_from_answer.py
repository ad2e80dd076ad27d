"""A test from an answer that a customer was given, in one click."""

import re

from django.conf import settings

from chatsite.answer_tests import expectations
from chatsite.answer_tests.expectations import ASSISTANT, CUSTOMER
from chatsite.answer_tests.models import Case, CaseSet
from chatsite.chat.models import Message
from routing.checks.language_detection import language
from routing.models import AnswerCheck

SET = "From conversations"
# Messages before the answer that the test repeats.
MOST_SAID = 12
MOST_FACTS = 6
# Amounts, percentages, times, and counts with what is counted.
_FACT = re.compile(
    r"[€$£]\s?\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*\s?(?:€|%)|\b\d{1,2}:\d{2}\b"
    r"|\b\d+(?:[.,]\d+)* [^\W\d_]{2,}(?: days?| hours?)?"
)


def make(reply: Message) -> Case:
    """A good answer becomes the expectation; for a bad one, staff write what was expected.

    Doing so again gives the same test.
    """
    found = Case.objects.filter(reply=reply).first()
    if found:
        return found
    said = _said(reply)
    question: list[str] = []
    while said and said[-1][0] == CUSTOMER:
        question.insert(0, said.pop()[1])
    case = Case(
        set=CaseSet.objects.get_or_create(name=SET)[0],
        question="\n".join(question)[: settings.MESSAGE_LENGTH],
        earlier=expectations.in_lines(said),
        reply=reply,
        language=language(reply.text),
    )
    if is_good(reply):
        case.tier = reply.tier
        case.must_say = "\n".join(facts(reply.text))
        case.sources = "\n".join(_slug(source["url"]) for source in reply.sources)
    case.save()
    return case


def is_good(reply: Message) -> bool:
    """Whole, not doubted, and not rated unhelpful."""
    doubted = AnswerCheck.objects.doubted().filter(reference=reply.reference)
    return (
        reply.state == Message.State.COMPLETE
        and reply.rating != Message.Rating.BAD
        and not doubted.exists()
    )


def facts(text: str) -> list[str]:
    """Figures without which the answer would be wrong."""
    lines = (re.sub(r"^\s*\d{1,2}[.)]\s", "", line) for line in text.splitlines())
    found = (match[0].strip() for line in lines for match in _FACT.finditer(line))
    return list(dict.fromkeys(found))[:MOST_FACTS]


def _said(reply: Message) -> list[tuple[str, str]]:
    before = reply.conversation.messages.filter(position__lt=reply.position).exclude(text="")
    newest = list(before.order_by("-position")[:MOST_SAID])[::-1]
    roles = {Message.Role.CUSTOMER: CUSTOMER}
    return [(roles.get(Message.Role(each.role), ASSISTANT), each.text) for each in newest]


def _slug(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]
