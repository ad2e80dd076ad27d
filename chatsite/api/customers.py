"""Whose a conversation is, in the ways in which a program can say it."""

import contextlib
import hashlib

from chatsite.api import schemas
from chatsite.api.errors import NotFound, invalid
from chatsite.api.models import AccessToken
from chatsite.chat.models import Conversation
from chatsite.widget import widget_user
from chatsite.widget.models import Customer, Widget


def visitor(used: AccessToken, whose: schemas.Named) -> str | None:
    """As conversations know the customer; None where nothing says who it is. Raises Problem."""
    said = [name for name, value in whose if name in schemas.Whose.model_fields and value]
    if len(said) > 1:
        raise invalid(dict.fromkeys(said[1:], "Name the customer in one way only."))
    if whose.contact is not None:
        return _contact(whose.contact)
    if isinstance(whose, schemas.Whose) and whose.identity:
        return _signed(whose.identity)
    return unknown(used, f"customer {whose.customer}") if whose.customer else None


def unknown(used: AccessToken, name: str) -> str:
    """A customer of the program's own. No cookie and no widget's key leads to their visitor."""
    return hashlib.sha256(f"chatsite.api {used.account_id} {name}".encode()).hexdigest()


def check(used: AccessToken, row: Conversation, whose: schemas.Named) -> None:
    """Raises NotFound where it is another customer's; Problem."""
    expected = visitor(used, whose)
    if expected is not None and row.visitor != expected:
        raise NotFound("conversation")


def _contact(number: int) -> str:
    found = Customer.objects.filter(pk=number).values_list("visitor", flat=True).first()
    if found is None:
        raise invalid({"contact": "There is no contact with this id."})
    return found


def _signed(token: str) -> str:
    """Of whichever widget it is; the contact is then as the token says."""
    for widget in Widget.objects.filter(active=True):
        with contextlib.suppress(widget_user.NotIdentified):
            return widget_user.signed_in(widget, token).visitor
    raise invalid({"identity": "It is not signed with a widget's secret, or it has expired."})
