"""Dated snapshots of a model, which are one model to people: gpt-4-0613 is a gpt-4."""

import re

SNAPSHOT = re.compile(r"-(\d{4}|\d{4}-\d{2}-\d{2})$")


def family(model: str) -> str:
    return SNAPSHOT.sub("", model)
