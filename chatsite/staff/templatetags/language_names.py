"""Names of languages in the admin's pages."""

from django import template
from django.utils.translation import get_language_info

register = template.Library()


@register.filter
def language(code: str) -> str:
    """German for `de`; the code itself where nobody has named it."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code
