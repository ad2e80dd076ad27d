"""Django's SQLite with each statement's placeholders converted once: a twentieth of a worker's CPU.

Django keeps nothing of it (ticket #10070 changed it last). Goes when Django caches `convert_query`.
Named as Django looks for a database backend: `ENGINE` names the package, this module the classes.
"""

import sqlite3
from collections.abc import Iterable
from functools import lru_cache

from django.db.backends.sqlite3 import base

# A site has some 300 statements; those whose length depends on their values come and go.
_convert = lru_cache(maxsize=1024)(base.SQLiteCursorWrapper.convert_query)


class SQLiteCursorWrapper(base.SQLiteCursorWrapper):
    def convert_query(self, query: str, *, param_names: Iterable[str] | None = None) -> str:
        if param_names is None:
            return _convert(None, query)
        return super().convert_query(query, param_names=param_names)


class DatabaseWrapper(base.DatabaseWrapper):
    def create_cursor(self, name: str | None = None) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.connection.cursor(factory=SQLiteCursorWrapper)
        return cursor
