"""What a search is asked: the customer's words, and the turn that they continue. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

# Characters of the turn before: its newest words, and the first of its answer.
LONGEST_BEFORE = 600
# Customers name a model in the hope of a better answer; it is not what they ask about.
_MODEL = r"(?:chat[- ]?)?gpt(?:[- ]?\d[\w.\-]*)?|chatgpt|openai|claude|gemini|llama|mistral"
_NAMES_A_MODEL = re.compile(
    r"\b(?:(?:please|pls|bitte|stp|svp)\s+)?"
    r"(?:(?:use|using|with|by|via|ask|answer (?:with|using|by)|switch to|nutze|benutze|nimm|mit|"
    r"utilise[rz]?|avec|usa|usar|con|gebruik|met)\s+)?"
    rf"(?:the\s+)?\b(?:{_MODEL})\b(?:\s+(?:please|pls|bitte|model|modell))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """The unanswered words; `before` and `answer` are the last turn's, blank at the beginning."""

    text: str
    before: str = ""
    answer: str = ""

    @property
    def whole(self) -> str:
        """Everything, oldest first: what a follow-up is about stands before it."""
        return "\n".join(part for part in (self.before, self.answer, self.text) if part)


def of(text: str, before: str = "", answer: str = "") -> Question:
    """What was written, as far as it is searched."""
    return Question(
        clean(text)[-settings.MESSAGE_LENGTH :],
        clean(before)[-LONGEST_BEFORE:],
        clean(answer)[:LONGEST_BEFORE],
    )


def continued(said: Iterable[tuple[bool, str]]) -> Question:
    """Of a conversation, oldest first: whether the customer said it, and the words.

    The customer's words since the last answer, with the turn before them.
    """
    now: list[str] = []
    before: list[str] = []
    answer = ""
    for is_customers, text in reversed(list(said)):
        if not is_customers:
            if before:
                break
            answer = answer or text
        else:
            (before if answer else now).insert(0, text)
    return of("\n".join(now), "\n".join(before), answer)


def clean(text: str) -> str:
    """Without names of models, and what no database and no server takes."""
    text = text.encode(errors="replace").decode().replace("\0", " ")
    return " ".join(_NAMES_A_MODEL.sub(" ", text).split())
