"""A line chart as SVG: shares of calls across, how much of the gap they recover upwards. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 420
LEFT, TOP, RIGHT, BOTTOM = 60, 20, 200, 50
# Told apart by those who do not see red and green (Okabe and Ito 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")


def lines(
    title: str, across: str, upwards: str, drawn: Mapping[str, Sequence[tuple[float, float]]]
) -> str:
    """Each named line's points, of which x goes from 0 to 1 and y is a share, shown in percent."""
    top = max([1.0, *(y for points in drawn.values() for _, y in points)])
    bottom = min([0.0, *(y for points in drawn.values() for _, y in points)])

    def place(x: float, y: float) -> str:
        down = (top - y) / (top - bottom)
        return f"{LEFT + x * (WIDTH - LEFT - RIGHT):.1f},{TOP + down * (HEIGHT - TOP - BOTTOM):.1f}"

    body = [f"<title>{escape(title)}</title>", '<rect width="100%" height="100%" fill="#fff"/>']
    for quarter in range(5):
        at = quarter / 4
        x, y = place(at, bottom).split(",")
        body.append(f'<text x="{x}" y="{float(y) + 18:.1f}" text-anchor="middle">{at:.0%}</text>')
        body.append(_grid(place(at, bottom), place(at, top)))
        x, y = place(0, at).split(",")
        body.append(f'<text x="{float(x) - 8:.1f}" y="{y}" text-anchor="end">{at:.0%}</text>')
        body.append(_grid(place(0, at), place(1, at)))
    for number, (name, points) in enumerate(drawn.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(place(x, y) for x, y in points)
        body.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{WIDTH - RIGHT + 12}" y="{TOP + 14 + 18 * number}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    body.append(
        f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>'
    )
    body.append(
        f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(upwards)}</text>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12">\n' + "\n".join(body) + "\n</svg>\n"
    )


def _grid(start: str, end: str) -> str:
    (x1, y1), (x2, y2) = start.split(","), end.split(",")
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#ddd"/>'
