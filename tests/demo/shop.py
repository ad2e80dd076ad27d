"""The sample shop's articles and questions, and the prompt that the chat makes of them."""

import json
from functools import cache
from pathlib import Path

import chatsite.demo

SHOP = Path(chatsite.demo.__file__).parent / "shop"


@cache
def articles() -> dict[str, tuple[str, str]]:
    """Each file's title and body."""
    found = {}
    for path in sorted((SHOP / "articles").glob("*.md")):
        title, _, body = path.read_text().strip().partition("\n")
        found[path.stem] = (title.removeprefix("# "), body.strip())
    return found


def questions() -> list[dict[str, str]]:
    return list(json.loads((SHOP / "questions.json").read_text()))


def messages(*said: str, of: list[str]) -> list[dict[str, str]]:
    """A conversation, the customer first, with these articles."""
    chosen = [articles()[name] for name in of]
    text = "\n\n".join(f"## {title}\n{body}" for title, body in chosen)
    system = "You answer customers of Larkspur & Finch in a live chat."
    if text:
        system += f"\n\n<articles>\n{text}\n</articles>"
    roles = ("user", "assistant")
    return [
        {"role": "system", "content": system},
        *({"role": roles[at % 2], "content": words} for at, words in enumerate(said)),
    ]
