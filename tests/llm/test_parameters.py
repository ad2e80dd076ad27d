"""What models differ in; the test upstream refuses what each of them would."""

from collections.abc import Callable

import pytest

from chatsite.llm import Kind, parameters, refusal_parsing
from tests.llm.asking import QUESTION, asked, failure
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import Says, Script
from tests.upstream.server import Upstream


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


def refuses(*names: str, status: int = 400, says: Callable[[str], object]) -> Script:
    """A server that answers unless the request has one of these fields."""

    async def script(exchange: Exchange) -> None:
        body = exchange.call.body
        for name in names:
            if name in body or (name == "system" and body["messages"][0]["role"] == "system"):
                exchange.reply(status, says(name))
                return
        await Says("Hello.")(exchange)

    return script


def openai(name: str) -> object:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return {"error": {"message": message, "param": name, "code": "unsupported_parameter"}}


def azure(name: str) -> object:
    message = f"Unrecognized request argument supplied: {name}"
    return {"error": {"message": message, "type": "invalid_request_error", "param": None}}


def fastapi(name: str) -> object:
    where = ["body", name]
    words = {"messages": "What does stream cost, and temperature?"}
    return {"detail": [{"type": "extra_forbidden", "loc": where, "msg": "no", "input": words}]}


def vllm(name: str) -> object:
    words = f"[{{'type': 'extra_forbidden', 'loc': ('body', '{name}'), 'msg': 'Extra inputs'}}]"
    return {"object": "error", "message": words, "code": 400}


def litellm(name: str) -> object:
    words = f"litellm.UnsupportedParamsError: ollama does not support parameters: ['{name}']"
    return {"error": {"message": words, "type": "None", "param": "None", "code": "400"}}


def instead(name: str) -> object:
    """It recommends the other name, without saying elsewhere which one it refuses."""
    other = {"max_tokens": "max_completion_tokens"}.get(name, "top_p")
    return {"error": {"message": f"'{name}' is not supported. Use '{other}' instead."}}


def path(name: str) -> object:
    words = {"message": "Invalid request", "param": f"body.{name}", "type": "invalid_request_error"}
    return {"error": words}


def golang(name: str) -> object:
    return {"error": f'json: unknown field "{name}"'}


def spring(name: str) -> object:
    return {"status": 400, "title": "Bad Request", "errors": [{"field": name, "message": "no"}]}


@pytest.mark.parametrize(
    "says", [openai, azure, fastapi, vllm, litellm, instead, path, golang, spring]
)
@pytest.mark.parametrize(
    ("name", "then"),
    [
        ("stream_options", set()),
        ("temperature", set()),
        ("max_tokens", {"max_completion_tokens"}),
    ],
)
async def test_a_refused_field_is_left_out_or_renamed_and_remembered(
    upstream: Upstream, name: str, then: set[str], says: Callable[[str], object]
) -> None:
    upstream.otherwise = refuses(name, status=422 if says is fastapi else 400, says=says)

    answers = [await asked(model="support-prod") for _ in range(2)]

    first, second, third = (set(call.body) for call in upstream.requests)
    assert [answer.text for answer in answers] == ["Hello."] * 2
    assert first - second == {name}
    assert second - first == then
    assert third == second
    assert parameters.refused_by("support-prod") == (name,)
    assert parameters.news() == {"support-prod": parameters.Learned((name,))}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "System role not supported"),
        (500, "Jinja Exception: System role not supported"),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        (422, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "Developer instruction is not enabled for models/gemma-3-4b-it"),
        (400, "System messages are not supported by this model."),
        (400, "The first message must be from the user."),
    ],
)
async def test_instructions_go_with_the_first_message_where_no_system_may_speak(
    upstream: Upstream, status: int, message: str
) -> None:
    error = {"error": {"message": message}}
    upstream.otherwise = refuses("system", status=status, says=lambda _: error)

    assert (await asked(model="gemma")).text == "Hello."

    instructions, question = (message["content"] for message in QUESTION)
    assert upstream.requests[-1].messages == [
        {"role": "user", "content": f"{instructions}\n\n{question}"}
    ]


async def test_a_server_that_cannot_stream_answers_at_once(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.call.body["stream"]:
            exchange.reply(400, {"error": {"message": "'stream' is not supported"}})
        else:
            await Says("Hello.")(exchange)

    upstream.otherwise = script

    assert (await asked(model="slow")).text == "Hello."
    assert "stream_options" not in upstream.requests[-1].body


async def test_a_schema_gives_way_to_any_json_and_then_to_none(upstream: Upstream) -> None:
    upstream.otherwise = refuses("response_format", says=openai)
    wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}

    await asked(model="llama", response_format=wanted)

    formats = [(call.body.get("response_format") or {}).get("type") for call in upstream.requests]
    assert formats == ["json_schema", "json_object", None]


@pytest.mark.parametrize("name", ["messages", "model", "max_output"])
async def test_what_no_field_of_ours_can_mend_is_our_mistake_in_one_call(
    upstream: Upstream, name: str
) -> None:
    upstream.otherwise = refuses("messages", says=lambda _: openai(name))

    error = await failure(model="support-prod")

    assert error.kind is Kind.BAD_REQUEST
    assert not error.retryable
    assert len(upstream.requests) == 1


async def test_a_field_that_is_refused_under_both_names_is_not_asked_for_ever(
    upstream: Upstream,
) -> None:
    upstream.otherwise = refuses("max_tokens", "max_completion_tokens", says=openai)

    error = await failure(model="support-prod")

    assert (error.kind, error.parameter) == (Kind.BAD_REQUEST, "max_completion_tokens")
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 200. This model supports at most 50 completion tokens.",
        "max_tokens must be less than or equal to 50",
        "Invalid 'max_tokens': integer above maximum value. Expected a value <= 50, got 200.",
        "max_tokens: 200 > 50, which is the maximum allowed number of output tokens",
        "Range of max_tokens should be [1, 50]",
        "Input validation error: `max_new_tokens` must be <= 50. Given: 200",
    ],
)
async def test_a_shorter_limit_of_answers_is_kept_to(upstream: Upstream, message: str) -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.call.body["max_tokens"] > 50:
            exchange.reply(422, {"error": message})
        else:
            await Says("Hello.")(exchange)

    upstream.otherwise = script

    answers = [await asked(model="short") for _ in range(2)]

    assert [answer.text for answer in answers] == ["Hello."] * 2
    assert [call.body["max_tokens"] for call in upstream.requests] == [200, 50, 50]
    (name,) = parameters.refused_by("short")
    assert parameters.in_words(name) == "answers are asked for with at most 50 tokens"


async def test_a_limit_that_is_never_short_enough_is_not_asked_for_ever(
    upstream: Upstream,
) -> None:
    def refusal(exchange: Exchange) -> object:
        most = max(exchange.call.body.get(name, 0) for name in refusal_parsing.LIMITS) - 1
        return {"error": f"max_tokens must be at most {most}"}

    async def script(exchange: Exchange) -> None:
        exchange.reply(400, refusal(exchange))

    upstream.otherwise = script

    assert (await failure(model="short")).kind is Kind.BAD_REQUEST
    assert len(upstream.requests) == 3


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Temperature must be strictly positive", "temperature"),
        ("temperature: range: 0..1", "temperature"),
        ("Streaming is not supported for this model", "stream"),
        ("json: cannot unmarshal object into field ChatRequest.stream_options", "stream_options"),
        ("stream_options not implemented", "stream_options"),
        ("I cannot set the temperature of your fridge", ""),
    ],
)
def test_a_field_is_told_from_a_word(message: str, name: str) -> None:
    error = {"error": {"message": message, "type": "invalid_request_error"}}

    assert refusal_parsing.refusal(400, error, {}).parameter == name


async def test_what_the_customer_wrote_is_no_refused_field(upstream: Upstream) -> None:
    message = "Your message about temperature and max_tokens was flagged by moderation."
    upstream.otherwise = refuses("messages", says=lambda _: {"error": {"message": message}})

    assert (await failure(model="support-prod")).kind is Kind.REFUSED
    assert len(upstream.requests) == 1


def test_what_is_kept_for_the_site_is_what_all_processes_know() -> None:
    parameters.restore({"a": parameters.Learned(("temperature",), thinks_aloud=True)})
    assert parameters.body("a", [], 9, 0.5, None) == {"model": "a", "messages": [], "max_tokens": 9}
    assert parameters.thinks_aloud("a")

    parameters.restore({})

    assert parameters.body("a", [], 9, 0.5, None)["temperature"] == 0.5
    assert not parameters.thinks_aloud("a")
