"""`manage.py collect_labels QUESTIONS GRADED`: what either tier answers, judged, for evaluation."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.money import shown
from chatsite.offline import batch_jobs
from chatsite.provider import batch_capable_models
from chatsite.provider.errors import NotSold
from chatsite.quality.errors import BadQuestions
from chatsite.quality.judges import question_files, rubric_versions
from chatsite.quality.judges.label_collection import (
    KIND,
    Collection,
    Models,
    Progress,
)
from routing import policies
from routing.tier_choice import Tier

# Seconds between two looks, with --wait.
LOOKED_EVERY = 20


class Command(BaseCommand):
    help = (
        "Has both models answer a file's questions and a judge grade the answers, in batches at "
        "half the price. Then writes the labelled file that evaluate_routing reads. Batches take "
        "up to a day. Run the same command again to continue."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "questions",
            type=Path,
            help="questions: one per line, JSON Lines with `prompt`, or a JSON array",
        )
        parser.add_argument("graded", type=Path, help="file to write the labelled questions to")
        for tier in ("cheap", "strong", "judge"):
            parser.add_argument(
                f"--{tier}",
                default="",
                metavar="MODEL",
                help="default: the policy's model, or its successor if only that has a batch price",
            )
        parser.add_argument(
            "--round", default="", help="name of the round; a new name asks everything again"
        )
        parser.add_argument("--retry", action="store_true", help="ask failed questions again")
        parser.add_argument("--wait", action="store_true", help="wait until everything has arrived")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["graded"].parent.is_dir():
            raise CommandError(f"There is no directory {options['graded'].parent}")
        collection = self._collection(options)
        progress = self._go_on(collection, again=options["retry"], wait=options["wait"])
        self._say(progress)
        if progress.waiting:
            self.stdout.write("Run the command again to continue, or use --wait.")
            return
        rows = collection.graded()
        if not rows:
            raise CommandError("No question has both answers and their grades yet.")
        _write(options["graded"], rows)
        missing = len(collection.questions) - len(rows)
        self.stdout.write(
            f"{len(rows)} labelled questions in {options['graded']}"
            + (f"; {missing} are left out." if missing else ".")
            + " Batches have no response times, so the file has none."
        )

    def _collection(self, options: dict[str, Any]) -> Collection:
        """Raises CommandError."""
        policy, now = policies.current(), timezone.now()
        tiers = {"cheap": Tier.CHEAP, "strong": Tier.STRONG, "judge": Tier.STRONG}
        try:
            questions = question_files.read(options["questions"])
            models = Models(
                **{name: self._sold(options[name], tier, now) for name, tier in tiers.items()}
            )
        except (BadQuestions, NotSold) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{len(questions)} questions for {models.cheap} and {models.strong}, judged by "
            f"{models.judge}."
        )
        criteria = rubric_versions.in_force().text
        return Collection(questions, models, policy, options["round"], criteria)

    def _sold(self, named: str, tier: Tier, now: datetime) -> str:
        """The model that is named on the command line, or the one for the tier. Raises NotSold."""
        sold = (
            batch_capable_models.first([named], tier, now)
            if named
            else batch_capable_models.of_tier(tier, now)
        )
        if named and sold.model != named:
            raise NotSold([named])
        if sold.why:
            self.stdout.write(sold.why)
        return sold.model

    def _go_on(self, collection: Collection, *, again: bool, wait: bool) -> Progress:
        """Until nothing more can be asked, or something is on its way and nobody waits."""
        while collection.go_on(timezone.now(), again=again) or collection.progress().waiting:
            again = False
            # Beside the site's worker, or instead of one.
            batch_jobs.advance(timezone.now())
            if collection.progress().waiting:
                if not wait:
                    break
                time.sleep(LOOKED_EVERY)
        return collection.progress()

    def _say(self, progress: Progress) -> None:
        self.stdout.write(
            f"{progress.answered} of {progress.all} answers and verdicts are there, "
            f"{progress.waiting} on their way, {progress.failed} failed; {shown(progress.cost)} so "
            "far, at batch prices."
        )
        if progress.failed:
            self.stdout.write("--retry asks again what failed.")
        if progress.unasked and not progress.waiting:
            self.stdout.write(
                f"{progress.unasked} are not asked, because an answer they need failed or was "
                f"deleted after {batch_jobs.BATCHES_KEPT_FOR.days} days (--round asks again), or "
                f"because a budget such as “{KIND.budget}” has no room."
            )


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """All of it or nothing."""
    part = path.with_name(f"{path.name}.part")
    part.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")
    part.replace(path)
