"""`manage.py send_report`: sends the monthly report where it is due, or to one address now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from chatsite.monthly_report import mail, mail_queue


class Command(BaseCommand):
    help = (
        "Sends the report of last month to REPORT_EMAILS, once, in the first week of a month. "
        "With --to, sends it to that address now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", metavar="ADDRESS", help="send it to this address only, now")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["to"]:
            message = mail.written(mail_queue.last_month(now), now)
            message.to = [options["to"]]
            self.stdout.write(f"{message.send()} sent.")
            return
        mail_queue.owe(now)
        self.stdout.write(f"{mail.deliver(now)} sent.")
