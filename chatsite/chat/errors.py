"""Why a customer's request is refused, in words for the customer and in their language."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class Refused(Exception):
    """A request that is not carried out. `words` are shown as they are."""

    words: StrOrPromise = _("That did not work. Please try again.")


class Empty(Refused):
    words = _("Please write a message first.")


class TooLong(Refused):
    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        words = _("That is too long. Please keep it under {limit} characters.")
        self.words = format_lazy(words, limit=f"{limit:,}")


class TooFast(Refused):
    words = _("That was a lot at once. Please wait a moment, then send it again.")


class NotYours(Refused):
    """The conversation is another visitor's, or does not exist: the two look alike."""

    words = _("This conversation is not available.")


class WithColleague(Refused):
    """Another member of staff answers here."""

    words = "A colleague is handling this conversation. Take it over first."


class Ended(Refused):
    """The conversation was ended or deleted; nothing is said in it any more."""

    words = _("This conversation has ended. Please start a new one.")


class NotRetryable(Refused):
    words = _("This answer is already being written.")


class NoAddress(Refused):
    words = _("This is not an e-mail address.")


class NotRateableNow(Refused):
    """A conversation that goes on, or was rated long ago."""

    words = _("This conversation cannot be rated now.")


class NotRateable(Refused):
    words = _("Only a finished answer can be rated.")
