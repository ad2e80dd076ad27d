"""Conversations for programs: read, begun and continued as a customer, answered as staff."""

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from ninja import Query, Router, Status

from chatsite.api import access, conversation_cursor, customers, schemas
from chatsite.api.access import Bearer
from chatsite.api.errors import ERRORS, NotFound, conflict, invalid
from chatsite.api.models import AccessToken
from chatsite.chat import change_announcements
from chatsite.chat.actions import (
    ask,
    ask_for_person,
    end_conversation,
    hand_back,
    rate_conversation,
    resolve_or_snooze,
    staff_reply,
    take_over,
)
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import NotYours
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import rate_limits
from chatsite.inbox import notes, queues
from chatsite.inbox.queues import Queue
from chatsite.summaries import takeover_summary
from chatsite.widget.models import Customer

# Of a conversation, that are read at once.
MOST_MESSAGES = 200

READ, SPEAK = Bearer("chat.view_conversation"), Bearer("chat.add_conversation")
ANSWER = Bearer("chat.take_over")
SAID = {200: schemas.Said, 201: schemas.Said, **ERRORS}
STANDS = {200: schemas.Conversation, **ERRORS}

router = Router(tags=["conversations"])


@router.get("", response={200: schemas.Conversations, **ERRORS}, auth=READ)
def list_conversations(
    request: HttpRequest,
    whose: Query[schemas.Named],
    queue: Annotated[Queue | None, Query(description="A queue of the account's inbox.")] = None,
    cursor: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> schemas.Conversations:
    """The newest first, by their last change; of one customer where one is named. Follow `next`
    until it is blank.
    """
    found: QuerySet[Conversation] = Conversation.objects.all()
    if queue is not None:
        found = queues.conversations(queue, access.token(request).account, timezone.now())
    if (visitor := customers.visitor(access.token(request), whose)) is not None:
        found = found.filter(visitor=visitor)
    if cursor:
        found = found.filter(conversation_cursor.after(cursor))
    rows = found.order_by("-active_at", "-id").select_related("handled_by")
    page = list(rows.prefetch_related("tags")[: limit + 1])
    contacts = _contacts(request, page)
    return schemas.Conversations(
        conversations=[
            schemas.Conversation.of(row, contacts.get(row.visitor)) for row in page[:limit]
        ],
        next=conversation_cursor.at(page[limit - 1]) if len(page) > limit else "",
    )


@router.get(
    "/{uuid:public_id}", response={200: schemas.ConversationWithMessages, **ERRORS}, auth=READ
)
def read_conversation(
    request: HttpRequest,
    public_id: uuid.UUID,
    whose: Query[schemas.Named],
    before: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> schemas.ConversationWithMessages:
    """With its newest messages. `before` leads to earlier ones; a page has 200. Where a customer is
    named, anybody else's is not found.
    """
    row = conversation_of(public_id)
    customers.check(access.token(request), row, whose)
    said = row.messages.select_related("author").order_by("-position")
    if before is not None:
        said = said.filter(position__lt=before)
    newest = list(said[: MOST_MESSAGES + 1])
    shown = newest[:MOST_MESSAGES][::-1]
    return schemas.ConversationWithMessages(
        **_shape(request, row).dict(),
        messages=[schemas.Message.of(each) for each in shown],
        earlier=shown[0].position if len(newest) > MOST_MESSAGES else None,
    )


@router.post("", response=SAID, auth=SPEAK)
def start_conversation(request: HttpRequest, sent: schemas.Start) -> Status[schemas.Said]:
    """A customer's first message. The assistant answers it as it answers everybody."""
    used = access.token(request)
    visitor = customers.visitor(used, sent)
    if visitor is None:
        visitor = customers.unknown(used, f"message {sent.client_id}")
    try:
        return _asked(request, _new_id(used, sent.client_id), visitor, sent.client_id, sent.text)
    except NotYours as error:
        raise other_use() from error


@router.post("/{uuid:public_id}/messages", response=SAID, auth=SPEAK)
def add_customer_message(
    request: HttpRequest, public_id: uuid.UUID, sent: schemas.CustomerWords
) -> Status[schemas.Said]:
    """The customer writes again. Whoever is answering keeps answering."""
    row = conversation_of(public_id)
    customers.check(access.token(request), row, sent)
    return _asked(request, public_id, row.visitor, sent.client_id, sent.text, sent.files)


@router.post("/{uuid:public_id}/staff-messages", response=SAID, auth=ANSWER)
def add_staff_message(
    request: HttpRequest, public_id: uuid.UUID, sent: schemas.Words
) -> Status[schemas.Said]:
    """In the name of the account, which takes the conversation over from the assistant."""
    row = conversation_of(public_id)
    account = access.token(request).account
    change = staff_reply.send(row.pk, account, sent.text, sent.client_id, sent.files)
    change_announcements.announce(change)
    return _said(row, change, Message.Role.STAFF, sent.client_id, sent.text)


@router.post("/{uuid:public_id}/take-over", response=STANDS, auth=ANSWER)
def take_conversation_over(request: HttpRequest, public_id: uuid.UUID) -> schemas.Conversation:
    """The account answers from now on, instead of the assistant or a colleague."""
    account = access.token(request).account
    takeover_summary.ask_for(conversation_of(public_id))
    return _done(
        request, public_id, "Taken over.", lambda row: take_over.conversation(row.pk, account)
    )


@router.post("/{uuid:public_id}/assign", response=STANDS, auth=ANSWER)
def assign_conversation(
    request: HttpRequest, public_id: uuid.UUID, sent: schemas.Assignment
) -> schemas.Conversation:
    """A colleague answers from now on."""
    colleague = notes.team().filter(username=sent.to).first()
    if colleague is None:
        raise invalid({"to": "No account with this name may answer customers."})
    words = f"Assigned to {sent.to}."
    takeover_summary.ask_for(conversation_of(public_id))
    return _done(request, public_id, words, lambda row: take_over.conversation(row.pk, colleague))


@router.post("/{uuid:public_id}/hand-back", response=STANDS, auth=ANSWER)
def hand_conversation_back(request: HttpRequest, public_id: uuid.UUID) -> schemas.Conversation:
    """The assistant answers again, from the customer's next message on."""
    return _done(request, public_id, "Handed back.", lambda row: hand_back.to_assistant(row.pk))


@router.post("/{uuid:public_id}/resolve", response=STANDS, auth=ANSWER)
def resolve_conversation(request: HttpRequest, public_id: uuid.UUID) -> schemas.Conversation:
    """Nothing is left to do. The customer's next message undoes it."""
    return _done(request, public_id, "Resolved.", lambda row: resolve_or_snooze.resolve(row.pk))


@router.post("/{uuid:public_id}/reopen", response=STANDS, auth=ANSWER)
def reopen_conversation(request: HttpRequest, public_id: uuid.UUID) -> schemas.Conversation:
    """There is something left to do after all."""
    return _done(request, public_id, "Reopened.", lambda row: resolve_or_snooze.reopen(row.pk))


@router.post("/{uuid:public_id}/ask-for-person", response=STANDS, auth=SPEAK)
def ask_for_a_person(
    request: HttpRequest, public_id: uuid.UUID, whose: Query[schemas.Named]
) -> schemas.Conversation:
    """The customer wants a person: the conversation waits in the inbox, and the team is told."""
    return _done(
        request,
        public_id,
        "Asked for a person.",
        lambda row: ask_for_person.request(row.public_id, row.visitor, True),
        whose,
    )


@router.post("/{uuid:public_id}/satisfaction", response=STANDS, auth=SPEAK)
def rate_the_conversation(
    request: HttpRequest,
    public_id: uuid.UUID,
    sent: schemas.Satisfaction,
    whose: Query[schemas.Named],
) -> schemas.Conversation:
    """What the customer thinks of it, once it is resolved or ended; changeable for 24 hours."""
    rating = Message.Rating.GOOD if sent.is_good else Message.Rating.BAD
    return _done(
        request,
        public_id,
        "Rated.",
        lambda row: rate_conversation.by_customer(row.public_id, row.visitor, rating, sent.note),
        whose,
    )


@router.post("/{uuid:public_id}/end", response=STANDS, auth=SPEAK)
def end_the_conversation(
    request: HttpRequest, public_id: uuid.UUID, whose: Query[schemas.Named]
) -> schemas.Conversation:
    """The customer has ended it. Nobody can write in it any more; staff can still read it."""
    return _done(
        request,
        public_id,
        "Ended.",
        lambda row: end_conversation.by_customer(row.public_id, row.visitor),
        whose,
    )


def _asked(
    request: HttpRequest,
    public_id: uuid.UUID,
    visitor: str,
    client_id: uuid.UUID,
    text: str,
    files: Sequence[uuid.UUID] = (),
) -> Status[schemas.Said]:
    """Raises TooFast, NotYours, Ended, Empty, NotTaken, Problem."""
    rate_limits.asking(visitor, f"token {access.token(request).pk}")
    change = ask.question(public_id, visitor, text, client_id, files=files)
    change_announcements.announce(change)
    return _said(change.conversation, change, Message.Role.CUSTOMER, client_id, text)


def _said(
    row: Conversation, change: Change, role: Message.Role, client_id: uuid.UUID, text: str
) -> Status[schemas.Said]:
    """Raises Problem where the client id stands for something else that was said."""
    message = row.messages.select_related("author").get(client_id=client_id)
    if message.role != role or message.text != ask.cleaned(text):
        raise other_use()
    answer = row.messages.open().select_related("author").first()
    said = schemas.Said(
        conversation=row.public_id,
        message=schemas.Message.of(message),
        answer=schemas.Message.of(answer) if answer else None,
    )
    return Status(200 if change.is_none else 201, said)


def _done(
    request: HttpRequest,
    public_id: uuid.UUID,
    words: str,
    action: Callable[[Conversation], Change],
    whose: schemas.Named | None = None,
) -> schemas.Conversation:
    """Carry it out, tell of it and log it; the same once more does nothing.

    `whose`: who the program says the customer is; anybody else's conversation is not found.
    """
    row = conversation_of(public_id)
    if whose is not None:
        customers.check(access.token(request), row, whose)
    change = action(row)
    change_announcements.announce(change)
    if not change.is_none:
        access.log(request, row, words)
    return _shape(request, conversation_of(public_id))


def conversation_of(public_id: uuid.UUID) -> Conversation:
    """Raises NotFound."""
    found = Conversation.objects.select_related("handled_by").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("conversation")
    return found


def _shape(request: HttpRequest, row: Conversation) -> schemas.Conversation:
    return schemas.Conversation.of(row, _contacts(request, [row]).get(row.visitor))


def _contacts(request: HttpRequest, rows: list[Conversation]) -> dict[str, int]:
    """The contacts by their visitors, for whom may see contacts."""
    if not access.token(request).account.has_perm("widget.view_customer"):
        return {}
    visitors = {row.visitor for row in rows}
    return dict(Customer.objects.filter(visitor__in=visitors).values_list("visitor", "pk"))


def _new_id(used: AccessToken, client_id: uuid.UUID) -> uuid.UUID:
    """The same for the same first message; nobody else can guess it."""
    digest = salted_hmac(
        "chatsite.api.conversations", f"{used.account_id} {client_id}", algorithm="sha256"
    ).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def other_use() -> Exception:
    words = "This client_id was used for something else. Make a new one for each message."
    return conflict("client_id_used", words)
