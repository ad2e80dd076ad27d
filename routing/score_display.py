"""Scores and probabilities for people. The one place that writes them."""


def score(value: float) -> str:
    """Points of 1 to 10, also of a threshold: `7`, `7.3`."""
    return f"{value:.1f}".removesuffix(".0")


def probability(value: float, beside: float | None = None) -> str:
    """A doubt, evidence, a similarity: `0.60`.

    With as many digits as it takes to tell it from the number that it is compared with.
    """
    places = 2
    if beside is not None and value != beside:
        while places < 6 and f"{value:.{places}f}" == f"{beside:.{places}f}":
            places += 1
    return f"{value:.{places}f}"
