"""The documentation is held to the code: its links, commands, settings and class names exist."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = ("chatsite", "routing", "billing")
PRODUCT = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
# Names of files that nobody guessed the content of, and never services, utils and the like.
RIDDLES = re.compile(
    "affording|asked|core|graded|grounds|heap|helpers|kept|lessons|listing|managers|night|office|"
    "outlooks|prepared|services|snapshots|spending|standing|statements|told|utils|verdicts"
)
# Written in docs as `LikeThis`.
CLASS = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
MODULE = re.compile(r"python -m ((?:tests|chatsite|routing)[.\w]*)")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(page):
    targets = [target for target, _ in LINK.findall(page.read_text()) if "://" not in target]

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_exist(page):
    text = page.read_text()

    assert set(COMMAND.findall(text)) - {"createsuperuser", *get_commands()} == set()
    for module in MODULE.findall(text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or path.is_dir(), module


def test_the_glossary_names_classes_that_exist():
    classes = {
        node.name
        for path in PRODUCT
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }

    named = set(CLASS.findall((ROOT / "docs" / "glossary.md").read_text()))

    assert named - classes == set()


def test_no_file_has_a_name_that_nobody_can_guess():
    paths = [*PRODUCT, *(ROOT / "tests").rglob("test_*.py")]
    riddles = [path for path in paths if RIDDLES.fullmatch(path.stem.removeprefix("test_"))]

    # The servers behind other tests are called so.
    assert [path.name for path in riddles] == ["test_services.py"]


def test_a_room_is_no_store():
    """Some fifteen files, and two more before somebody tidies up."""
    rooms = Counter(path.parent for path in PRODUCT if path.name != "__init__.py")

    assert [room for room, files in rooms.items() if files > 17] == []


def test_every_page_is_reached_from_the_readme():
    linked = {target for page in PAGES for target, _ in LINK.findall(page.read_text())}
    names = {Path(target).name for target in linked}

    assert {page.name for page in PAGES} - names - {"README.md"} == set()


def test_the_readme_is_read_in_five_minutes():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
