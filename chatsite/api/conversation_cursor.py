"""Where a page of the list of conversations ends, as a program sends it for the next."""

from datetime import datetime

from django.db.models import Q
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from chatsite.api.errors import invalid
from chatsite.chat.models import Conversation


def at(row: Conversation) -> str:
    return urlsafe_base64_encode(f"{row.active_at.isoformat()} {row.pk}".encode())


def after(cursor: str) -> Q:
    """Raises Problem."""
    try:
        moment, _, pk = urlsafe_base64_decode(cursor).decode().partition(" ")
        active_at, number = datetime.fromisoformat(moment), int(pk)
        if active_at.tzinfo is None or not 0 < number < 2**63:
            raise ValueError(cursor)
    except ValueError as error:
        raise invalid(
            {"cursor": "Send the `next` value of the previous page, unchanged."}
        ) from error
    return Q(active_at__lt=active_at) | Q(active_at=active_at, pk__lt=number)
