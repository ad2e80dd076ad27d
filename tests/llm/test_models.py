"""The provider's list of models: all of it, or one typed error."""

from datetime import date

import orjson
import pytest

from chatsite import llm
from chatsite.llm import Kind, Listed, UpstreamError, models_endpoint


async def test_the_models_are_listed(upstream):
    upstream.lists = ["gpt-4", "gpt-5.6-sol"]

    assert await llm.models(within=5) == [Listed("gpt-4"), Listed("gpt-5.6-sol")]


async def test_what_a_list_says_of_a_model_is_read(upstream):
    upstream.lists = orjson.dumps(
        {
            "data": [
                {"id": "vllm", "max_model_len": 4096},
                {"id": "openrouter", "context_length": 131072, "pricing": {"prompt": "0"}},
                {"id": "groq", "context_window": 8192, "active": True},
                {
                    "id": "mistral",
                    "max_context_length": 32768,
                    "deprecation": "2026-12-31T00:00:00Z",
                },
                {"id": "llama.cpp", "meta": {"n_ctx_train": 131072, "n_ctx": 2048}},
                {"id": "nonsense", "context_length": "many", "deprecation": 7, "meta": []},
            ]
        }
    )

    assert await llm.models(within=5) == [
        Listed("vllm", 4096),
        Listed("openrouter", 131072),
        Listed("groq", 8192),
        Listed("mistral", 32768, date(2026, 12, 31)),
        Listed("llama.cpp", 2048),
        Listed("nonsense"),
    ]


async def test_a_long_list_is_read_to_its_end(upstream):
    upstream.lists = [f"model-{number:05}" for number in range(5000)]

    assert len(await llm.models(within=5)) == 5000


async def test_an_empty_list_is_a_list(upstream):
    upstream.lists = []

    assert await llm.models(within=5) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b'{"data": 3}',
        b'{"data": [3]}',
        b'{"data": [{"name": "gpt-4"}]}',
        b'{"object": "list"}',
        orjson.dumps({"data": [{"id": "gpt-4"}], "has_more": True}),
    ],
)
async def test_what_is_no_list_is_an_error(body, upstream):
    upstream.lists = body

    with pytest.raises(UpstreamError) as raised:
        await llm.models(within=5)

    assert raised.value.kind == Kind.PROTOCOL


async def test_a_list_without_an_end_is_an_error(upstream, monkeypatch):
    monkeypatch.setattr(models_endpoint, "MOST_OF_A_LIST", 1000)
    upstream.lists = ["a" * 50] * 50

    with pytest.raises(UpstreamError, match="not a list"):
        await llm.models(within=5)


async def test_an_unreachable_provider_lists_nothing(settings):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"

    with pytest.raises(UpstreamError) as raised:
        await llm.models(within=5)

    assert raised.value.kind == Kind.UNREACHABLE
