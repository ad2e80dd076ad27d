"""The current shop, which every page shows: each process reads it every few seconds."""

import time

from django.conf import settings

from chatsite.shop.models import Shop

# Seconds. The process that saves it forgets what it held.
READ_EVERY = 10.0

_held: tuple[float, Shop] | None = None


def shop() -> Shop:
    """With its name, and its first questions; may query, so not within an event loop."""
    global _held
    now = time.monotonic()
    if _held is None or now - _held[0] > READ_EVERY:
        found = Shop.objects.prefetch_related("questions").first() or Shop(id=1)
        found.name = found.name or settings.SITE_NAME
        _held = now, found
    return _held[1]


def last_read() -> Shop:
    """As this process read it last, however long ago; queries nothing."""
    return _held[1] if _held else Shop(id=1, name=settings.SITE_NAME)


def name() -> str:
    return shop().name


def forget() -> None:
    """Read anew when asked next."""
    global _held
    _held = None
