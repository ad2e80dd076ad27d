"""Curves against the threshold, as points of an SVG: what a template draws. Pure.

Drawn by the server and not by the chart library: the curve moves with each step of the slider,
shows where the threshold is and was, and is there without scripts too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billing import money
from chatsite.tuning.threshold.draft_policy import Preview
from chatsite.tuning.threshold.replay import Effect

WIDTH, HEIGHT = 480, 240
LEFT, TOP, RIGHT, BOTTOM = 64, 14, 14, 44
LOWEST, HIGHEST = 1, 11


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a threshold meets the curve."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    line: str  # points of a polyline
    across: tuple[Tick, ...]
    upwards: tuple[Tick, ...]
    then: Mark
    now: Mark
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def of(preview: Preview, before: float) -> list[Picture]:
    """What it costs, and how much the strong tier answers."""
    drawn = preview.drawn
    dearest = max(effect.now.cost for effect in drawn)
    top = _round_above(dearest)
    return [
        _picture("Cost", drawn, preview.effect.threshold, before, top, _cost, _dollars),
        _picture(
            "Share of the strong tier",
            drawn,
            preview.effect.threshold,
            before,
            1.0,
            lambda effect: effect.now.share,
            lambda share: f"{share:.0%}",
        ),
    ]


def _cost(effect: Effect) -> float:
    return effect.now.cost


def _dollars(nano: float) -> str:
    return money.shown(round(nano))


def _picture(
    title: str,
    drawn: Sequence[Effect],
    now: float,
    before: float,
    top: float,
    height_of: Callable[[Effect], float],
    shown: Callable[[float], str],
) -> Picture:
    def across(threshold: float) -> float:
        share = (threshold - LOWEST) / (HIGHEST - LOWEST)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM), 1)

    def mark(threshold: float) -> Mark:
        nearest = min(drawn, key=lambda effect: abs(effect.threshold - threshold))
        return Mark(across(threshold), up(height_of(nearest)))

    points = [f"{across(each.threshold)},{up(height_of(each))}" for each in drawn]
    return Picture(
        title=title,
        line=" ".join(points),
        across=tuple(Tick(across(number), f"{number}") for number in range(LOWEST, HIGHEST + 1)),
        upwards=tuple(Tick(up(top * part / 4), shown(top * part / 4)) for part in range(5)),
        then=mark(before),
        now=mark(now),
    )


def _round_above(nano: float) -> float:
    """1, 2, 2.5, 4, 5, 8 or 10 times a power of ten, for an axis in four steps."""
    if nano <= 0:
        return 4 * 10**9
    power = 10.0 ** (len(str(int(nano))) - 1)
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= nano)
