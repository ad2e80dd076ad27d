"""What the admin's front page says of the first steps."""

from django import template

from chatsite.first_steps import checklist

register = template.Library()


@register.simple_tag
def steps_left() -> int:
    """How many are not done."""
    return sum(not step.is_done for step in checklist.steps())
