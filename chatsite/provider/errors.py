"""What can be wrong with a model that somebody chooses."""


class ProviderError(Exception):
    """The base of them."""


class NotOffered(ProviderError):
    """The provider does not list it, or the price catalogue does not know it."""

    def __init__(self, model: str) -> None:
        super().__init__(f"{model or 'It'} is not listed by the provider, or has no price.")
        self.model = model
