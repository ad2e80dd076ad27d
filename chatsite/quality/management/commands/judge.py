"""`manage.py judge`: the night's sample of cheap answers, queued now."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatsite.provider.errors import NotSold
from chatsite.quality.judges import judging


class Command(BaseCommand):
    help = "Queue the sample of cheap answers that is judged each night; once a night."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.JUDGED_PER_NIGHT:
            raise CommandError("Judging is off: JUDGED_PER_NIGHT says how many answers a night.")
        try:
            calls = judging.sample(timezone.now())
        except NotSold as error:
            raise CommandError(f"Nothing is queued: {error}.") from error
        if not calls:
            raise CommandError(
                "Nothing is queued: it was already since yesterday, no cheap answer is new, or the"
                " budget is spent."
            )
        self.stdout.write(f"{calls} calls queued: verdicts, and strong answers to compare with.")
