"""Why a proposal is not decided."""


class QualityError(Exception):
    pass


class Decided(QualityError):
    """Somebody was first, or a newer proposal was."""


class Stale(QualityError):
    """The policy is no longer the one that it was measured beside."""
