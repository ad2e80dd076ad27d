"""Files of questions to evaluate: an array of JSON, JSON Lines, or one question a line.

An object has `prompt`, or `question`; and perhaps an `id` that names a group, such as "returns-3".
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from chatsite.quality.errors import BadQuestions

MOST = 2000


@dataclass(frozen=True, slots=True)
class Question:
    prompt: str
    id: str = ""


def read(path: Path) -> list[Question]:
    """In order, each once. Raises BadQuestions."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadQuestions(f"{path.name} cannot be read: {error}") from error
    found: dict[str, Question] = {}
    for number, given in enumerate(_parts(text, path.name), 1):
        try:
            question = _question(given)
        except (ValueError, TypeError, KeyError) as error:
            why = f"{type(error).__name__} {error}"
            raise BadQuestions(f"{path.name}, question {number}: {why}") from error
        found.setdefault(question.prompt, question)
    if not found:
        raise BadQuestions(f"{path.name} has no questions")
    if len(found) > MOST:
        raise BadQuestions(f"{path.name} has {len(found)} questions, more than {MOST:,}")
    return list(found.values())


def _parts(text: str, name: str) -> list[Any]:
    if text.lstrip().startswith("["):
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadQuestions(f"{name} is not JSON: {error}") from error
        return list(given)
    # Not splitlines: a question may hold what Unicode takes for an end of line.
    return [line for line in text.split("\n") if line.strip()]


def _question(given: Any) -> Question:
    if isinstance(given, str) and given.lstrip().startswith("{"):
        given = json.loads(given)
    if isinstance(given, dict):
        prompt, identity = (
            given["prompt"] if "prompt" in given else given["question"],
            given.get("id", ""),
        )
    else:
        prompt, identity = given, ""
    if not isinstance(prompt, str):
        raise TypeError("a question is text")
    prompt = prompt.replace("\0", "").strip()
    if not 0 < len(prompt) <= settings.MESSAGE_LENGTH:
        raise ValueError(f"a question has 1 to {settings.MESSAGE_LENGTH:,} characters")
    return Question(prompt, str(identity))
