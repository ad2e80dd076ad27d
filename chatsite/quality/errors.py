"""Why a proposal is not decided, and a verdict is none."""


class QualityError(Exception):
    pass


class Decided(QualityError):
    """Somebody was first, or a newer proposal was."""


class Stale(QualityError):
    """The policy is no longer the one that it was measured beside."""


class BadVerdict(QualityError):
    """What a judge said is no verdict; the text says how, and repeats nothing of it."""
