"""`manage.py import_prices` shows what a price list would change, and then changes it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.errors import BadPriceList
from billing.models import Price
from billing.prices import price_list
from billing.prices.price_list import BUILT_IN
from billing.prices.pricing import Rate
from tests.guards import guards

pytestmark = pytest.mark.django_db


def imported(*words: str) -> None:
    call_command("import_prices", "--yes", *words)


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
    imported(listed())

    assert capsys.readouterr().out.splitlines() == [
        "+ m (default), from 2026-01-02 01:00: input $0.10, cached input $0.0125,"
        " cache write $0.10, output $3.00",
        "+ m (priority), from 2026-01-02 01:00: input $0.20, cached input $0.20,"
        " cache write $0.30, output $6.00",
        "2 added, 0 changed, 0 unlisted, 0 unchanged.",
        "2 prices added.",
    ]
    default, priority = Price.objects.order_by("service_tier")
    assert default.effective_from == datetime(2026, 1, 2, tzinfo=UTC)
    assert default.source == "a list, as of 2026-01-02"
    assert default.rate == Rate(100_000_000, 12_500_000, 100_000_000, 3 * 10**9)
    assert (priority.model, priority.service_tier) == ("m", "priority")
    assert priority.rate == Rate(200_000_000, 200_000_000, 300_000_000, 6 * 10**9)


def test_a_list_is_loaded_once(listed, capsys):
    imported(listed())
    imported(listed())

    assert capsys.readouterr().out.endswith("0 added, 0 changed, 0 unlisted, 2 unchanged.\n")
    assert Price.objects.count() == 2


def test_a_later_list_changes_what_differs_from_its_date_on(listed):
    imported(listed())

    imported(
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
    imported(listed())
    Price.objects.create(model="m", input=1, output=1)

    imported(listed())

    in_force = Price.objects.in_force("m", "default", timezone.now()).first()
    assert in_force is not None
    assert in_force.input == 1


def test_a_list_of_next_year_counts_from_its_date(listed):
    imported(listed(), "--from", "2026-01-02T00:00")
    imported(listed(as_of="2126-01-02", models={"m": {"input": 0.2, "output": 6}}))

    for moment, rate in (
        (timezone.now(), 100_000_000),
        (datetime(2126, 1, 2, tzinfo=UTC), 2 * 10**8),
    ):
        in_force = Price.objects.in_force("m", "default", moment).first()
        assert in_force is not None
        assert in_force.input == rate


GOOD = {"input": 1, "output": 3}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"input": 1}, "output is missing"),
        ({"input": "one", "output": 1}, "input is 'one', not a number of dollars"),
        ({"input": True, "output": 1}, "input is True, not a number of dollars"),
        ({"input": float("nan"), "output": 1}, "input is nan, not a number of dollars"),
        ({"input": 0.1234567891, "output": 1}, "more than 9 decimal places"),
        ({"input": -1, "output": 1}, "input: Ensure this value is greater than or equal to 0."),
        ({"input": 10**12, "output": 1}, "input: Ensure this value is less than or equal to"),
        ({"input": 10**400, "output": 1}, "not a price per million tokens"),
        ({**GOOD, "batch": {"input": 1}}, "output is missing"),
        ({**GOOD, "batch": 3}, "not an object with prices"),
        ([1, 3], "not an object with prices"),
    ],
    ids=str,
)
def test_a_bad_entry_is_named_and_the_rest_is_imported(listed, capsys, entry, reason):
    with pytest.raises(CommandError, match=r"1 model not imported\. bad: "):
        imported(listed(models={"first": GOOD, "bad": entry, "last": GOOD}))

    assert reason in capsys.readouterr().out
    assert set(Price.objects.values_list("model", flat=True)) == {"first", "last"}


def test_a_name_with_a_space_behind_it_is_no_second_price(listed):
    with pytest.raises(CommandError, match="m : its name begins or ends with a space"):
        imported(listed(models={"m": GOOD, "m ": {"input": 9, "output": 9}}))

    assert list(Price.objects.values_list("model", flat=True)) == ["m"]


def test_a_name_that_cannot_be_printed_is_refused(listed):
    with pytest.raises(CommandError, match="its name has characters that cannot be printed"):
        imported(listed(models={"m\0": GOOD, "m": GOOD}))

    assert list(Price.objects.values_list("model", flat=True)) == ["m"]


def test_a_model_that_is_listed_twice_is_refused(listed, tmp_path):
    path = tmp_path / "twice.json"
    path.write_text(
        Path(listed())
        .read_text()
        .replace(
            '"models": {',
            '"models": {"m": {"input": 9, "output": 9}, "other": {"input": 1, "output": 3}, ',
        )
    )

    with pytest.raises(CommandError, match="m: it is listed twice"):
        imported(str(path))

    assert list(Price.objects.values_list("model", flat=True)) == ["other"]


def test_a_refused_entry_leaves_the_price_that_there_is(listed, capsys):
    imported(listed())

    with pytest.raises(CommandError, match="1 model not imported"):
        imported(listed(as_of="2026-02-02", models={"m": {"input": 1}}))

    assert "not in the list" not in capsys.readouterr().out
    assert Price.objects.count() == 2


def test_prices_take_effect_when_told(listed):
    imported(listed(), "--from", "2027-01-01T00:00")

    price = Price.objects.get(service_tier="default")
    assert price.effective_from == datetime(2026, 12, 31, 23, tzinfo=UTC)


@guards(
    "billing/management/commands/import_prices.py",
    'if not options["yes"] and not self._confirmed():',
    "if False:",
)
def test_nothing_is_changed_before_it_is_confirmed(listed, capsys):
    with pytest.raises(CommandError, match="To apply the changes, add --yes"):
        call_command("import_prices", listed())

    assert "2 added" in capsys.readouterr().out
    assert not Price.objects.exists()


def test_the_difference_is_shown_and_history_stays(listed, capsys):
    imported(listed())
    stays = Price.objects.create(
        model="own", effective_from=datetime(2026, 1, 1, tzinfo=UTC), input=10**9, output=10**9
    )
    Price.objects.create(
        model="m", effective_from=datetime(2026, 3, 1, tzinfo=UTC), input=10**8, output=10**9
    )
    before = list(Price.objects.order_by("id").values())
    capsys.readouterr()

    imported(
        listed(models={"m": {"input": 0.2, "cached_input": 0.0125, "output": 3}}),
        "--from",
        "2026-02-01T00:00",
    )

    assert capsys.readouterr().out.splitlines() == [
        "~ m (default), from 2026-02-01 00:00 until 2026-03-01 01:00: input $0.10 -> $0.20,"
        " cache write $0.10 -> $0.20",
        "- m (priority): not in the list; its price of 2026-01-02 01:00 stays",
        "- own (default): not in the list; its price of 2026-01-01 01:00 stays",
        "0 added, 1 changed, 2 unlisted, 0 unchanged.",
        "1 price added.",
    ]
    assert list(Price.objects.order_by("id").values())[:-1] == before
    assert Price.objects.in_force("own", "default", timezone.now()).get() == stays


@guards(
    "billing/management/commands/import_prices.py",
    'if any(change.doubts for change in changes) and not options["as_listed"]:',
    "if False:",
)
@pytest.mark.parametrize(
    ("models", "question"),
    [
        # Per thousand tokens, against the price so far.
        (
            {"m": {"input": 0.0001, "output": 0.003}},
            "Is input right? $0.0001 per million tokens, where the price so far is $0.10",
        ),
        ({"new": {"input": 0.001, "output": 0.003}}, "outside the usual range"),
        ({"new": {"input": 1, "output": 3000}}, "Is output right?"),
        # Another service tier, against the model's own in the same list.
        ({"new": {"input": 1, "output": 3, "batch": {"input": 500, "output": 1.5}}}, "so far"),
    ],
)
def test_a_price_that_looks_like_a_slip_is_asked_about(listed, capsys, models, question):
    imported(listed())
    later = listed(as_of="2026-02-02", models=models)

    with pytest.raises(CommandError, match="If the prices are correct, add --as-listed"):
        imported(later)

    assert question in capsys.readouterr().out
    assert Price.objects.count() == 2
    imported(later, "--as-listed")
    assert Price.objects.count() > 2


def test_two_imports_at_once_add_a_price_once(listed):
    changes = price_list.compare(price_list.read(Path(listed())))
    imported(listed())

    with pytest.raises(BadPriceList, match="somebody else has set prices"):
        price_list.apply(changes)

    assert Price.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": "USD per 1,000 tokens"}, "the unit is 'USD per 1,000 tokens'"),
        ({"models": {"m": {"input": 1}}}, "m: output is missing"),
        ({"source": None}, "prices.json"),
        ({"models": ["m"]}, "prices.json"),
        ({"as_of": "yesterday"}, "yesterday"),
        ({"models": {"m" * 101: {"input": 1, "output": 1}}}, "at most 100 characters"),
    ],
)
def test_a_list_that_is_not_one_changes_nothing(listed, change, words):
    with pytest.raises(CommandError, match=words):
        imported(listed(**change))

    assert not Price.objects.exists()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"absent\.json"):
        imported(str(tmp_path / "absent.json"))


def test_another_price_from_the_same_moment_is_refused(listed):
    imported(listed())

    with pytest.raises(CommandError, match="already there, with another price"):
        imported(listed(models={"m": {"input": 9, "output": 9}, "next": GOOD}))

    assert Price.objects.get(model="m", service_tier="default").input != 9 * 10**9
    assert Price.objects.filter(model="next").exists()


def test_the_built_in_list_prices_the_models_of_the_first_day_and_their_successors():
    imported()

    assert Price.objects.filter(service_tier="default").count() == 29
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
