"""The shop behind the site: name, logo, colour, greeting and contact."""

import hashlib
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from chatsite.shop import colours
from routing import score_display

HEX = re.compile(r"\A#[0-9a-f]{6}\Z")
_is_hex = RegexValidator(HEX, "Six digits after a #, such as #43479c.")


class Shop(models.Model):
    """One row. Blank fields use the product's defaults."""

    class Files(models.TextChoices):
        """Whether customers may send images and PDF files, and who sees them."""

        ALL = "all", "Accepted: for staff, and for the assistant if its model can read them"
        PEOPLE = "people", "Accepted: for staff only"
        NONE = "none", "Not accepted"

    name = models.CharField(
        max_length=60,
        blank=True,
        help_text="Shown in the page's header and in mails, and told to the assistant.",
    )
    logo = models.BinaryField(blank=True, default=bytes, editable=False)
    accent = models.CharField(
        "colour",
        max_length=7,
        blank=True,
        validators=[_is_hex],
        help_text=(
            "Colour of buttons and links. Shades for light and dark pages are derived from it."
        ),
    )
    greeting = models.CharField(
        max_length=120, blank=True, help_text="The first line of a new chat."
    )
    introduction = models.TextField(
        max_length=400, blank=True, help_text="Below the greeting: what customers can ask about."
    )
    email = models.EmailField(
        "e-mail", blank=True, help_text="Shown to customers who want to write instead."
    )
    phone = models.CharField("telephone", max_length=40, blank=True)
    address = models.TextField(max_length=300, blank=True)
    files = models.CharField(
        "images and PDF files",
        max_length=6,
        choices=Files,
        default=Files.ALL,
        db_default=Files.ALL,
        help_text="The text of a PDF file is masked before it goes to the provider; images cannot "
        "be masked. Models that cannot read images are told that there is one.",
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "shop"
        permissions = [
            ("move_configuration", "Can export and import the whole configuration"),
            ("remove_sample", "Can remove the sample shop"),
        ]
        constraints = [models.CheckConstraint(condition=Q(id=1), name="shop_there_is_one")]

    def __str__(self) -> str:
        return self.name or "Your shop"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raises ValidationError."""
        self.accent = self.accent.lower()
        if HEX.match(self.accent) and not colours.is_readable(self.accent):
            ratio = colours.contrast(self.accent, colours.PAPER)
            nearest = colours.nearest_readable(self.accent)
            message = (
                f"Too pale to read: its contrast on the page is {score_display.score(ratio)} of "
                f"the {colours.READABLE} that are needed. The nearest colour that works is "
                f"{nearest}."
            )
            raise ValidationError({"accent": message})

    @property
    def theme_url(self) -> str:
        return reverse("shop:theme", args=[self.accent[1:]]) if self.accent else ""

    @property
    def logo_url(self) -> str:
        if not self.logo:
            return ""
        digest = hashlib.sha256(bytes(self.logo)).hexdigest()[:16]
        return reverse("shop:logo", args=[digest])

    @property
    def phone_digits(self) -> str:
        """As a telephone dials it."""
        return "".join(each for each in self.phone if each.isdigit() or each == "+")

    @property
    def is_reachable(self) -> bool:
        return bool(self.email or self.phone or self.address)


class FirstQuestion(models.Model):
    """A question that an empty chat suggests, as a button that asks it."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField("question", max_length=1000, help_text="The question that is asked.")
    label = models.CharField(
        max_length=120, blank=True, help_text="Text of the button. Blank: the question itself."
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label or self.text
