"""`manage.py run_tests SET`: the tests of a set, answered now; exits with 1 where one fails."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing import money, number_format
from chatsite.answer_tests.models import CaseSet, Run
from chatsite.answer_tests.runs import compared_versions, run_worker, runs
from chatsite.answer_tests.runs.runs import NothingToRun
from routing.models import Policy


class Command(BaseCommand):
    help = (
        "Answers the tests of a set as in the chat, and checks the answers. Calls are charged to "
        "the ledger. A model is not asked again if the same request was answered before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("set", help="the set's name")
        parser.add_argument(
            "--policy",
            type=int,
            metavar="VERSION",
            help="compare with this policy version; only tests that it breaks count as failures",
        )

        parser.add_argument(
            "--batch",
            action="store_true",
            help=(
                "leave the run to a worker and the provider's batches: half the price, within a day"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tests = CaseSet.objects.filter(name=options["set"]).first()
        if tests is None:
            names = ", ".join(CaseSet.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no set {options['set']!r}. Sets: {names}")
        change = None
        if number := options["policy"]:
            policy = Policy.objects.filter(version=number).first()
            if policy is None:
                raise CommandError(f"There is no version {number} of the policy")
            change = compared_versions.of_policy(policy)
        try:
            what = f"Policy version {number}" if number else ""
            run = runs.start(tests, None, change, what, in_batch=options["batch"])
        except NothingToRun as error:
            raise CommandError(f"The set {tests} has no tests") from error
        if options["batch"]:
            runs.wake(run)
            self.stdout.write(f"{run} is left to a worker: see Quality > Tests before launch.")
            return
        run_worker.advance(run.pk)
        run.refresh_from_db()
        self._report(run)

    def _report(self, run: Run) -> None:
        """Raises CommandError, so that a script hears of it."""
        if not run.is_over:
            raise CommandError(f"Another process is already running {run}")
        if run.state == Run.State.STOPPED:
            raise CommandError(f"{run} stopped: {run.why}")
        found, made = runs.shown(run), runs.progress(run)
        bad = found.broken if run.change else found.failing
        for pair in bad:
            result = pair.changed or pair.now
            self.stdout.write(f"FAILED {pair.case}")
            for why in result.failures:
                self.stdout.write(f"       {why}")
        self.stdout.write(
            f"{made.tests - len(bad)} of {made.tests} passed. {made.calls} calls, "
            f"{money.shown(made.amount)}, {number_format.seconds(made.seconds)} of answering."
        )
        if bad:
            raise CommandError(f"{len(bad)} of {made.tests} tests failed", returncode=1)
