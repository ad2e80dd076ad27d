"""Why an alert did not arrive."""

from billing.errors import BillingError


class NotDelivered(BillingError):
    """The channel did not take it; the text is for the log, without secrets."""
