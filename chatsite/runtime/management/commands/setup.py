"""`manage.py setup`: what a deployment runs before its processes start, and after each update."""

from typing import Any

from django.core.management.base import BaseCommand

from chatsite.runtime import setup


class Command(BaseCommand):
    help = "Brings tables, roles and static files up to date. Safe to repeat."

    def handle(self, **options: Any) -> None:
        setup.prepare(self.stdout.write)
        self.stdout.write("The site is set up.")
