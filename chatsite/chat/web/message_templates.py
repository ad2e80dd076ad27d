"""Messages in HTML by Jinja2, for pages and for every open tab.

Django's own templates took 38 % of a web process's time, in the loop that also serves the sockets.
"""

from functools import lru_cache
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext
from jinja2 import Environment


def environment(**options: Any) -> Environment:
    """What these templates may call, by the names that Django's templates have for it."""
    made = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 (Django sets autoescape)
    made.globals |= {
        "_": gettext,
        "filesizeformat": filesizeformat,
        # The same for as long as a process lives.
        "static": lru_cache(maxsize=64)(static),
        "url": lambda name, *values: reverse(name, args=values),
    }
    return made
