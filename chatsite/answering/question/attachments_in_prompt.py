"""Attachments in a prompt: images for a model that can read them, otherwise words."""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from billing import tokens
from billing.tokens import Image
from chatsite.chat.models import Attachment
from chatsite.provider import known_models
from chatsite.shop import current_shop
from chatsite.shop.models import Shop

# Images of one prompt, the newest; each is paid for each time.
MOST_IMAGES = 4
# Tokens of one PDF's text, and of all that a prompt has of one message's.
MOST_OF_A_PDF, MOST_OF_PDFS = 1500, 3000
# What stands for an image until the call is made: its bytes are nobody's before.
SCHEME = "attachment:"


@dataclass(frozen=True, slots=True)
class Attached:
    """One file of a message. `shown`: the operator lets the model see what customers send."""

    id: str
    kind: str
    name: str
    width: int
    height: int
    text: str = ""
    shown: bool = True

    @property
    def is_image(self) -> bool:
        return self.kind == Attachment.Kind.IMAGE

    def in_words(self, model: str) -> str:
        """For a model that is not shown it; of a PDF, what it says."""
        if self.text and self.shown:
            text = _beginning(self.text, MOST_OF_A_PDF, model)
            return f"[The PDF file “{self.name}” is attached. It says:]\n<file>\n{text}\n</file>"
        kind = "image" if self.is_image else "PDF file"
        return (
            f"[The {kind} “{self.name}” is attached. You cannot see it. Say so, and that the "
            "button below asks for a person, who can.]"
        )


def read(stored: str | Sequence[Mapping[str, Any]] | None) -> tuple[Attached, ...]:
    """The files of a message's row."""
    if not stored or stored == "[]":
        return ()
    rows = json.loads(stored) if isinstance(stored, str) else stored
    return tuple(
        Attached(row["id"], row["kind"], row["name"], row["width"] or 0, row["height"] or 0)
        for row in rows
    )


def with_texts(files: Sequence[Attached]) -> dict[str, Attached]:
    """The same by their ids, with what PDFs say and whether a model may see them."""
    if not files:
        return {}
    shown = current_shop.shop().files == Shop.Files.ALL
    documents = [uuid.UUID(each.id) for each in files if not each.is_image]
    texts = dict(
        Attachment.objects.filter(public_id__in=documents).values_list("public_id", "text")
        if documents and shown
        else ()
    )
    return {
        each.id: replace(each, text=texts.get(uuid.UUID(each.id), ""), shown=shown)
        for each in files
    }


def images(files: Sequence[Attached], model: str, room: int) -> dict[str, Image]:
    """Of these files, newest first, the images that the model is shown, within so many tokens."""
    sight = known_models.sight(model)
    found: dict[str, Image] = {}
    for each in files:
        if sight is None or not each.is_image or not each.shown or len(found) == MOST_IMAGES:
            continue
        cost = sight.tokens(each.width, each.height)
        if cost <= room:
            found[each.id] = Image(f"{SCHEME}{each.id}", cost)
            room -= cost
    return found


def loaded(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The messages with the images themselves; an image that is gone by now is left out."""
    return [
        dict(each)
        if isinstance(each["content"], str)
        else {**each, "content": list(_loaded(each["content"]))}
        for each in messages
    ]


def has_images(messages: Sequence[Mapping[str, Any]]) -> bool:
    return any(not isinstance(each["content"], str) for each in messages)


def _loaded(parts: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in parts:
        if not isinstance(part, Image):
            yield part
            continue
        key = part["image_url"]["url"].removeprefix(SCHEME)
        row = Attachment.objects.filter(public_id=key).first()
        if row and (content := row.content()):
            data = base64.b64encode(content).decode()
            yield Image(f"data:{row.content_type};base64,{data}", part.tokens)
        else:
            yield {"type": "text", "text": "[The image is no longer there.]"}


def _beginning(text: str, most: int, model: str) -> str:
    """As much of it as fits into so many tokens."""
    count = tokens.count(text, model)
    size = len(text)
    while count > most and size:
        size = min(size * most // count, size - 1)
        count = tokens.count(text[:size], model)
    return text if size == len(text) else f"{text[:size]} … (cut)"
