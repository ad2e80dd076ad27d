"""What the settings of a policy may be: what operators are told, and what the database holds to."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 1, 11
# Tokens.
LOWEST_OUTPUT, HIGHEST_OUTPUT = 16, 4096
HIGHEST_TEMPERATURE = 2
LONGEST_SCORE_WAIT = 5
WIDEST_BAND = 9  # from 1 to 10: every message

CRITERIA = """\
Rate how hard it is to answer the customer well.
1-2: one fact that an article states: opening hours, a price, a phone number; or small talk.
3-4: one plain question in which a detail has to be matched: a country, a date, a product.
5-6: two questions, or steps to explain.
7-8: several separate or numbered questions, conditions to weigh against each other, a comparison, \
a calculation, an exception to a rule, or a customer who asks the same again.
9-10: something grave: health, safety, legal action, a disputed payment, a stolen account; or a \
long case with many conditions.
Length alone does not make a message hard. A short message about something grave is a 9."""

THRESHOLD = (
    MinValueValidator(
        LOWEST_THRESHOLD, "Enter at least 1. At 1, the strong model answers all scored messages."
    ),
    MaxValueValidator(
        HIGHEST_THRESHOLD,
        "Enter at most 11. Above 10, the cheap model answers all scored messages.",
    ),
)
OUTPUT_LIMIT = (
    MinValueValidator(
        LOWEST_OUTPUT, "Enter at least 16 tokens. Less is not enough for a sentence."
    ),
    MaxValueValidator(
        HIGHEST_OUTPUT, "Enter at most 4096 tokens. The default models write no more."
    ),
)
TEMPERATURE = (
    MinValueValidator(0, "Enter at least 0."),
    MaxValueValidator(HIGHEST_TEMPERATURE, "Enter at most 2. The provider refuses more."),
)
BAND = (
    MinValueValidator(
        0, "Enter at least 0. At 0, the model is asked only if the score equals the threshold."
    ),
    MaxValueValidator(
        WIDEST_BAND, "Enter at most 9. At 9, the model is asked about every message."
    ),
)
SCORE_WAIT = (
    MinValueValidator(
        0,
        "Enter at least 0. At 0, nobody waits: the model's score is used for "
        "the next customer who asks the same.",
    ),
    MaxValueValidator(LONGEST_SCORE_WAIT, "Enter at most 5 seconds. Then the call is cancelled."),
)
DOUBT_THRESHOLD = (
    MinValueValidator(0, "Enter at least 0. At 0, every cheap answer is written again."),
    MaxValueValidator(1, "Enter at most 1. At 1, the answer check is off."),
)
CLAIMS_BAND = (
    MinValueValidator(0, "Enter at least 0. At 0, the model is never asked."),
    MaxValueValidator(1, "Enter at most 1. At 1, the model is asked about every checked answer."),
)
CALL_SECONDS = (
    MinValueValidator(5, "Enter at least 5 seconds."),
    MaxValueValidator(80, "Enter at most 80 seconds. Every message has to be answered within 90."),
)
MODEL_NAME = RegexValidator(
    r"^\S+\Z", "Enter the model's name as the provider lists it, without spaces."
)

CONSTRAINTS = [
    models.UniqueConstraint(
        fields=["is_current"],
        condition=Q(is_current=True),
        name="routing_one_policy_in_force",
    ),
    models.CheckConstraint(
        condition=Q(threshold__gte=1, threshold__lte=11), name="routing_threshold_in_range"
    ),
    models.CheckConstraint(
        condition=Q(doubt_threshold__gte=0, doubt_threshold__lte=1),
        name="routing_doubt_threshold_in_range",
    ),
    models.CheckConstraint(
        condition=Q(claims_band__gte=0, claims_band__lte=1), name="routing_claims_band_in_range"
    ),
    models.CheckConstraint(
        condition=Q(doubted_answers__in=["quote", "show"])
        & Q(unchecked_answers__in=["show", "strong", "person"]),
        name="routing_answers_in_doubt_are_known",
    ),
    models.CheckConstraint(
        condition=Q(cheap_output_limit__gte=16, cheap_output_limit__lte=4096)
        & Q(strong_output_limit__gte=16, strong_output_limit__lte=4096),
        name="routing_output_limits_in_range",
    ),
    models.CheckConstraint(
        condition=Q(temperature__gte=0, temperature__lte=2),
        name="routing_temperature_in_range",
    ),
    models.CheckConstraint(
        condition=Q(call_seconds__gte=5, call_seconds__lte=80),
        name="routing_call_seconds_in_range",
    ),
    models.CheckConstraint(
        condition=~Q(cheap_model="") & ~Q(strong_model=""), name="routing_models_are_named"
    ),
    models.CheckConstraint(
        condition=Q(analyzer__in=["learned", "rules", "model", "combined"]),
        name="routing_analyzer_is_known",
    ),
    models.CheckConstraint(condition=Q(band__gte=0, band__lte=9), name="routing_band_in_range"),
    models.CheckConstraint(condition=~Q(reason=""), name="routing_policy_has_a_reason"),
]
