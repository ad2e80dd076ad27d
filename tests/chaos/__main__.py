"""`python -m tests.chaos` breaks the running product for a minute, `--full` for a quarter hour."""

import argparse
import sys
from pathlib import Path

from tests.chaos.havoc import CI, FULL, scaled
from tests.chaos.run import reckon


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--conversations", type=int, help="with --full: so many instead of 2,000")
    parser.add_argument("--kills", type=int, help="of workers, and as much of all else; 1 for 10")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--keep", type=Path, help="new directory for logs and the SQLite file")
    options = parser.parse_args()
    size = FULL if options.full else CI
    if options.full and (options.conversations or options.kills):
        conversations = options.conversations or FULL.conversations
        size = scaled(FULL, conversations, options.kills or max(1, conversations // 10))
    held = reckon(size, options.seed, options.database, options.keep)
    sys.exit(not held)


if __name__ == "__main__":
    main()
