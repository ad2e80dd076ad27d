"""Alerts, each raised once, and their deliveries, each of which is a job."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        """What nobody has acknowledged yet."""
        return self.filter(acknowledged_at=None)

    def pressing(self) -> Self:
        """Of these, what belongs on top of every page."""
        return self.open().filter(quiet=False)


class Alert(models.Model):
    """Something about the costs that people should know. Raised once for each crossing."""

    class Rule(models.TextChoices):
        BUDGET = "budget", "budget warning"
        FORECAST = "forecast", "budget will be exceeded"
        PACING = "pacing", "pacing at its limit"
        HOUR = "hour", "unusually expensive hour"
        CONVERSATION = "conversation", "unusually expensive conversation"
        MODEL = "model", "model without a price"
        BILL = "bill", "provider's bill"
        VALUE = "value", "better-value models"
        POLICY = "policy", "policy worse than expected"
        WEBHOOK = "webhook", "webhook switched off"
        TEST = "test", "test"

    rule = models.CharField(max_length=12, choices=Rule)
    subject = models.CharField(max_length=200, help_text="What the alert is about.")
    window = models.CharField(
        max_length=100,
        blank=True,
        help_text="Budget period in which it was raised. Blank: raised once, whatever the period.",
    )
    line = models.PositiveSmallIntegerField(default=0, help_text="Percentage of the budget.")
    text = models.CharField(max_length=300)
    quiet = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Shown in the list of alerts only. Not sent, and not shown on other pages.",
    )
    raised_at = models.DateTimeField(default=timezone.now)
    # Null until a person has seen to it.
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("acknowledge_alert", "Can acknowledge alerts"),
            ("test_alert", "Can send a test alert"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject", "window", "line"], name="alerts_once_per_crossing"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=Q(acknowledged_at=None), name="alerts_that_are_open"
            ),
            models.Index(
                fields=["-id"],
                condition=Q(acknowledged_at=None, quiet=False),
                name="alerts_that_press",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def reference(self) -> str:
        """The same in each delivery, so that a receiver can tell a repetition."""
        return f"alert:{self.pk}"


class Delivery(models.Model):
    """An alert on its way to one e-mail address, or to the webhook. The row is the job."""

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        WEBHOOK = "webhook"

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        GIVEN_UP = "given up"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=7, choices=Channel)
    recipient = models.CharField(
        max_length=254, blank=True, db_default="", help_text="E-mail address. Blank: the webhook."
    )
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    # While one tries, later than that takes: a try that ended with its process is taken up then.
    due_at = models.DateTimeField(default=timezone.now)
    result = models.CharField(max_length=200, blank=True, help_text="Result of the last try.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "channel", "recipient"], name="alerts_one_delivery_each"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="due"), name="alerts_due"),
        ]

    def __str__(self) -> str:
        to = f" to {self.recipient}" if self.recipient else ""
        return f"{self.get_channel_display()}{to} of {self.alert.reference}"


class Attempt(models.Model):
    """One try of a delivery, for the log."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    result = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.result}"
