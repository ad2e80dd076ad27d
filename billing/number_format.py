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


def duration(seconds: float | None) -> str:
    """A waiting time for people: 45 s, 12 min, 3 h 20 min, 2 d 4 h."""
    if seconds is None:
        return "–"  # noqa: RUF001 - as everywhere in tables
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 100:
        return f"{round(seconds)} s"
    if minutes < 100:
        return f"{minutes} min"
    if hours < 48:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{hours // 24} d {hours % 24} h"
