"""Whether a message costs more than at the commit before: some 60 s, for CI or by hand.

    python -m tests.load.compared [COMMIT]

Both commits are run here and now, each beside the relay, so that ratios to it can be compared on
any machine. What is worse by a quarter is said; it fails nothing.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from tests.load import phases, run
from tests.load.phases import Site
from tests.stack import ROOT
from tests.tables import show

# Seconds: the caches fill, and what is measured.
WARM, MEASURED = 3.0, 6.0
CHATS = 50
WORSE = 1.25

Ratios = dict[str, float]


async def measured() -> Ratios:
    """Each as so many times the relay's; of CPU and time less is better."""
    found: dict[str, tuple[float, float, float]] = {}
    async with run.started() as this:
        phases.change_pace(this.stack.upstream_url, run.AT_ONCE)
        for name, site in (("product", this.product), ("relay", this.relay)):
            await phases.converse(site, CHATS, run.AT_ONCE, WARM)
            phase = await phases.converse(site, CHATS, run.AT_ONCE, MEASURED)
            found[name] = _of(phase, site)
    (cpu, between, first), (least, shortest, soonest) = found["product"], found["relay"]
    return {
        "CPU of a message": cpu / least,
        "seconds between messages": between / shortest,
        "send to provider, median": first / soonest,
    }


def _of(phase: phases.Phase, site: Site) -> tuple[float, float, float]:
    own = [name for name, _ in site.processes if name != "provider"]
    cpu = sum(phase.cpu_per_message(name) for name in own)
    return cpu, 1 / max(phase.per_second, 1e-9), phase.to_provider.p50


def before(commit: str) -> Ratios | None:
    """Of another commit, in a copy of its own; None where it cannot be measured so."""
    with tempfile.TemporaryDirectory(prefix="before-") as folder:
        copy = Path(folder, "copy")
        subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=copy, check=True)
        done = subprocess.run(
            [sys.executable, "-m", "tests.load.compared", "--alone"],
            cwd=copy,
            stdout=subprocess.PIPE,
            check=False,
        )
    return orjson.loads(done.stdout) if done.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.load.compared", description=__doc__)
    parser.add_argument("commit", nargs="?", default="HEAD~1")
    parser.add_argument("--alone", action="store_true", help="as JSON, beside no other commit")
    options = parser.parse_args()
    now = asyncio.run(measured())
    if options.alone:
        sys.stdout.buffer.write(orjson.dumps(now))
        return
    then = before(options.commit)
    rows = [
        {
            "times the relay's": name,
            options.commit: then[name] if then else "",
            "now": ratio,
            "": "worse by a quarter" if then and ratio > WORSE * then[name] else "",
        }
        for name, ratio in now.items()
    ]
    show(f"{CHATS} chats, 20 tokens at once", rows)
    if not then:
        sys.stdout.write(f"{options.commit} cannot be measured so.\n")


if __name__ == "__main__":
    main()
