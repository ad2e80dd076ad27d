"""Why a proposal is not decided, a verdict is invalid, and questions cannot be asked."""


class QualityError(Exception):
    pass


class Decided(QualityError):
    """Somebody decided first, or a newer proposal came."""


class Stale(QualityError):
    """The policy is no longer the one that it was measured beside."""


class BadVerdict(QualityError):
    """A judge's reply is not a verdict; the text says why, without quoting it."""


class BadQuestions(QualityError):
    """A file of questions that cannot be read; the text says where."""


class NothingChanged(QualityError):
    """What is to be put in force is in force."""
