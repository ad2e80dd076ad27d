"""Who uses a widget: a browser that was here before, or a customer who signed in there.

Neither is believed by a cookie. A browser keeps a secret of ours (the keeper) in its own storage; a
customer's token is signed by the shop's server with the widget's secret, and is over when it says.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

import jwt
from django.core import signing

from chatsite.chat.web import visitors
from chatsite.widget.models import Customer, Widget

# Seconds that a token of ours is good for: what is stolen or signed out is worthless soon.
TOKEN_LASTS = 15 * 60
KEEPER_LASTS = 180 * 24 * 3600
# What a shop signs lasts no longer, whatever it says.
IDENTITY_LASTS = 24 * 3600
LEEWAY = 30  # seconds between two servers' clocks
_SALT = "chatsite.widget.widget_user"


class NotIdentified(Exception):
    """The shop's token is not signed, not meant for this widget, or over."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A visitor until a moment. `keeper` is what the browser keeps; blank where it signed in."""

    visitor: str
    until: float
    keeper: str

    @property
    def token(self) -> str:
        return visitors.token(self.visitor, self.until)


def holder(widget: Widget, keeper: str, identity: str) -> Holder:
    """Without a proof, a new visitor. Raises NotIdentified."""
    if identity:
        return signed_in(widget, identity)
    key = _key_of(widget, keeper)
    if not key:
        key = secrets.token_urlsafe(32)
        keeper = signing.dumps([widget.pk, key], salt=_SALT)
    return Holder(_visitor(widget, "browser", key), time.time() + TOKEN_LASTS, keeper)


def _key_of(widget: Widget, keeper: str) -> str:
    try:
        of_widget, key = signing.loads(keeper, salt=_SALT, max_age=KEEPER_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(key) if of_widget == widget.pk else ""


def signed_in(widget: Widget, identity: str) -> Holder:
    """The customer whom the shop's token names, as it describes them. Raises NotIdentified."""
    try:
        said: dict[str, Any] = jwt.decode(
            identity,
            widget.secret,
            algorithms=["HS256"],
            leeway=LEEWAY,
            options={"require": ["exp", "sub"], "verify_aud": False},
        )
    except jwt.InvalidTokenError as error:
        raise NotIdentified(str(error)) from error
    now, until, reference = time.time(), float(said["exp"]), str(said["sub"])
    if until > now + IDENTITY_LASTS + LEEWAY or not 0 < len(reference) <= 200:
        raise NotIdentified("It lasts longer than a day, or names nobody.")
    visitor = _visitor(widget, "customer", reference)
    Customer.objects.update_or_create(
        visitor=visitor,
        defaults={
            "widget": widget,
            "reference": _line(reference, 200),
            "name": _line(said.get("name"), 120),
            "email": _line(said.get("email"), 254),
        },
    )
    return Holder(visitor, min(now + TOKEN_LASTS, until), "")


def _visitor(widget: Widget, kind: str, key: str) -> str:
    return hashlib.sha256(f"widget {widget.pk} {kind} {key}".encode()).hexdigest()


def _line(said: object, longest: int) -> str:
    return "".join(c for c in str(said or "") if c.isprintable())[:longest]
