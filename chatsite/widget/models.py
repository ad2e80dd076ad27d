"""Widgets: the chat on other sites, each under a key of its own; and who signed in there."""

import re
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.crypto import get_random_string

from chatsite.shop.models import HEX


def new_key() -> str:
    return get_random_string(20)


new_secret = partial(get_random_string, 48)


class Widget(models.Model):
    """The chat on one or more sites. The key is public: it stands in their pages."""

    class Position(models.TextChoices):
        END = "end", "bottom, at the end of a line (right)"
        START = "start", "bottom, at the start of a line (left)"

    name = models.CharField(max_length=60, help_text="For your team.")
    key = models.CharField(max_length=20, unique=True, default=new_key, editable=False)
    origins = models.TextField(
        "allowed origins",
        max_length=2000,
        help_text=(
            "One per line, such as https://www.example.com. The chat is not shown on any other "
            "site."
        ),
    )
    position = models.CharField(max_length=5, choices=Position, default=Position.END)
    accent = models.CharField(
        "colour",
        max_length=7,
        blank=True,
        validators=[RegexValidator(HEX, "Six digits after a #, such as #43479c.")],
        help_text="Blank: the shop's.",
    )
    greeting = models.CharField(max_length=120, blank=True, help_text="Blank: the shop's.")
    language = models.CharField(
        max_length=10,
        blank=True,
        help_text="Blank: as the customer's browser asks for.",
    )
    # Signs who a customer is; read by the shop's own server, and shown to whoever may change it.
    secret = models.CharField(max_length=64, default=new_secret, editable=False)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError."""
        self.accent = self.accent.lower()
        found = [_origin(line) for line in self.origins.split()]
        if not found:
            raise ValidationError({"origins": "Name at least one site."})
        self.origins = "\n".join(dict.fromkeys(found))

    @property
    def allowed(self) -> list[str]:
        return self.origins.split()

    @property
    def script(self) -> str:
        """The line that a site's owner pastes into its pages."""
        url = settings.SITE_URL + reverse("widget:loader", args=[self.key])
        return f'<script src="{url}" async></script>'


class Customer(models.Model):
    """Who signed in on the shop's own site, in the words of its server."""

    visitor = models.CharField(max_length=64, unique=True, help_text="Their key in conversations.")
    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="customers")
    reference = models.CharField(max_length=200, help_text="Their id in the shop's own system.")
    name = models.CharField(max_length=120, blank=True)
    email = models.CharField("e-mail", max_length=254, blank=True)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.name or self.reference


def _origin(line: str) -> str:
    """As browsers write it. Raises ValidationError."""
    try:
        parts = urlsplit(line.lower())
        port = f":{parts.port}" if parts.port else ""
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:  # also of what no host is in another alphabet
        parts, host, port = urlsplit(""), "", ""
    is_name = re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host)
    valid = parts.scheme in {"http", "https"} and is_name and parts.path in {"", "/"}
    if not valid or parts.query or parts.fragment or "@" in parts.netloc or "*" in host:
        message = f"{line} is not an origin. Enter https:// and a host, without a path."
        raise ValidationError({"origins": message})
    host = f"[{host}]" if ":" in host else host
    default = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{host}{'' if port == default else port}"
