"""Plain requests, for threads: the SDK's client without streams, its errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import openai
from django.conf import settings

from chatsite.llm.errors import Kind, UpstreamError
from chatsite.llm.refusal_parsing import refusal

# Seconds, of connecting and of each read and write; asked again twice where that may help.
TIMEOUT = 30.0
RETRIES = 2


def client(key: str) -> openai.OpenAI:
    """Use it as a context, within `translated`. Raises UpstreamError for a key that is none."""
    if not (key.isascii() and key.isprintable()):
        raise UpstreamError(Kind.UNAUTHORISED, "no header can carry this key", sent=False)
    return openai.OpenAI(
        api_key=key,
        admin_api_key=key,
        base_url=settings.OPENAI_BASE_URL,
        timeout=TIMEOUT,
        max_retries=RETRIES,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raises UpstreamError for whatever the SDK raises, and for what is not the protocol."""
    try:
        yield
        return
    except openai.APIStatusError as error:
        failure = refusal(error.status_code, error.body, error.response.headers)
    except (openai.APIConnectionError, httpx2.RequestError) as error:
        sent = not isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout))
        if sent and isinstance(error, openai.APITimeoutError):
            failure = UpstreamError(Kind.TIMEOUT, "no answer in time")
        else:
            what = "the connection was lost" if sent else "no connection"
            failure = UpstreamError(Kind.UNREACHABLE, what, sent=sent)
    except (
        openai.OpenAIError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        ArithmeticError,
    ):
        failure = UpstreamError(Kind.PROTOCOL, "not the protocol")
    # Raised out here: as the context of a traceback, the SDK's error would show the response.
    raise failure
