"""Plants hostile texts wherever the site keeps words; run in the site's own shell by `xss`."""

import hashlib
import itertools
import json
import os
import secrets
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from billing.alerts import raise_alerts
from billing.alerts.models import Alert
from billing.alerts.rules import Finding
from chatsite.answer_tests.models import Case, CaseSet
from chatsite.api.models import AccessToken
from chatsite.business_hours.models import DayOff
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import visitors
from chatsite.inbox.models import CannedReply, Note, SavedView, Tag, TeamNotifications
from chatsite.knowledge.models import Article
from chatsite.mail.models import Transcript
from chatsite.shop.models import FirstQuestion, Shop
from chatsite.webhooks.models import Endpoint
from chatsite.widget.models import Widget
from tests.attacks import injected

PER_CONVERSATION = 14
OF_ARTICLE = 16  # texts


def plant(numbers: Iterator[int]) -> dict[str, Any]:
    """What the browser has to open, and the cookie that opens it."""
    key = secrets.token_urlsafe(32)
    visitor = hashlib.sha256(key.encode()).hexdigest()
    author = User.objects.create_user("hostile", first_name="<img src=x onerror=pwn(0)>")
    conversations = list(_conversations(numbers, visitor, author))
    slugs = list(_articles(numbers))
    _names(numbers, author)
    _mails(numbers, conversations)
    return {
        "cookie": visitors._signer.sign(key),
        "name": visitors.COOKIE,
        "conversations": [[each.pk, str(each.public_id)] for each in conversations],
        "articles": slugs,
        "live": list(injected.texts(numbers))[::3],
    }


def _conversations(numbers: Iterator[int], visitor: str, author: User) -> Iterator[Conversation]:
    for texts in _by(injected.texts(numbers), PER_CONVERSATION):
        position = itertools.count(1)
        one = Conversation.objects.create(visitor=visitor, handled_by=author)
        for text in texts:
            for role in ("customer", "assistant", "staff"):
                Message.objects.create(
                    conversation=one,
                    position=next(position),
                    role=role,
                    text=text,
                    client_id=None if role == "assistant" else uuid.uuid4(),
                    ended_at=timezone.now() if role == "assistant" else None,
                    rating=-1 if role == "assistant" else None,
                    rating_note=text[:300] if role == "assistant" else "",
                )
        Conversation.objects.filter(pk=one.pk).update(
            revision=next(position),
            satisfaction=-1,
            satisfaction_note=texts[0][:500],
            satisfaction_at=timezone.now(),
            email="a@b.example",
            email_at=timezone.now(),
        )
        Note.objects.create(conversation=one, author=author, text=texts[-1])
        yield one


def _articles(numbers: Iterator[int]) -> Iterator[str]:
    for texts in _by(injected.texts(numbers), OF_ARTICLE):
        slug = f"hostile-{next(numbers)}"
        body = "\n\n".join(texts)
        Article.objects.create(title=texts[0][:200], slug=slug, body=body, published=True)
        yield slug


def _names(numbers: Iterator[int], author: User) -> None:
    cases = CaseSet.objects.create(name="Hostile", guards=False)
    today, shop = timezone.now().date(), Shop.objects.get()
    made: list[tuple[type[models.Model], str, int, dict[str, Any]]] = [
        (CannedReply, "text", 4000, {}),
        (Tag, "name", 40, {}),
        (SavedView, "name", 40, {"person": author, "queue": "all"}),
        (Endpoint, "name", 80, {"url": "https://x.example/"}),
        (AccessToken, "name", 60, {"account": author}),
        (Widget, "name", 60, {"origins": "https://x.example"}),
        (Case, "question", 400, {"set": cases}),
        (CaseSet, "name", 80, {"guards": False}),
        (DayOff, "reason", 80, {}),
        (FirstQuestion, "text", 80, {"shop": shop}),
        (Group, "name", 150, {}),
        (User, "username", 150, {}),
    ]
    for model, field, longest, rest in made:
        for name in injected.names(numbers, longest):
            try:
                with transaction.atomic():
                    one = model(**{field: name}, **rest)
                    if isinstance(one, AccessToken):
                        one.new_key()
                    if isinstance(one, CannedReply):
                        one.name = f"hostile-{next(numbers)}"
                    if isinstance(one, DayOff):
                        one.day = today + timedelta(days=next(numbers))
                    one.save()
            except (DatabaseError, TypeError, ValueError) as error:
                sys.stderr.write(f"{model.__name__}: {error}\n")
                break


def _mails(numbers: Iterator[int], conversations: list[Conversation]) -> None:
    """Owe each mail there is: copies, answers, requests for a person, alerts."""
    now = timezone.now()
    TeamNotifications.objects.update_or_create(defaults={"emails": "team@shop.example"})
    for one in conversations:
        Transcript.objects.create(conversation=one, address="a@b.example", due_at=now)
    for number, text in enumerate(itertools.islice(injected.texts(numbers), 0, None, 4)):
        visitor = f"hostile {number}"
        one = Conversation.objects.create(
            visitor=visitor, wants_person_since=now, email="a@b.example", email_at=now
        )
        for position, role in enumerate(("customer", "staff"), 1):
            Message.objects.create(
                conversation=one, position=position, role=role, text=text, client_id=uuid.uuid4()
            )
        raise_alerts.tell(Finding(Alert.Rule.BUDGET, visitor, text), now)


def _by(texts: Iterator[str], size: int) -> Iterator[list[str]]:
    while several := list(itertools.islice(texts, size)):
        yield several


def main() -> None:
    with open(os.environ["PLANTED"], "w") as file:
        json.dump(plant(itertools.count(2)), file)
