"""Why a customer's request is refused, in words for the customer."""


class Refused(Exception):
    """A request that is not carried out. `words` are shown as they are."""

    words = "That did not work. Please try again."


class Empty(Refused):
    words = "Please write a message first."


class TooLong(Refused):
    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.words = f"That is too long. Please keep it under {limit:,} characters."


class TooFast(Refused):
    words = "That was a lot at once. Please wait a moment, then send it again."


class NotYours(Refused):
    """The conversation is another visitor's, or does not exist: the two look alike."""

    words = "This conversation is not available."


class WithColleague(Refused):
    """Another member of staff answers here."""

    words = "A colleague is handling this conversation. Take it over first."


class Ended(Refused):
    """The conversation was ended or deleted; nothing is said in it any more."""

    words = "This conversation has ended. Please start a new one."


class NotRetryable(Refused):
    words = "This answer is already being written."


class NotRateable(Refused):
    words = "Only a finished answer can be rated."
