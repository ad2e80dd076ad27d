"""What is imported is declared: nothing runs only because another package happens to need it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"chatsite", "routing", "billing", "tests"}


# A tool for developers: trains what is shipped, and is imported by nothing that runs.
TRAINING = "routing/learning/answer_check_training.py"

# Each runs in an environment of its own.
PEERS = ["tests/load/peers/chainlit.txt", "tests/load/peers/langchain.txt"]


def imported(package: str) -> Iterator[tuple[str, str]]:
    """The name of each module from outside, and a file that imports it."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    modules = [alias.name for alias in names]
                case ast.ImportFrom(module=str(module), level=0):
                    modules = [module]
                case _:
                    continue
            for module in modules:
                top = module.partition(".")[0]
                if top not in OURS and top not in sys.stdlib_module_names:
                    yield top, str(path.relative_to(ROOT))


def declared(*files: str) -> set[str]:
    lines = [line for file in files for line in (ROOT / file).read_text().splitlines()]
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines if not line.startswith("-"))
    return {normal(found[0]) for found in names if found}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("package", "files"),
    [
        ("chatsite", ["requirements.in"]),
        ("routing", ["requirements.in"]),
        ("billing", ["requirements.in"]),
        ("tests", ["requirements.in", "requirements-dev.in", *PEERS]),
    ],
)
def test_what_is_imported_is_declared(package: str, files: list[str]) -> None:
    known, providers = declared(*files), packages_distributions()
    missing = {
        f"{module} in {path}"
        for module, path in imported(package)
        if path != TRAINING
        and not known & {normal(name) for name in providers.get(module, [module])}
    }

    assert missing == set()


@pytest.mark.parametrize(
    "start",
    [
        "import chatsite.asgi, chatsite.urls",
        "import chatsite.celery; chatsite.celery.app.loader.import_default_modules()",
    ],
    ids=["web", "worker"],
)
def test_what_serves_customers_loads_nothing_heavy(start: str) -> None:
    """What trains, and what reads files to import, runs in processes of its own."""
    heavy = {"sklearn", "lxml", "trafilatura", "pypdf", "mammoth"}
    program = f"{start}; import sys; print(len(sys.modules), *({heavy} & sys.modules.keys()))"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    number, *found = loaded.stdout.split()
    assert int(number) > 1000
    assert found == []
