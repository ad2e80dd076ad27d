"""Forms of the admin: dollars are typed, nano-dollars are stored."""

from dataclasses import fields
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from billing import money
from billing.models import Budget, Price
from billing.prices import plausibility
from billing.prices.pricing import Rate


class DollarField(forms.DecimalField):
    """Dollars below a million, to nine places; cleaned to whole nano-dollars."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_digits=15, decimal_places=9, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return money.typed(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        amount: Decimal | None = super().clean(value)
        return None if amount is None else money.nano(amount)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class PriceForm(forms.ModelForm[Price]):
    input = DollarField(help_text="Dollars per million tokens.")
    cached_input = DollarField(
        required=False, help_text="Dollars per million tokens. Blank: same as input."
    )
    cache_write = DollarField(
        required=False, help_text="Dollars per million tokens. Blank: same as input."
    )
    output = DollarField()
    confirmed = forms.BooleanField(
        required=False,
        label="The prices are correct",
        help_text="Tick this if a price looks wrong, for example 1000 times too high, but is "
        "correct.",
    )

    class Meta:
        model = Price
        fields: ClassVar = [
            "model",
            "service_tier",
            "effective_from",
            "input",
            "cached_input",
            "cache_write",
            "output",
            "source",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors or cleaned["confirmed"]:
            return cleaned
        typed = Price(**{rate.name: cleaned[rate.name] for rate in fields(Rate)}).rate
        for field, doubt in plausibility.doubts(typed, self._known(cleaned)).items():
            self.add_error(field, f"Is this right? {doubt} If so, tick the box below.")
        return cleaned

    def _known(self, cleaned: dict[str, Any]) -> Rate | None:
        """What the model costs in this service tier, or else in another."""
        prices = list(Price.objects.filter(model=cleaned["model"]).order_by("-effective_from"))
        same = [price for price in prices if price.service_tier == cleaned["service_tier"]]
        known = (same or prices)[:1]
        return known[0].rate if known else None


LADDER: tuple[str, ...] = (
    "economise_from",
    "economise_by",
    "economise_curve",
    "cheap_only_from",
    "approved_from",
    "later_from",
)
PACING: tuple[str, ...] = ("paces_itself", "pace_at_most")


class BudgetForm(forms.ModelForm[Budget]):
    limit = DollarField(help_text="In dollars. What was already spent in this period still counts.")
    reserve = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=90,
        label="Reserve (%)",
        help_text="Percent of the limit that is kept for cheap answers to first questions and to "
        "conversations in progress. So one busy network cannot use up the budget for "
        "everybody. Blank: none.",
    )

    class Meta:
        model = Budget
        fields: ClassVar = [
            "name",
            "scope",
            "key",
            "period",
            "limit",
            "reserve",
            "active",
            "warning_lines",
            *PACING,
            *LADDER,
        ]

    def clean_reserve(self) -> int:
        return self.cleaned_data["reserve"] or 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "paces_itself" in self.fields:
            # So that a page that was opened before somebody stopped pacing does not start it again.
            self.fields["paces_itself"].show_hidden_initial = True


class LadderForm(forms.ModelForm[Budget]):
    """A ladder that is still being typed."""

    class Meta:
        model = Budget
        fields = LADDER
