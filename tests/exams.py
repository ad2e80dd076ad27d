"""Files of graded answers, as they are read."""

from pathlib import Path

from routing.learning import labelled_data
from routing.learning.labelled_data import Graded


def rows(path: Path) -> list[Graded]:
    found = labelled_data.read(path)
    assert isinstance(found, labelled_data.Exams)
    return found.rows
