"""Rows written in bulk, past the ORM: a million in a minute or two."""

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, models


class Table:
    """Rows of one model, collected and written in bulk. What is not given is as by default."""

    def __init__(self, model: type[models.Model], *given: str) -> None:
        fields = [field for field in model._meta.concrete_fields if field.attname not in given]
        fields = [field for field in fields if not (field.primary_key and "id" not in given)]
        blank = model()
        self.rest = [_plain(field, getattr(blank, field.attname)) for field in fields]
        self.name = model._meta.db_table
        column_of = {field.attname: field.column for field in model._meta.concrete_fields}
        columns = [column_of[name] for name in given]
        self.columns = [*columns, *(field.column for field in fields)]
        self.rows: list[list[Any]] = []

    def add(self, *values: Any) -> None:
        self.rows.append([*values, *self.rest])

    def write(self) -> None:
        names = ", ".join(f'"{column}"' for column in self.columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f'COPY "{self.name}" ({names}) FROM STDIN') as copy:
                    for row in self.rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(self.columns))
                cursor.executemany(
                    f'INSERT INTO "{self.name}" ({names}) VALUES ({marks})', self.rows
                )
        self.rows.clear()


def _plain(field: Any, value: Any) -> Any:
    """As the database takes it."""
    return None if value is None else field.get_db_prep_save(value, connection)


def at(moment: datetime) -> str:
    """A UTC time without its zone, as the database has it."""
    return str(moment) if connection.vendor == "sqlite" else f"{moment}+00"


def key(number: int) -> Any:
    value = uuid.UUID(int=number)
    return value.hex if connection.vendor == "sqlite" else value
