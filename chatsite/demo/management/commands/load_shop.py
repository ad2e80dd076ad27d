"""`manage.py load_shop`: the sample shop's articles, prices, budgets and accounts."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.prices import price_list
from chatsite.demo import sample_shop
from chatsite.staff import roles


class Command(BaseCommand):
    help = "Adds what is missing of the sample shop. Never changes what is there."

    def handle(self, **options: Any) -> None:
        roles.grant()
        built_in = price_list.read(price_list.BUILT_IN)
        # Also where this machine's clock is behind: without a price, nothing can be answered.
        price_list.apply(price_list.compare(built_in, min(built_in.as_of, timezone.now())))
        new = sample_shop.load()
        self.stdout.write(
            f"{new.articles} articles, {new.task_types} task types, "
            f"{new.tests} answer tests and {new.budgets} budgets loaded."
        )
        for username, password in new.passwords.items():
            self.stdout.write(f"  Account {username:<10} one-time password {password}")
