"""Files for programs: sent along as a customer or as staff, and read, within the chat's limits."""

import uuid
from typing import Annotated, Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from chatsite.api import access, customers, schemas
from chatsite.api.conversations import ANSWER, READ, SPEAK, conversation_of, other_use
from chatsite.api.errors import ERRORS, NotFound
from chatsite.chat.attachments import uploads
from chatsite.chat.attachments.uploads import ENDINGS
from chatsite.chat.errors import NotYours
from chatsite.chat.models import Attachment
from chatsite.chat.web import files, rate_limits

TAKEN: dict[Any, Any] = {200: schemas.File, 201: schemas.File, **ERRORS}
BYTES = {"schema": {"type": "string", "format": "binary"}}
CONTENT = {
    "description": "The file. Images have no metadata: they are re-encoded from their pixels.",
    "content": dict.fromkeys(ENDINGS, BYTES),
}

ClientId = Annotated[
    uuid.UUID,
    Form(description="An id that you choose. Sending it again does not store the file twice."),
]

router = Router(tags=["files"])


@router.post("/conversations/{uuid:public_id}/files", response=TAKEN, auth=SPEAK)
def add_customer_file(
    request: HttpRequest,
    public_id: uuid.UUID,
    client_id: ClientId,
    whose: Form[schemas.Whose],
    file: File[UploadedFile],
) -> Status[schemas.File]:
    """For the customer's next message, which names it in `files`; kept for a day until then.

    Where a customer is named, anybody else's conversation is not found.
    """
    row = conversation_of(public_id)
    customers.check(access.token(request), row, whose)
    return _taken(request, client_id, file, visitor=row.visitor)


@router.post("/conversations/{uuid:public_id}/staff-files", response=TAKEN, auth=ANSWER)
def add_staff_file(
    request: HttpRequest, public_id: uuid.UUID, client_id: ClientId, file: File[UploadedFile]
) -> Status[schemas.File]:
    """The same for a message of the account."""
    conversation_of(public_id)
    return _taken(request, client_id, file, author=access.token(request).account)


@router.get(
    "/files/{uuid:public_id}",
    response=ERRORS,
    auth=READ,
    openapi_extra={"responses": {200: CONTENT, 304: {"description": "Your copy is current."}}},
)
def read_file(
    request: HttpRequest, public_id: uuid.UUID, whose: Query[schemas.Named]
) -> HttpResponseBase:
    """The content of a file that a message has; `files` of the message leads here. Where a customer
    is named, what is in anybody else's conversation is not found.
    """
    sent = Attachment.objects.filter(public_id=public_id, message__isnull=False)
    visitor = customers.visitor(access.token(request), whose)
    if visitor is not None:
        sent = sent.filter(message__conversation__visitor=visitor)
    found = sent.first()
    if found is None:
        raise NotFound("file")
    return files.served(request, found)


def _taken(
    request: HttpRequest,
    client_id: uuid.UUID,
    given: UploadedFile,
    visitor: str = "",
    author: AbstractBaseUser | None = None,
) -> Status[schemas.File]:
    """Raises TooFast, NotTaken, Problem."""
    rate_limits.uploading(f"token {access.token(request).pk}")
    is_known = Attachment.objects.filter(public_id=client_id).exists()
    try:
        taken = uploads.take(client_id, given, visitor, author)
    except NotYours as error:
        raise other_use() from error
    return Status(200 if is_known else 201, schemas.File.of(taken.facts))
