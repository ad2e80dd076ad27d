"""Why a proposal is not decided, a verdict is none, and questions cannot be asked."""


class QualityError(Exception):
    pass


class Decided(QualityError):
    """Somebody was first, or a newer proposal was."""


class Stale(QualityError):
    """The policy is no longer the one that it was measured beside."""


class BadVerdict(QualityError):
    """What a judge said is no verdict; the text says how, and repeats nothing of it."""


class BadQuestions(QualityError):
    """A file of questions that cannot be read; the text says where."""


class NothingChanged(QualityError):
    """What is to be put in force is in force."""
