"""`manage.py load_prices` adds what a price list has and what is not in force yet."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.catalogue import BUILT_IN
from billing.models import Price
from billing.pricing import Rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(tmp_path):
    """Write a price list that differs from a good one as told; returns its path."""

    def write(**change: object) -> str:
        content = {
            "unit": "USD per 1,000,000 tokens",
            "as_of": "2026-01-02",
            "source": {"package": "a list"},
            "models": {
                "m": {
                    "input": 0.1,
                    "cached_input": 0.0125,
                    "output": 3,
                    "priority": {"input": 0.2, "output": 6, "cache_write": 0.3},
                }
            },
        }
        path = tmp_path / "prices.json"
        path.write_text(json.dumps(content | change))
        return str(path)

    return write


def test_prices_of_each_service_tier_take_effect_at_the_date_of_the_list(listed, capsys):
    call_command("load_prices", listed())

    assert capsys.readouterr().out == "2 prices added, 0 unchanged.\n"
    default, priority = Price.objects.order_by("service_tier")
    assert default.effective_from == datetime(2026, 1, 2, tzinfo=UTC)
    assert default.source == "a list, as of 2026-01-02"
    assert default.rate == Rate(100_000_000, 12_500_000, 100_000_000, 3 * 10**9)
    assert (priority.model, priority.service_tier) == ("m", "priority")
    assert priority.rate == Rate(200_000_000, 200_000_000, 300_000_000, 6 * 10**9)


def test_a_list_is_loaded_once(listed, capsys):
    call_command("load_prices", listed())
    call_command("load_prices", listed())

    assert capsys.readouterr().out.endswith("0 prices added, 2 unchanged.\n")
    assert Price.objects.count() == 2


def test_a_later_list_changes_what_differs_from_its_date_on(listed):
    call_command("load_prices", listed())

    call_command(
        "load_prices",
        listed(
            as_of="2026-02-02",
            models={
                "m": {
                    "input": 0.1,
                    "cached_input": 0.01,
                    "output": 3,
                    "priority": {"input": 0.2, "output": 6, "cache_write": 0.3},
                }
            },
        ),
    )

    assert Price.objects.count() == 3
    february = datetime(2026, 2, 2, tzinfo=UTC)
    for moment, cached in ((february - timedelta(seconds=1), 12_500_000), (february, 10_000_000)):
        in_force = Price.objects.in_force("m", "default", moment).first()
        assert in_force is not None
        assert in_force.cached_input == cached


def test_what_an_operator_has_set_since_stays_in_force(listed):
    call_command("load_prices", listed())
    Price.objects.create(model="m", input=1, output=1)

    call_command("load_prices", listed())

    in_force = Price.objects.in_force("m", "default", timezone.now()).first()
    assert in_force is not None
    assert in_force.input == 1


def test_a_list_from_the_future_counts_from_now(listed):
    call_command("load_prices", listed(as_of="2126-01-02"))
    call_command("load_prices", listed(as_of="2126-01-02"))

    assert Price.objects.count() == 2
    assert Price.objects.in_force("m", "default", timezone.now()).exists()


def test_prices_take_effect_when_told(listed):
    call_command("load_prices", listed(), "--from", "2027-01-01T00:00")

    price = Price.objects.get(service_tier="default")
    assert price.effective_from == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": "USD per 1,000 tokens"}, "the unit is 'USD per 1,000 tokens'"),
        ({"models": {"m": {"input": 1}}}, "KeyError 'output'"),
        ({"models": {"m": {"input": "one", "output": 1}}}, "prices.json"),
        ({"models": {"m": {"input": 0.1234567891, "output": 1}}}, "more than 9 decimal places"),
        ({"models": ["m"]}, "prices.json"),
        ({"as_of": "yesterday"}, "yesterday"),
        ({"models": {"m": {"input": -1, "output": 1}}}, "greater than or equal to 0"),
        ({"models": {"m" * 101: {"input": 1, "output": 1}}}, "at most 100 characters"),
    ],
)
def test_a_list_that_is_not_one_changes_nothing(listed, change, words):
    with pytest.raises(CommandError, match=words):
        call_command("load_prices", listed(**change))

    assert not Price.objects.exists()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"absent\.json"):
        call_command("load_prices", str(tmp_path / "absent.json"))


def test_another_price_from_the_same_moment_is_refused(listed):
    call_command("load_prices", listed())

    with pytest.raises(CommandError, match="already there, with another price"):
        call_command("load_prices", listed(models={"m": {"input": 9, "output": 9}}))


def test_the_built_in_list_prices_the_models_of_the_first_day_and_their_successors():
    call_command("load_prices")

    assert Price.objects.filter(service_tier="default").count() == 27
    now = timezone.now()
    for model, rate_in, rate_out in (
        ("gpt-3.5-turbo", 0.5, 1.5),
        ("gpt-4", 30, 60),
        ("gpt-5.6-terra", 2, 12),
        ("gpt-5.6-sol", 4, 20),
    ):
        price = Price.objects.in_force(model, "default", now).first()
        assert price is not None
        assert (price.input, price.output) == (rate_in * 10**9, rate_out * 10**9)


def test_the_built_in_list_says_where_it_is_from():
    content = json.loads(BUILT_IN.read_text())

    assert content["source"]["package"].startswith("litellm==")
