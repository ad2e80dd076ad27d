"""How well the words of a page stand out, as WCAG 2 counts it."""

import re

from playwright.sync_api import Page

# Of each element that shows words of its own: the words, their colour, and the backgrounds behind
# them from the nearest on.
_WORDS = """() => {
  const own = (element) => [...element.childNodes]
    .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
    .map(({ data }) => data.trim()).join(" ").trim();
  const behind = (element) => element
    ? [getComputedStyle(element).backgroundColor, ...behind(element.parentElement)]
    : [];
  const shown = [...document.body.querySelectorAll("*")].filter((element) =>
    own(element) && element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !element.closest(".visually-hidden"));
  const written = shown.map((element) => [
    own(element), getComputedStyle(element).color, behind(element)]);
  const fields = [...document.querySelectorAll("[placeholder]")].map((field) => [
    field.placeholder, getComputedStyle(field, "::placeholder").color, behind(field)]);
  return [...written, ...fields];
}"""

Rgba = tuple[float, float, float, float]


def faint(page: Page, least: float) -> list[str]:
    """The words whose contrast is below `least`. Every page shows some words."""
    words = page.evaluate(_WORDS)
    assert words
    return [
        f"{text[:40]!r} {color} on {behind}: {ratio:.2f}"
        for text, color, behind in words
        if (ratio := _contrast(color, behind)) < least
    ]


def paper(page: Page) -> float:
    """Luminance of what all stands on, from 0, black, to 1, white."""
    color = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    return _luminance(_over(_parsed(color), (255, 255, 255, 1)))


def _contrast(color: str, behind: list[str]) -> float:
    background: Rgba = (255, 255, 255, 1)
    for layer in reversed(behind):
        background = _over(_parsed(layer), background)
    darker, lighter = sorted(map(_luminance, (_over(_parsed(color), background), background)))
    return (lighter + 0.05) / (darker + 0.05)


def _parsed(color: str) -> Rgba:
    red, green, blue, alpha = [*map(float, re.findall(r"[\d.]+", color)), 1.0][:4]
    return red, green, blue, alpha


def _over(top: Rgba, below: Rgba) -> Rgba:
    red, green, blue = (
        part * top[3] + under * (1 - top[3]) for part, under in zip(top[:3], below[:3], strict=True)
    )
    return red, green, blue, 1


def _luminance(color: Rgba) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (part / 255 for part in color[:3])
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
