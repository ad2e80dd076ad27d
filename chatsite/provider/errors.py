"""Why a chosen model cannot be used."""

from collections.abc import Sequence


class ProviderError(Exception):
    """The base of them."""


class NotSold(ProviderError):
    """No listed model has a batch price, so the cost of its calls is unknown."""

    def __init__(self, models: Sequence[str]) -> None:
        names = " or ".join(models)
        super().__init__(
            f"no batch price is in force for {names}: add one to the prices, with the service tier"
            " “batch”"
        )
        self.models = models


class NotOffered(ProviderError):
    """The provider does not list it, or the price list does not know it."""

    def __init__(self, model: str) -> None:
        super().__init__(f"{model or 'It'} is not listed by the provider, or has no price.")
        self.model = model
