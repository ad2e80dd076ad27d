"""LiteLLM's proxy as a foreign server between us and a provider: `make foreign`.

Not part of `make test`: the proxy takes 757 MB and two minutes to install, in an environment of its
own. `LITELLM` names its executable. One thing cannot be mended from here: of a stream that the
provider cut, the proxy says that it stopped, with tokens that it counted itself.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from billing.prices.pricing import Usage
from chatsite import llm
from chatsite.llm import Delta, Finished, FinishReason, Kind, UpstreamError, parameters
from tests.llm.asking import QUESTION
from tests.services import free_port
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import Says
from tests.upstream.server import Upstream

# Its own, made up here.
KEY = "sk-7f1d0a9c5b2e4d6f8a3c1e5b9d7f2a4c"
LITELLM = os.environ.get("LITELLM", "")
UNHURRIED = llm.Deadlines(first_byte=60, idle=15, total=90)  # its first answer takes a while
PATIENCE = 90  # seconds until the proxy listens

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(not shutil.which(LITELLM), reason="LITELLM names no executable"),
]


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def proxy(provider: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The proxy's address; it knows one model, `support`, which the provider calls gpt-4o-mini."""
    folder: Path = tmp_path_factory.mktemp("litellm")
    known = {
        "model_list": [
            {
                "model_name": "support",
                "litellm_params": {
                    "model": "openai/gpt-4o-mini",
                    "api_base": provider.url,
                    "api_key": "k",
                    "max_retries": 0,
                },
            }
        ],
        "litellm_settings": {"num_retries": 0},
        "general_settings": {"master_key": KEY},
    }
    (folder / "config.yaml").write_text(json.dumps(known))
    port = free_port()
    command = [LITELLM, "--config", str(folder / "config.yaml"), "--host", "127.0.0.1"]
    local = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*"}
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | local,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/liveliness", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "the proxy has ended"
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the proxy does not listen")


@pytest.fixture
async def upstream(
    provider: Upstream, proxy: str, settings: pytest.FixtureRequest
) -> AsyncGenerator[Upstream]:
    provider.reset()
    settings.OPENAI_BASE_URL = proxy  # type: ignore[attr-defined]
    settings.OPENAI_API_KEY = KEY  # type: ignore[attr-defined]
    yield provider
    await llm.close()
    parameters.news()
    parameters.restore({})


async def asked(model: str = "support") -> tuple[str, Finished]:
    shown, finished = "", None
    async for part in llm.stream(
        model=model, messages=QUESTION, output_limit=200, temperature=0.3, deadlines=UNHURRIED
    ):
        match part:
            case Delta(text):
                shown += text
            case Finished():
                finished = part
    assert finished is not None
    return shown, finished


async def test_an_answer_comes_with_its_tokens_in_one_call(upstream: Upstream) -> None:
    upstream.says("We open at nine.")

    shown, finished = await asked()

    assert shown == finished.text == "We open at nine."
    assert finished.finish_reason is FinishReason.STOP
    (billed,) = upstream.bill
    assert isinstance(finished.usage, Usage)
    assert finished.usage.output_tokens == billed.output_tokens
    assert finished.usage.input_tokens == billed.input_tokens


async def test_an_answer_at_its_limit_and_a_filtered_one_say_so(upstream: Upstream) -> None:
    upstream.runs_out("We open")
    upstream.filters("We open")

    ends = [(await asked())[1].finish_reason for _ in range(2)]

    assert ends == [FinishReason.LENGTH, FinishReason.CONTENT_FILTER]


async def test_a_refused_field_is_left_out(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        if "temperature" in exchange.call.body:
            words = "Unsupported parameter: 'temperature' is not supported with this model."
            error = {"message": words, "param": "temperature", "code": "unsupported_parameter"}
            exchange.reply(400, {"error": error})
        else:
            await Says("We open at nine.")(exchange)

    upstream.otherwise = script

    shown, _ = await asked()

    assert shown == "We open at nine."
    assert parameters.refused_by("support") == ("temperature",)


@pytest.mark.parametrize(
    ("status", "code", "kinds"),
    [
        (400, "context_length_exceeded", {Kind.TOO_LONG}),
        (400, "content_policy_violation", {Kind.REFUSED}),
        (429, "rate_limit_exceeded", {Kind.OVERLOADED}),
        (503, "", {Kind.OVERLOADED}),
    ],
)
async def test_the_providers_errors_are_told_apart_behind_it(
    upstream: Upstream, status: int, code: str, kinds: set[Kind]
) -> None:
    upstream.fails(status, code)

    with pytest.raises(UpstreamError) as raised:
        await asked()

    assert raised.value.kind in kinds


async def test_a_model_that_it_does_not_know_is_unknown(upstream: Upstream) -> None:
    with pytest.raises(UpstreamError) as raised:
        await asked("nobody")

    assert raised.value.kind in {Kind.UNKNOWN_MODEL, Kind.BAD_REQUEST}


async def test_its_list_of_models_is_read(upstream: Upstream) -> None:
    assert [model.name for model in await llm.models(within=10)] == ["support"]
