"""`manage.py evaluate_checks FILE`: how well right answers are told from wrong ones."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from chatsite.answering.question import prompt
from chatsite.knowledge.models import Article
from chatsite.shop import current_shop
from routing import policies
from routing.checks import verifier
from routing.errors import BadGrades, NoPolicy
from routing.learning import checked_answers, learned_models

COLUMNS = ("auc", "wrong_found", "false_alarms", "wrong_found_at_5")


class Command(BaseCommand):
    help = (
        "Prints how well the answer check tells right answers from wrong ones, without a call to "
        "any model: the AUC, the shares doubted at the policy's threshold, and the share of wrong "
        "answers found where 5 % of the right ones are doubted; by language and kind too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            help="JSON Lines: question, given (slugs of this site's articles), answer, verdict "
            "(right or wrong), and where known kind and language",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            policy = policies.current()
            articles = {
                slug: f"{title}\n{body}"
                for slug, title, body in Article.objects.values_list("slug", "title", "body")
            }
        except (OperationalError, ProgrammingError, NoPolicy) as error:
            raise CommandError("The database is not set up. `make run` sets it up.") from error
        instructions = prompt.INSTRUCTIONS.format(site=current_shop.name())
        try:
            read = checked_answers.read(options["file"], articles, instructions)
        except BadGrades as error:
            raise CommandError(str(error)) from error
        if not read.rows:
            raise CommandError(f"{options['file'].name} has no rows that can be read.")
        model = learned_models.checker(policy.learned_verifier_id)
        doubts = [verifier.verify(row.answered, model).doubt for row in read.rows]
        report = checked_answers.report(read.rows, doubts, policy.doubt_threshold)
        report |= {"rows": len(read.rows), "left_out": len(read.refused)}
        for line, why in read.refused.items():
            self.stderr.write(f"Line {line} is left out: {why}.")
        self.stdout.write(json.dumps(report, indent=1) if options["json"] else _table(report))


def _table(report: Mapping[str, Any]) -> str:
    rows = [("all", report), ("other languages", report["groups"]["other languages"])]
    rows += [*report["groups"]["language"].items(), *report["groups"]["kind"].items()]
    lines = [
        f"{report['rows']} answers, {report['left_out']} lines left out; "
        f"threshold {report['threshold']:g}.",
        "",
        "| answers | right | wrong | AUC | wrong found | false alarms | wrong found at 5 % |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, measures in rows:
        cells = ("" if measures[each] is None else f"{measures[each]:.3f}" for each in COLUMNS)
        lines.append(
            f"| {name} | {measures['right']} | {measures['wrong']} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)
