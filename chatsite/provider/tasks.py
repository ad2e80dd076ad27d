"""Celery's part: the list of models is read when a worker starts, and daily; the bill at night."""

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from chatsite.provider import fetch_bill, model_list
from chatsite.provider.model_choice import cheaper_model_alert

# Seconds to the second attempt, then twice as long each time: a provider that starts together with
# the worker is read at once, one that is away for an hour when it is back.
AGAIN_AFTER, MOST_AGAIN = 5, 10
# The same for the bill, which nobody waits for.
BILL_AGAIN_AFTER, BILL_MOST_AGAIN = 300, 4


@shared_task
def read_models(again: int = 0) -> None:
    """Read the provider's list of models. Safe to lose and to repeat."""
    now = timezone.now()
    if not model_list.read(now).problem:
        cheaper_model_alert.look(now)
    elif again < MOST_AGAIN:
        read_models.apply_async((again + 1,), countdown=AGAIN_AFTER * 2**again)


@shared_task
def read_bill(again: int = 0) -> None:
    """Compare the newest days with the provider's bill. Safe to lose and to repeat."""
    if not fetch_bill.night(timezone.now()) and again < BILL_MOST_AGAIN:
        read_bill.apply_async((again + 1,), countdown=BILL_AGAIN_AFTER * 2**again)


@worker_ready.connect
def _read_at_once(**_: object) -> None:
    read_models.delay()
