"""Any server that speaks the protocol: each answered in one call, or ended honestly in one."""

import pytest

from billing import tokens
from billing.prices.pricing import Estimate, Usage
from chatsite.llm import Delta, Finished, Kind, Retracted, UpstreamError, stream
from tests.llm.asking import PATIENT, QUESTION
from tests.llm.servers import STREAMS, Stream
from tests.upstream.server import Upstream

TRANSIENT = {Kind.BROKEN, Kind.OVERLOADED}


@pytest.mark.parametrize("case", STREAMS, ids=lambda case: case.server)
async def test_what_a_server_streams_is_understood(upstream: Upstream, case: Stream) -> None:
    upstream.sends(*case.sent, content_type=case.content_type, headers=case.headers)
    shown, finished, error = "", None, None

    try:
        async for part in stream(
            model="m", messages=QUESTION, output_limit=200, temperature=0, deadlines=PATIENT
        ):
            match part:
                case Delta(text):
                    shown += text
                case Retracted():
                    shown = ""
                case Finished():
                    finished = part
    except UpstreamError as raised:
        error = raised

    assert len(upstream.requests) == 1
    assert shown == case.text
    if isinstance(case.end, Kind):
        assert error is not None
        assert error.kind == case.end
        assert error.retryable is (case.end in TRANSIENT)
        return
    assert finished is not None, error
    assert (finished.text, finished.finish_reason) == (case.text, case.end)
    assert finished.service_tier == case.service_tier
    assert finished.usage == expected(case)


def expected(case: Stream) -> Usage | Estimate | None:
    if case.usage is None or not case.why:
        return case.usage
    usage = Usage(
        case.usage.input_tokens or tokens.of_messages(QUESTION, "m"),
        case.usage.output_tokens,
    )
    return Estimate(usage, case.why)
