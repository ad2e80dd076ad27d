"""Why a customer's request is refused, in words for the customer and in their language."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

# The page says these too, before anything is uploaded.
TOO_LARGE = _("This file is larger than {limit} MB. Please send a smaller one.")
TOO_MANY_FILES = _("Please send at most {limit} files with one message.")


class Refused(Exception):
    """A request that is not carried out. `words` are shown as they are."""

    words: StrOrPromise = _("That did not work. Please try again.")


class BeyondLimit(Refused):
    """Too much of something; `words` say how much may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.words = format_lazy(self.words, limit=f"{limit:,}")


class Empty(Refused):
    words = _("Please write a message first.")


class TooLong(BeyondLimit):
    words = _("That is too long. Please keep it under {limit} characters.")


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


class NothingSaid(Refused):
    words = _("Nothing has been answered here yet.")


class TooManyMails(Refused):
    words = _("That was a lot of mail for one day. Please try again tomorrow.")


class NotRateableNow(Refused):
    """A conversation that goes on, or was rated long ago."""

    words = _("This conversation cannot be rated now.")


class NotRateable(Refused):
    words = _("Only a finished answer can be rated.")


class NotTaken(Refused):
    """A file that is not accepted; says what to do instead."""


class WrongKind(NotTaken):
    words = _("Only JPEG, PNG, WebP and GIF images and PDF files can be sent here.")


class TooLarge(BeyondLimit, NotTaken):
    words = TOO_LARGE


class TooManyPixels(NotTaken):
    words = _("This image has too many pixels. Please send a smaller one.")


class TooManyPages(BeyondLimit, NotTaken):
    words = _("This PDF has more than {limit} pages. Please send only those that matter.")


class Locked(NotTaken):
    words = _("This PDF is protected by a password. Please send it without one.")


class Damaged(NotTaken):
    words = _("This file is damaged and cannot be read. Please send another one.")


class TooManyFiles(BeyondLimit, NotTaken):
    words = TOO_MANY_FILES


class TooManyThisHour(NotTaken):
    words = _("That was a lot of files. Please wait a while, or describe the rest in words.")


class NoFilesNow(NotTaken):
    """Switched off by the operator, or no room is left for them."""

    words = _("Files cannot be sent here just now. Please describe it in words.")


class FileGone(NotTaken):
    """Never sent for a day, sent already from another tab, or another visitor's."""

    words = _("A file is no longer here. Please attach it again.")
