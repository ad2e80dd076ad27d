"""`manage.py judge`: the night's sample of cheap answers, queued now."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatsite.provider.errors import NotSold
from chatsite.quality.judges import judging


class Command(BaseCommand):
    help = "Queue the night's sample of cheap answers for grading. Runs once a night."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.JUDGED_PER_NIGHT:
            raise CommandError(
                "Grading is off. Set JUDGED_PER_NIGHT to the number of answers per night."
            )
        try:
            calls = judging.sample(timezone.now())
        except NotSold as error:
            raise CommandError(f"Nothing is queued: {error}.") from error
        if not calls:
            raise CommandError(
                "Nothing was queued: tonight's sample is already queued, there are no new cheap "
                "answers, or the budget is used up."
            )
        self.stdout.write(f"{calls} calls queued: verdicts, and strong answers to compare with.")
