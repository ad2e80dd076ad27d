"""Shares and times for people. The one place that writes them; money has its own."""

import math

# Percent below which one decimal place would show nothing.
LITTLE = 0.05


def share(value: float) -> str:
    """Of 0 to 1: `12.3 %`."""
    return percent(100 * value)


def percent(value: float) -> str:
    """Of 0 to 100: `12.3 %`, and `0.04 %` instead of `0.0 %`."""
    is_little = 0 < abs(value) < LITTLE
    places = -math.floor(math.log10(abs(value))) if is_little else 1
    return f"{value:.{places}f} %"


def seconds(value: float) -> str:
    return f"{value:.1f} s"


def milliseconds(value: float) -> str:
    return f"{value:.1f} ms"
