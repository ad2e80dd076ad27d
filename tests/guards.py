"""Guards: the lines without which a promise breaks, each taken out once to see its test fail.

A test names what it guards by `@guards(file, text, without)`: the `text` stands exactly once in the
`file`, and in a copy of the tree where `without` stands in its place, the test has to fail.
`make guards` tries them all; `make changed-guards`, a part of `make test`, those of files that the
newest commits changed, as many as a minute allows.
Constraints of the database are taken out of their migrations, one by one, in the same way.
Prints a table; exits with 1 where a guard is not missed.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import django

from tests import constraints
from tests.tables import show

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache")
PATIENCE = 300  # seconds for the tests of one guard
NEWEST = 10  # commits

Test = TypeVar("Test", bound=Callable[..., Any])

# Where the constraints of an app's models are broken one by one.
BROKEN = {
    "routing": "tests/routing/test_constraints.py",
    "billing": "tests/billing/test_constraints.py",
    "alerts": "tests/billing/alerts/test_watch.py",
    "bills": "tests/provider/test_fetch_bill.py",
    "chat": "tests/chat/test_constraints.py",
    "summaries": "tests/summaries/test_constraints.py",
    "offline": "tests/offline/test_batch_jobs.py",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """`text` in `file` is what `test` (a node id) guards; `without` is the code without it."""

    test: str
    file: str
    text: str
    without: str

    @property
    def stands(self) -> bool:
        """Whether the text stands exactly once where it is to be taken out."""
        path = ROOT / self.file
        return path.exists() and path.read_text().count(self.text) == 1


def guards(file: str, text: str, without: str = "") -> Callable[[Test], Test]:
    """Say of a test that it fails where `without` stands in the place of `text`. Literals only."""
    return lambda test: test


def marked() -> list[Guard]:
    """The guards that tests name, read from their files, which are not imported for it.

    A list `GUARDS` of a file names those that any of its tests stands for.
    """
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        file = str(path.relative_to(ROOT))
        for node in ast.parse(path.read_text()).body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
                    named = [each for each in calls if ast.unparse(each.func) == "guards"]
                    found += [Guard(f"{file}::{node.name}", *_arguments(each)) for each in named]
                case ast.Assign(targets=[ast.Name(id="GUARDS")], value=value):
                    found += [Guard(file, *each) for each in ast.literal_eval(value)]
    return found


def _arguments(call: ast.Call) -> tuple[str, str, str]:
    named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    file, text, *rest = map(ast.literal_eval, call.args)
    return file, text, rest[0] if rest else named.get("without", "")


def of_the_database() -> list[Guard]:
    """A guard for each constraint of these apps."""
    return [
        Guard(tests, *constraints.removed(name))
        for label, tests in BROKEN.items()
        for name in constraints.of(label)
    ]


def red_without(guard: Guard, copy: Path) -> str:
    """The first test that fails without the guard; blank where none does."""
    path = copy / guard.file
    whole = path.read_text()
    path.write_text(whole.replace(guard.text, guard.without))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", guard.test],
            cwd=copy,
            text=True,
            capture_output=True,
            timeout=PATIENCE,
            env=os.environ | {"VAR_DIR": str(copy / "var")},
        )
        failed = [
            line
            for line in done.stdout.splitlines()
            if line.startswith(("FAILED tests/", "ERROR tests/"))
        ]
        return failed[0].split(" - ")[0].split("::")[-1] if failed and done.returncode == 1 else ""
    except subprocess.TimeoutExpired:
        return "(the tests no longer end)"
    finally:
        path.write_text(whole)


def changed(revision: str) -> list[str]:
    """The files that differ from a revision; blank: those not committed, then the newest commits'.

    The newest change first; none where there is no repository.
    """
    asked = [["git", "diff", "--name-only", revision or "HEAD"]]
    if not revision:
        asked.append(["git", "log", "--first-parent", "--name-only", "--format=", f"-{NEWEST}"])
    said = (subprocess.run(each, cwd=ROOT, text=True, capture_output=True).stdout for each in asked)
    return list(dict.fromkeys(name for each in said for name in each.splitlines() if name))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.guards", description=__doc__)
    parser.add_argument(
        "--only", default="", help="guards of files and tests with this in the name"
    )
    parser.add_argument(
        "--changed",
        metavar="REV",
        nargs="?",
        const="",
        help="guards of files changed since REV; without REV, by the newest commits",
    )
    parser.add_argument("--seconds", type=float, help="begin no guard after so long")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
        os.environ.setdefault("VAR_DIR", folder)
        django.setup()
        chosen = [each for each in (*marked(), *of_the_database()) if options.only in str(each)]
        if options.changed is not None:
            files = changed(options.changed)
            chosen = [each for file in files for each in chosen if each.file == file]
        copy = Path(folder) / "main"
        shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
        if (ROOT.parent / "shared").exists():
            (Path(folder) / "shared").symlink_to(ROOT.parent / "shared")
        began = time.monotonic()
        for number, guard in enumerate(chosen):
            if options.seconds and time.monotonic() - began > options.seconds:
                sys.stderr.write(f"{len(chosen) - number} more were not tried: time is up\n")
                break
            red = red_without(guard, copy) if guard.stands else ""
            sys.stderr.write(f"{guard.file}: {guard.test}: {red or 'NOT MISSED'}\n")
            rows.append({"file": guard.file, "guard": guard.text.strip(), "red without it": red})
    if rows:
        show("Guards, each removed by itself", rows)
    sys.exit(not all(row["red without it"] for row in rows))


if __name__ == "__main__":
    main()
