"""Files of graded answers, as they are read, and their labels."""

from pathlib import Path

from routing.learning import labelled_data, model_training
from routing.learning.labelled_data import Graded


def rows(path: Path) -> list[Graded]:
    found = labelled_data.read(path)
    assert isinstance(found, labelled_data.Exams)
    return found.rows


def labels(folder: Path, name: str) -> list[model_training.Label]:
    """Of a graded set, `name`.jsonl.gz. Raises BadGrades."""
    return [model_training.label(row) for row in rows(folder / f"{name}.jsonl.gz")]
