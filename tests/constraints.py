"""Migrations without one of their constraints, for `tests.guards`."""

import ast
from functools import cache
from pathlib import Path

from django.apps import apps

PACKAGES = ("billing", "chatsite", "routing")
ROOT = Path(__file__).resolve().parent.parent
KINDS = {"CheckConstraint", "UniqueConstraint"}
# What every row fulfils.
NOTHING = 'models.CheckConstraint(condition=models.Q(("pk__isnull", False)), name="{name}")'


def of(*labels: str) -> list[str]:
    """The names of the constraints of these apps' models."""
    return [
        constraint.name
        for label in labels
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    ]


def removed(name: str) -> tuple[str, str, str]:
    """The migration that adds it last, the constraint's text there, and the text without it.

    Raises LookupError.
    """
    for path, text in _migrations():
        if f'"{name}"' not in text:
            continue
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        # That changes a message alone, and not the database.
        altered = {
            keyword.value
            for call in calls
            if isinstance(call.func, ast.Attribute) and call.func.attr == "AlterConstraint"
            for keyword in call.keywords
        }
        for node in calls:
            if node not in altered and _named(node) == name and _is_constraint(node):
                old = ast.get_source_segment(text, node)
                assert old is not None
                return str(path.relative_to(ROOT)), old, NOTHING.format(name=name)
    raise LookupError(f"no migration adds {name}")


@cache
def _migrations() -> list[tuple[Path, str]]:
    """The newest of an app first."""
    found = (path for package in PACKAGES for path in ROOT.glob(f"{package}/**/migrations/0*.py"))
    return [(path, path.read_text()) for path in sorted(found, reverse=True)]


def _named(node: ast.Call) -> object:
    values = (keyword.value for keyword in node.keywords if keyword.arg == "name")
    return next((each.value for each in values if isinstance(each, ast.Constant)), None)


def _is_constraint(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in KINDS
