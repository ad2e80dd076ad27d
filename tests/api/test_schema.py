"""Whatever programs send, the answer is one that the description of the addresses names."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis.strategies import SearchStrategy, booleans
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chatsite.knowledge.models import Article
from tests.api.conftest import ALL, Program, with_rights
from tests.chat.told import Told

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Of each address, valid ones and others.
EXAMPLES = 5


@pytest.fixture
def no_limits(settings) -> Iterator[None]:
    """As Django's own test client, also none of a request's end to the database's connection."""
    settings.CALLS_PER_TOKEN = settings.ASKS_PER_VISITOR = settings.ASKS_PER_ADDRESS = 1_000_000
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def drive(cases: SearchStrategy[Any], program: Program, told: Told) -> set[int]:
    """Which answers come; half of what is sent is about a conversation that there is."""
    codes = set()

    @bounded(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, there=booleans())
    def answered(case: Any, there: bool) -> None:
        if there and "public_id" in case.path_parameters:
            case.path_parameters["public_id"] = str(told.public_id)
        response = case.call(headers=program.headers)
        case.validate_response(response, checks=CHECKS)
        codes.add(response.status_code)

    answered()
    return codes


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.name.lower())
def test_whatever_is_sent_is_answered_as_described(db, told, no_limits, mode):
    Article.objects.create(title="Ink", slug="ink", body="Blue.")
    program = with_rights(*ALL)
    schema: Any = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    answers: set[tuple[str, int]] = set()

    for found in schema.get_all_operations():
        operation = found.ok()
        codes = drive(operation.as_strategy(generation_mode=mode), program, told)
        answers |= {(operation.label, code) for code in codes}

    assert len({label for label, _ in answers}) == len(list(schema.get_all_operations()))
    codes = {code for _, code in answers}
    assert codes & ({200, 201} if mode.is_positive else {422})
