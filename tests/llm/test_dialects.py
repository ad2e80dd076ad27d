"""What models differ in; the test upstream refuses what each of them would."""

import pytest

from tests.llm.asking import asked
from tests.upstream import Upstream


@pytest.mark.parametrize(
    ("model", "limit", "temperature", "kind"),
    [
        ("gpt-3.5-turbo", "max_tokens", True, "json_object"),
        ("gpt-3.5-turbo-0125", "max_tokens", True, "json_object"),
        ("gpt-4", "max_tokens", True, None),
        ("gpt-4-0613", "max_tokens", True, None),
        ("gpt-4-turbo", "max_tokens", True, "json_object"),
        ("gpt-4o-mini", "max_tokens", True, "json_schema"),
        ("gpt-4.1", "max_tokens", True, "json_schema"),
        ("ft:gpt-3.5-turbo:shop", "max_tokens", True, "json_object"),
        ("gpt-5-mini", "max_completion_tokens", False, "json_schema"),
        ("gpt-5.6-sol", "max_completion_tokens", False, "json_schema"),
        ("gpt-6-luna", "max_completion_tokens", False, "json_schema"),
        ("openai/gpt-6-luna", "max_completion_tokens", False, "json_schema"),
        ("o4-mini", "max_completion_tokens", False, "json_schema"),
        ("olmo-3", "max_tokens", True, "json_schema"),
        ("llama-4", "max_tokens", True, "json_schema"),
    ],
)
async def test_each_model_is_asked_as_it_takes_it(
    upstream: Upstream, model: str, limit: str, temperature: bool, kind: str | None
) -> None:
    schema = {"type": "object", "properties": {"score": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "scores", "schema": schema}}

    await asked(model=model, response_format=wanted)

    body = upstream.requests[0].body
    assert body[limit] == 200
    assert ("temperature" in body) is temperature
    assert len({"max_tokens", "max_completion_tokens"} & set(body)) == 1
    assert body.get("response_format", {}).get("type") == kind


async def test_text_is_what_every_answer_is(upstream: Upstream) -> None:
    await asked(response_format={"type": "text"})

    assert "response_format" not in upstream.requests[0].body
