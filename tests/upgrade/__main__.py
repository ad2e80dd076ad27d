"""`python -m tests.upgrade`: keeps a database of this version, which later versions must upgrade.

Run once for each release, after its version is set in pyproject.toml. The database holds the sample
shop and a conversation with an answer, a rating and a charge.
"""

import gzip
import os
import sqlite3
import sys
import tempfile
import tomllib
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def main() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "chatsite.settings", "VAR_DIR": folder}
        os.environ.pop("DATABASE_URL", None)
        _fill()
        whole = Path(folder) / "whole.sqlite3"
        with closing(sqlite3.connect(Path(folder) / "chat.sqlite3")) as database:
            database.execute("VACUUM INTO ?", [str(whole)])
        target = HERE / f"{version}.sqlite3.gz"
        target.write_bytes(gzip.compress(whole.read_bytes(), mtime=0))
    sys.stdout.write(f"{target.relative_to(ROOT)}: {target.stat().st_size:,} bytes\n")


def _fill() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("setup", verbosity=0)
    call_command("load_shop", verbosity=0)
    from chatsite.chat.actions import rate
    from chatsite.chat.models import Message
    from tests.chat.told import Told, prices

    prices()
    told = Told().asks("When are you open?").answered("From nine to five.")
    rate.answer(told.public_id, told.visitor, told.reply.pk, Message.Rating.GOOD)


if __name__ == "__main__":
    main()
