"""A message as it stands in the customer's log, and its files as staff see them."""

from django import template
from django.template.backends.utils import csrf_input
from django.utils.safestring import SafeString, mark_safe

from chatsite.chat.models import Message
from chatsite.chat.web import fragments, jinja_templates

register = template.Library()


@register.simple_tag(takes_context=True)
def entry(context: template.Context, message: Message) -> SafeString:
    """With what its forms need to be sent without a socket."""
    request = context.get("request")
    html = fragments.entry(message, csrf_input(request) if request else "")
    return mark_safe(html)  # noqa: S308 (a template's, which escapes)


@register.simple_tag
def files_for_staff(message: Message) -> SafeString:
    return jinja_templates.html("chat/files_for_staff.html", {"message": message})
