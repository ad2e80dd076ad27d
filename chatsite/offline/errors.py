"""Why work is not queued."""

from collections.abc import Sequence


class OfflineError(Exception):
    pass


class NotSold(OfflineError):
    """None of the models has a batch price, so what its calls would cost is unknown."""

    def __init__(self, models: Sequence[str]) -> None:
        names = " or ".join(models)
        super().__init__(
            f"no batch price is in force for {names}: add one to the prices, with the service tier"
            " “batch”"
        )
        self.models = models
