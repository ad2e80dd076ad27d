"""Messages and queues in HTML by Jinja2, for pages and for every open tab.

Django's own templates took 38 % of a web process's time, in the loop that also serves the sockets.
"""

from functools import lru_cache
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext
from jinja2 import Environment


def environment(**options: Any) -> Environment:
    """What these templates may call, by the names that Django's templates have for it."""
    made = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 (Django sets autoescape)
    made.globals |= {
        "_": gettext,
        "filesizeformat": filesizeformat,
        "localtime": localtime,
        "naturaltime": naturaltime,
        # The same for as long as a process lives.
        "static": lru_cache(maxsize=64)(static),
        "url": lru_cache(maxsize=4096)(lambda name, *values: reverse(name, args=values)),
    }
    return made


def html(name: str, values: dict[str, Any]) -> SafeString:
    """For templates of Django's, too."""
    return mark_safe(render_to_string(name, values, using="jinja2"))  # noqa: S308 (it escapes)
