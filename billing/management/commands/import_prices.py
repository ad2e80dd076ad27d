"""`manage.py import_prices [FILE]`: what a price list would change, and then the change."""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing import money
from billing.errors import BadPriceList
from billing.prices import price_list
from billing.prices.price_list import Change, Kind, PriceList
from billing.prices.pricing import Rate

SIGNS = {Kind.ADDED: "+", Kind.CHANGED: "~", Kind.UNLISTED: "-"}
ADDS = (Kind.ADDED, Kind.CHANGED)


class Command(BaseCommand):
    help = "Show what a price list would change, and add its prices after you confirm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=price_list.BUILT_IN,
            help="JSON file in the format of billing/prices/data/openai-prices.json (the default)",
        )
        parser.add_argument(
            "--from",
            dest="effective_from",
            type=datetime.fromisoformat,
            help="when the prices take effect, such as 2027-01-01T00:00 (default: the date in "
            "the file)",
        )
        parser.add_argument("--yes", action="store_true", help="apply without asking")
        parser.add_argument(
            "--as-listed",
            action="store_true",
            help="accept prices that look wrong, for example 1000 times too high",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        effective_from: datetime | None = options["effective_from"]
        if effective_from is not None and effective_from.tzinfo is None:
            effective_from = timezone.make_aware(effective_from)
        try:
            listed = price_list.read(options["file"])
            changes = price_list.compare(listed, effective_from)
            self._show(changes, listed)
            refused = listed.refused | {
                change.price.model: change.refused for change in changes if change.refused
            }
            if not any(change.kind in ADDS for change in changes):
                self._end(0, refused)
                return
            if any(change.doubts for change in changes) and not options["as_listed"]:
                raise CommandError(
                    "Nothing was changed. If the prices are correct, add --as-listed."
                )
            if not options["yes"] and not self._confirmed():
                raise CommandError("Nothing was changed. To apply the changes, add --yes")
            added = price_list.apply(changes)
        except BadPriceList as error:
            raise CommandError(str(error)) from error
        self._end(added, refused)

    def _end(self, added: int, refused: Mapping[str, str]) -> None:
        """Fails where an entry was refused, after all others are in."""
        if added:
            self.stdout.write(f"{added} price{'' if added == 1 else 's'} added.")
        if refused:
            reasons = "; ".join(f"{model}: {reason}" for model, reason in refused.items())
            raise CommandError(
                f"{len(refused)} model{'' if len(refused) == 1 else 's'} not imported. {reasons}"
            )

    def _show(self, changes: list[Change], listed: PriceList) -> None:
        for model, reason in listed.refused.items():
            self.stdout.write(f"! {model}: {reason}")
        for change in changes:
            if change.refused:
                self.stdout.write(f"! {change.price.model}: {change.refused}")
            if change.kind in SIGNS:
                self.stdout.write(f"{SIGNS[change.kind]} {_described(change)}")
            for rate, doubt in change.doubts.items():
                self.stdout.write(f"    ? Is {_words(rate)} right? {doubt}")
        kinds = Counter(change.kind for change in changes)
        self.stdout.write(
            ", ".join(f"{kinds[kind]} {kind}" for kind in Kind if kind != Kind.REFUSED) + "."
        )

    def _confirmed(self) -> bool:
        return sys.stdin.isatty() and input("Apply? [y/N] ").strip().lower() in {"y", "yes"}


def _described(change: Change) -> str:
    name = f"{change.price.model} ({change.price.service_tier})"
    if change.after is None:
        return f"{name}: not in the list; its price of {_day(change.price.effective_from)} stays"
    now = change.after.rate
    then = change.before.rate if change.before else now
    rates = [
        (_words(rate.name), getattr(then, rate.name), getattr(now, rate.name))
        for rate in fields(Rate)
    ]
    told = [
        f"{words} {money.exact(after)}"
        if change.before is None
        else f"{words} {money.exact(before)} -> {money.exact(after)}"
        for words, before, after in rates
        if change.before is None or before != after
    ]
    until = f" until {_day(change.until)}" if change.until else ""
    return f"{name}, from {_day(change.after.effective_from)}{until}: {', '.join(told)}"


def _words(rate: str) -> str:
    return rate.replace("_", " ")


def _day(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
