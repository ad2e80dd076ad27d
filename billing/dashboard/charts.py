"""Charts as tables: what `admin/_chart.html` writes and `charts.js` draws. Pure."""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["", "$", "%", "s"]


@dataclass(frozen=True, slots=True)
class Series:
    """A column. `colour` names a token (strong, cheap, limit, other); blank: by its place."""

    name: str
    colour: str = ""
    line: bool = False  # over bars
    dashed: bool = False  # what is not so yet
    mark: bool = False  # single points, not joined by a line


@dataclass(frozen=True, slots=True)
class Cell:
    value: float | None  # None leaves a gap
    shown: str = ""
    url: str = ""  # of the rows behind the number


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class More:
    """What a page does not wait for: the part that loads later, and a page that has it."""

    name: str
    url: str
    part: str


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    across: str  # what the rows are: "Day"
    kind: Literal["line", "bar", "stacked"]
    unit: Unit
    series: tuple[Series, ...]
    rows: tuple[Row, ...]
    note: str = ""
    more: More | None = None
