"""The mails of the monthly report: each is owed once, and the row is the job."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ReportMail(models.Model):
    """The report of one month on its way to one address."""

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        GIVEN_UP = "given up"

    month = models.DateField(help_text="First day of the month that it is about.")
    recipient = models.CharField(max_length=254)
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    # While one tries, later than that takes: a try that ended with its process is taken up then.
    due_at = models.DateTimeField(default=timezone.now)
    result = models.CharField(max_length=200, blank=True, help_text="Result of the last try.")
    # Null until then.
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "recipient"], name="monthly_report_one_mail_each"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="monthly_report_sent_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Report of {self.month:%Y-%m}, mail {self.pk}"
