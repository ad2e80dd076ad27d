"""Why the ledger refuses."""


class BillingError(Exception):
    """The base of what billing raises on purpose."""


class NoPrice(BillingError):
    """The model has no price in force, so what a call would cost is unknown."""

    def __init__(self, model: str, service_tier: str = "default") -> None:
        super().__init__(f"no price is in force for {model} ({service_tier})")
        self.model = model
        self.service_tier = service_tier


class NoRoom(BillingError):
    """A budget cannot take the call.

    `needed` and `left` are nano-dollars, `unheld` what would be left were no call in flight. With
    as many output tokens as `fits` the call would have room, with `fits_unheld` were none in
    flight; both are 0 where not even its input has.
    """

    def __init__(self, budget: str, needed: int = 0, left: int = 0, unheld: int = 0) -> None:
        super().__init__(f"budget {budget!r} has {left} nano-dollars left of the {needed} needed")
        self.budget = budget
        self.needed = needed
        self.left = left
        self.unheld = unheld
        self.fits = self.fits_unheld = 0


class AlreadyCharged(BillingError):
    """The reference is on the ledger: its call was made and paid for."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"{reference} is already charged")
        self.reference = reference


class NotReserved(BillingError):
    """Neither held nor charged: a call must be reserved before it is settled or released."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"{reference} was never reserved")
        self.reference = reference


class AppendOnly(BillingError):
    """Prices and ledger entries are never changed; another row corrects them."""


class BadPriceList(BillingError):
    """A price file that cannot be loaded; the text says which part of it."""
