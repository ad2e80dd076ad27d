"""One colour of the shop's becomes all that pages need, by day and by night. Pure.

Every pair of text and ground that they make has the contrast that WCAG 2 AA asks of text.
"""

from colorsys import hls_to_rgb, rgb_to_hls

# As tokens.css has them.
PAPER, SUNKEN, WHITE, INK = "#fbfaf7", "#f2f0ea", "#ffffff", "#1f2130"
NIGHT, NIGHT_SURFACE, NIGHT_INK = "#15161e", "#1e202b", "#171826"
READABLE = 4.5
STEPS = 100

Rgb = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """Between two colours such as #43479c: 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def is_readable(accent: str) -> bool:
    """Whether words in it, or white ones on it, can be read on the light page."""
    return _least(accent, _by_day(accent)) >= READABLE


def nearest_readable(accent: str) -> str:
    """The same hue, only as much darker as it takes."""
    darker = (_with_lightness(accent, step / STEPS) for step in range(STEPS, -1, -1))
    start = _hls(accent)[1]
    return next(
        colour for colour in darker if _hls(colour)[1] <= start + 0.01 and is_readable(colour)
    )


def css(accent: str) -> str:
    """The tokens of a page in this colour; a bright one is darkened until it can be read."""
    day = accent if is_readable(accent) else nearest_readable(accent)
    night = _by_night_accent(day)
    light = {
        "accent": day,
        "accent-strong": _mixed(day, "#000000", 0.2),
        "on-accent": WHITE,
        "accent-soft": _soft(day, WHITE),
    }
    dark = {
        "accent": night,
        "accent-strong": _mixed(night, WHITE, 0.35),
        "on-accent": NIGHT_INK,
        "accent-soft": _soft(night, NIGHT),
    }
    return (
        f":root{{{_declared(light)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_declared(dark)}}}}}\n"
    )


def _declared(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in tokens.items())


def _by_day(accent: str) -> tuple[str, ...]:
    return (PAPER, SUNKEN, WHITE, _soft(accent, WHITE))


def _by_night_accent(day: str) -> str:
    """The same hue, light enough for the dark page."""
    start = max(round(_hls(day)[1] * STEPS), 40)
    for step in range(start, STEPS):
        colour = _with_lightness(day, step / STEPS)
        grounds = (NIGHT, NIGHT_SURFACE, NIGHT_INK, _soft(colour, NIGHT))
        if _least(colour, grounds) >= READABLE + 1:
            return colour
    return WHITE


def _least(accent: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(accent, ground) for ground in grounds)


def _soft(accent: str, ground: str) -> str:
    return _mixed(ground, accent, 0.12 if ground == WHITE else 0.2)


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return _hex(tuple(a + (b - a) * share for a, b in pairs))


def _with_lightness(colour: str, lightness: float) -> str:
    hue, _, saturation = _hls(colour)
    return _hex(hls_to_rgb(hue, lightness, saturation))


def _hls(colour: str) -> Rgb:
    return rgb_to_hls(*_rgb(colour))


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(rgb: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
