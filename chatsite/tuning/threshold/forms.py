"""The forms of the threshold page: what it shows, and what is saved."""

from typing import Any

from django import forms

from routing.models import HIGHEST_THRESHOLD, LOWEST_THRESHOLD, Policy, Trial

DAYS = ((7, "7 days"), (30, "30 days"))
# As in the source of the design: what a hybrid saves, what it sends strong, and what it keeps.
SAVING, STRONG, QUALITY = 75, 30, 95
# What a target may be of.
AIMS = ("saving", "strong", "quality")


def _percent(label: str, least: float, most: float) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        min_value=least,
        max_value=most,
        required=False,
    )


class Asked(forms.Form):
    """A threshold or a target, over the last days; whatever is left out or unreadable is not used.

    `version`: whose other settings the draft takes.
    """

    threshold = forms.FloatField(
        min_value=LOWEST_THRESHOLD,
        max_value=HIGHEST_THRESHOLD,
        required=False,
    )
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, required=False)
    saving = _percent("Save at least", 0, 100)
    strong = _percent("Send at most", 0, 100)
    quality = _percent("Keep at least", 50, 99.9)
    version = forms.IntegerField(required=False)
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)
    aim = forms.ChoiceField(choices=[(aim, aim) for aim in AIMS], required=False)

    def clean(self) -> dict[str, Any]:
        """Aim at nothing rather than at what was not asked for."""
        given: dict[str, Any] = super().clean() or {}
        return given | ({"aim": ""} if given.get("aim") in self.errors else {})


class Save(forms.ModelForm):  # type: ignore[type-arg]  # no [] at run time
    """The draft as it was shown, and the reason for it."""

    begun_from = forms.IntegerField()
    version = forms.IntegerField(required=False)

    class Meta:
        model = Policy
        fields = ["threshold", "reason"]


class Try(Save):
    """The draft, how it is to be tried, and why."""

    kind = forms.ChoiceField(choices=Trial.Kind.choices)
    share = forms.IntegerField(min_value=1, max_value=99, required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("kind") == Trial.Kind.AB and not given.get("share") and not self.errors:
            self.add_error("share", "Enter a percentage of conversations, 1 to 99.")
        return given
