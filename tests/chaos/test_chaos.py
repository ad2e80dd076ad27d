"""The small chaos run, with everything that must hold after it."""

import os

import pytest

from tests.chaos.havoc import CI
from tests.chaos.run import reckon


@pytest.mark.chaos
def test_nothing_is_lost_doubled_or_overspent_while_processes_are_killed(capsys):
    held = reckon(CI, seed=1, database=os.environ.get("TEST_DATABASE", "sqlite"))

    assert held, capsys.readouterr().out
