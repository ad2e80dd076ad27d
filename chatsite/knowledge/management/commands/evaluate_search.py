"""`manage.py evaluate_search FILE`: how often the right article is found, by group."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chatsite.knowledge.articles import Meant
from chatsite.knowledge.embeddings import embedding_calls, question_embeddings
from chatsite.knowledge.embeddings.embedding_calls import Stopped
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import evaluation
from chatsite.knowledge.search.evaluation import BadFile, Measures


class Command(BaseCommand):
    help = (
        "Prints how often the article that answers a question is found first and among the first "
        "four, and how well the evidence tells questions with an answer from those without."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            help="JSON Lines: question, gold (slugs of articles that answer it; none: nothing "
            "does) and, where they are known, turns (role, text), language and kind",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object instead of a table"
        )
        parser.add_argument(
            "--words",
            action="store_true",
            help="search by words only, even if there are embeddings",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows, bad = evaluation.read(options["file"])
            if not Article.objects.published().exists():
                raise CommandError("No article is published: `make run` loads the sample shop.")
            for line in bad:
                self.stderr.write(f"{options['file'].name}, {line}; left out")
            meant, searched = self._meant(rows, options["words"])
            outcomes = evaluation.run(rows, meant)
        except BadFile as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError("Tables are missing: `make run` creates them.") from error
        every, groups = evaluation.measure(outcomes), evaluation.by_group(outcomes)
        if options["json"]:
            found = every.rounded() | {
                "searched_by": searched,
                "left_out": len(bad),
                "groups": {name: measures.rounded() for name, measures in groups.items()},
            }
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
            return
        self.stdout.write(
            f"# Search on {options['file'].name}: {len(rows)} questions, by {searched}\n"
        )
        if bad:
            self.stdout.write(f"{len(bad)} rows left out: see above.\n")
        self.stdout.write(
            "| questions | number | recall@1 | recall@4 | evidence AUC |\n|---|---|---|---|---|"
        )
        for name, measures in {"all": every, **groups}.items():
            self.stdout.write(_line(name, measures))

    def _meant(self, rows: list[evaluation.Row], words_alone: bool) -> tuple[list[Meant], str]:
        """The questions' embeddings, those of the articles made first; and how it is searched."""
        none = [Meant(why="as asked for") for _ in rows]
        if words_alone:
            return none, "words alone"
        try:
            embedding_calls.make()
            meant = question_embeddings.of([row.question for row in rows])
        except Stopped as error:
            self.stderr.write(f"Searching by words alone: {error}.")
            return none, "words alone"
        model = next((each.model for each in meant if each.model), "")
        return meant, f"words and meaning ({model})" if model else "words alone"


def _line(name: str, measures: Measures) -> str:
    figures = (measures.recall_at_1, measures.recall_at_4, measures.evidence_auc)
    shown = " | ".join("" if figure is None else f"{figure:.2f}" for figure in figures)
    return f"| {name} | {measures.questions} | {shown} |"
