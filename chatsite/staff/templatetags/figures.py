"""Scores, probabilities and shares in the admin's pages, written as everywhere."""

from django import template

from billing import number_format as shares
from routing import score_display as scores

register = template.Library()
register.filter("score", scores.score)
register.filter("probability", scores.probability)
register.filter("percent", shares.percent)
register.filter("milliseconds", shares.milliseconds)
register.filter("seconds", shares.seconds)
register.filter("duration", shares.duration)
