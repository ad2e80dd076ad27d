"""What models cost, by the date from which they do."""

from datetime import datetime
from typing import Any, NoReturn, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.errors import AppendOnly
from billing.prices.pricing import Rate

UNCHANGING = "Prices are never edited. Add a new one with a later date."


class PriceQuerySet(models.QuerySet["Price"]):
    def in_force(self, model: str, service_tier: str, at: datetime) -> Self:
        """The prices in effect at that time, newest first: the first one counts."""
        return self.filter(model=model, service_tier=service_tier, effective_from__lte=at).order_by(
            "-effective_from"
        )

    def update(self, **kwargs: Any) -> NoReturn:
        """Raises AppendOnly."""
        raise AppendOnly(UNCHANGING)


class Price(models.Model):
    """What a model costs from a date on, in nano-dollars per million tokens. Never edited."""

    model = models.CharField(max_length=100)
    service_tier = models.CharField(
        max_length=20, default="default", help_text="default, flex, priority or batch"
    )
    effective_from = models.DateTimeField(
        default=timezone.now, help_text="The price counts for calls from this moment on."
    )
    input = models.BigIntegerField(validators=[MinValueValidator(0)])
    # Null where the provider lists none: input's price applies.
    cached_input = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])
    cache_write = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])
    output = models.BigIntegerField(validators=[MinValueValidator(0)])
    source = models.CharField(max_length=200, blank=True, help_text="Where the price is from.")

    objects = PriceQuerySet.as_manager()

    class Meta:
        ordering = ["model", "service_tier", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "service_tier", "effective_from"],
                name="billing_one_price_at_once",
                violation_error_message="This model already has a price from that moment on.",
            ),
            models.CheckConstraint(
                condition=Q(input__gte=0, output__gte=0)
                & (Q(cached_input__isnull=True) | Q(cached_input__gte=0))
                & (Q(cache_write__isnull=True) | Q(cache_write__gte=0)),
                name="billing_no_negative_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} ({self.service_tier}) from {self.effective_from:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises AppendOnly for a row that exists."""
        if not self._state.adding:
            raise AppendOnly(UNCHANGING)
        # A given primary key would otherwise be an UPDATE.
        super().save(force_insert=True, using=kwargs.get("using"))

    @property
    def rate(self) -> Rate:
        return Rate(
            input=self.input,
            cached_input=self.input if self.cached_input is None else self.cached_input,
            cache_write=self.input if self.cache_write is None else self.cache_write,
            output=self.output,
        )
