"""The guards' own texts: what `tests.guards` takes out is there, and so is what it runs."""

import ast
from pathlib import Path

from tests.guards import GUARDS, ROOT, of_the_database


def test_every_guard_stands_where_it_is_taken_out():
    guards = (*GUARDS, *of_the_database())

    lost = [
        f"{guard.file}: {guard.what}"
        for guard in guards
        if Path(ROOT, guard.file).read_text().count(guard.old) != 1
    ]

    assert lost == []


def test_every_test_that_stands_for_a_guard_is_there():
    named = {test.partition("[")[0] for guard in GUARDS for test in guard.tests if "::" in test}

    missing = [test for test in named if test.partition("::")[2] not in functions(test)]

    assert missing == []


def functions(test: str) -> set[str]:
    """The names of the tests in this one's file."""
    tree = ast.parse(Path(ROOT, test.partition("::")[0]).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}
