"""A chart is a table first: what it says is read, copied and heard without the picture."""

import re
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string

from billing.dashboard.charts import Cell, Chart, Row, Series

SPEND = Chart(
    title="Spend <per day>",
    across="Day",
    kind="stacked",
    unit="$",
    series=(Series("strong", "strong"), Series("forecast", line=True, dashed=True)),
    rows=(
        Row("1 Nov", (Cell(1234.5, "$1,234.50", "/rows/?a=1&b=2"), Cell(None))),
        Row("<b>2 Nov</b>", (Cell(0.25, "$0.25"), Cell(2, "$2.00"))),
    ),
)


def test_a_chart_is_written_as_a_table():
    html = render_to_string("admin/_chart.html", {"chart": SPEND})

    assert '<table data-chart="stacked" data-unit="$">' in html
    assert re.findall(r"<th scope=\"col\"[^>]*>", html)[1:] == [
        '<th scope="col" data-series data-colour="strong">',
        '<th scope="col" data-series data-line data-dashed>',
    ]
    assert re.findall(r'data-value="([^"]*)"', html) == ["1234.5", "", "0.25", "2"]
    assert '<a href="/rows/?a=1&amp;b=2">$1,234.50</a>' in html


def test_a_chart_needs_no_script():
    html = render_to_string("admin/_chart.html", {"chart": SPEND})

    assert "data-canvas hidden" in html
    assert '<details class="chart__table" open>' in html


def test_names_in_a_chart_are_text():
    html = render_to_string("admin/_chart.html", {"chart": SPEND})

    assert "<b>" not in html
    assert "<per day>" not in html


def test_the_library_comes_with_its_licence_and_without_a_source_map_that_is_not_here():
    folder = Path(settings.BASE_DIR, "static", "vendor", "chartjs")
    library = (folder / "chart.umd.min.js").read_text()
    version = re.search(r"Chart\.js v([\d.]+)", library)

    assert version
    assert f"Chart.js {version[1]} " in (folder / "README.md").read_text()
    assert "MIT License" in (folder / "LICENSE.md").read_text()
    # `collectstatic` follows this comment, and fails where it leads nowhere.
    assert "sourceMappingURL" not in library
