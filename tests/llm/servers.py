"""How servers of the protocol stream an answer: a table of recorded and hand-written streams.

Each row is what one server sends for one call, and what a customer and the ledger have to get of
it. The prompt is `tests.llm.asking.QUESTION`, in the output limit of 200 tokens.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from billing.prices.pricing import Usage
from chatsite.llm import FinishReason, Kind

DONE = b"data: [DONE]\n\n"
STOP = FinishReason.STOP


def event(**fields: Any) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(fields)


def chunk(delta: object, finish: object = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return event(**head, choices=[choice], **fields)


def counts(given: int, made: int, **others: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    return usage | others


@dataclass(frozen=True, slots=True)
class Stream:
    """What is sent, and what comes of it: the answer, or the error without a second call.

    `usage`: as the provider said it; None where it did not. `why`: of an estimate, its reason;
    then the half of `usage` that is zero is counted here.
    """

    server: str
    sent: Sequence[bytes]
    text: str = "Hello."
    end: FinishReason | Kind = STOP
    usage: Usage | None = None
    why: str = ""
    content_type: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    model: str = "m"
    service_tier: str = ""


ROLE = chunk({"role": "assistant", "content": ""})
HEL, LO = chunk({"content": "Hel"}), chunk({"content": "lo."})
WORDS = (ROLE, HEL, LO)
BILL = event(model="m", choices=[], usage=counts(31, 2))
ZERO = "The provider reported zero tokens; counted here."
THIRTY_ONE = Usage(31, 2)

STREAMS = (
    Stream(
        "OpenAI",
        [
            chunk({"role": "assistant", "content": "", "refusal": None}, usage=None),
            chunk({"content": "Hel"}, usage=None, obfuscation="x7Kq"),
            chunk({"content": "lo."}, usage=None, obfuscation="a"),
            chunk({}, "stop", usage=None),
            event(
                model="m",
                service_tier="default",
                choices=[],
                usage=counts(
                    31,
                    2,
                    prompt_tokens_details={"cached_tokens": 16, "audio_tokens": 0},
                    completion_tokens_details={"reasoning_tokens": 0, "audio_tokens": 0},
                ),
            ),
            DONE,
        ],
        usage=Usage(31, 2, 16),
        service_tier="default",
    ),
    Stream(
        "OpenAI, the service tier on the first chunk alone",
        [chunk({"role": "assistant"}, service_tier="flex"), HEL, LO, chunk({}, "stop"), BILL, DONE],
        usage=THIRTY_ONE,
        service_tier="flex",
    ),
    Stream(
        "Azure OpenAI",
        [
            event(
                choices=[],
                created=0,
                id="",
                model="",
                object="",
                prompt_filter_results=[{"prompt_index": 0, "content_filter_results": {}}],
            ),
            chunk({"role": "assistant", "content": ""}, content_filter_results={}),
            HEL,
            LO,
            chunk({}, "stop"),
            event(
                id="",
                model="",
                object="",
                choices=[
                    {
                        "index": 0,
                        "finish_reason": None,
                        "content_filter_offsets": {"check_offset": 0},
                        "content_filter_results": {"hate": {"filtered": False}},
                    }
                ],
            ),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "Azure OpenAI, filtered",
        [ROLE, HEL, chunk({}, "content_filter"), DONE],
        text="Hel",
        end=FinishReason.CONTENT_FILTER,
    ),
    Stream(
        "LiteLLM",
        [HEL, LO, chunk({}, "stop"), chunk({}, usage=counts(31, 2)), DONE],
        usage=THIRTY_ONE,
    ),
    Stream(
        "LiteLLM, with Anthropic behind it",
        [
            HEL,
            LO,
            chunk({}, "stop"),
            event(
                model="m",
                choices=[],
                usage=counts(
                    1031,
                    2,
                    cache_read_input_tokens=1000,
                    cache_creation_input_tokens=20,
                    prompt_tokens_details={"cached_tokens": 1000, "cache_creation_tokens": 20},
                ),
            ),
            DONE,
        ],
        usage=Usage(1031, 2, 1000, 20),
    ),
    Stream(
        "vLLM, usage on every chunk",
        [
            chunk({"role": "assistant", "content": ""}, usage=counts(31, 0)),
            chunk({"content": "Hel"}, usage=counts(31, 1)),
            chunk({"content": "lo."}, "stop", usage=counts(31, 2), stop_reason=None),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "vLLM, a model that thinks",
        [
            ROLE,
            chunk({"reasoning_content": "They greet, "}),
            chunk({"reasoning": "so I do."}),
            *WORDS,
            chunk({}, "stop"),
            event(model="m", choices=[], usage=counts(31, 12)),
            DONE,
        ],
        usage=Usage(31, 12),
    ),
    Stream(
        "vLLM, given up",
        [ROLE, HEL, chunk({}, "abort"), DONE],
        text="Hel",
        end=Kind.BROKEN,
    ),
    Stream(
        "TGI",
        [HEL, LO, chunk({"content": ""}, "eos_token", usage=counts(31, 3)), DONE],
        usage=Usage(31, 3),
    ),
    Stream(
        "TGI, an error",
        [b'data: {"error": "Request failed during generation", "error_type": "generation"}\n\n'],
        text="",
        end=Kind.BROKEN,
    ),
    Stream("Ollama", [HEL, LO, chunk({"content": ""}, "stop"), BILL, DONE], usage=THIRTY_ONE),
    Stream(
        "Ollama, without stream options",
        [HEL, LO, chunk({"content": ""}, "stop"), DONE],
    ),
    Stream(
        "LM Studio, an error as an event",
        [b'event: error\ndata: {"error": {"message": "Model unloaded."}}\n\n'],
        text="",
        end=Kind.BROKEN,
    ),
    Stream(
        "llama.cpp",
        [
            chunk({"role": "assistant", "content": None}),
            HEL,
            LO,
            chunk({}, "stop"),
            event(model="m", choices=[], usage=counts(31, 2), timings={"prompt_n": 31}),
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "llama.cpp, half a character at a time",
        [
            chunk({"content": "Hello "}),
            b'data: {"choices": [{"index": 0, "delta": {"content": "\xf0\x9f"}}]}\n\n',
            b'data: {"choices": [{"index": 0, "delta": {"content": "\x98\x80 world"}}]}\n\n',
            chunk({}, "stop"),
            BILL,
            DONE,
        ],
        text="Hello 😀 world",
        usage=THIRTY_ONE,
    ),
    Stream(
        "OpenRouter, keeping the connection",
        [
            b": OPENROUTER PROCESSING\n\n" * 3,
            *WORDS,
            chunk({"content": ""}, "stop", native_finish_reason="end_turn"),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "OpenRouter, an error on the way",
        [
            HEL,
            event(
                error={"code": 502, "message": "Provider disconnected"},
                choices=[{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            ),
        ],
        text="Hel",
        end=Kind.BROKEN,
    ),
    Stream(
        "Mistral",
        [ROLE, HEL, chunk({"content": "lo."}, "stop", usage=counts(31, 2)), DONE],
        usage=THIRTY_ONE,
    ),
    Stream(
        "Mistral, a model that thinks in parts",
        [
            chunk(
                {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}
            ),
            chunk({"content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo."}]}),
            chunk({"content": ""}, "stop", usage=counts(31, 5)),
            DONE,
        ],
        usage=Usage(31, 5),
    ),
    Stream(
        "Mistral, at the context's end",
        [HEL, chunk({}, "model_length", usage=counts(31, 1)), DONE],
        text="Hel",
        end=FinishReason.LENGTH,
        usage=Usage(31, 1),
    ),
    Stream(
        "Groq",
        [
            chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}),
            HEL,
            LO,
            chunk({}, "stop", x_groq={"id": "req_1", "usage": counts(31, 2, total_time=0.1)}),
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "xAI, reasoning beside completion",
        [
            chunk({"role": "assistant", "reasoning_content": "Thinking... "}),
            HEL,
            LO,
            chunk({}, "stop"),
            event(
                model="m",
                choices=[],
                usage={
                    "prompt_tokens": 100,
                    "completion_tokens": 10,
                    "total_tokens": 410,
                    "completion_tokens_details": {"reasoning_tokens": 300},
                },
            ),
            DONE,
        ],
        usage=Usage(100, 310, reasoning_tokens=300),
    ),
    Stream(
        "Gemini",
        [
            chunk({"role": "assistant", "content": "Hel"}, usage=counts(31, 1, total_tokens=32)),
            chunk({"content": "lo."}, "stop", usage=counts(31, 2, total_tokens=233)),
            DONE,
        ],
        usage=Usage(31, 202),
        why="The total is larger than its parts.",
    ),
    Stream(
        "Gemini, an error in a list",
        [b'[{"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}]'],
        text="",
        end=Kind.OVERLOADED,
        content_type="application/json",
    ),
    Stream(
        "Gemini, held back",
        [HEL, chunk({}, "SAFETY", usage=counts(31, 1)), DONE],
        text="Hel",
        end=FinishReason.CONTENT_FILTER,
        usage=Usage(31, 1),
    ),
    Stream(
        "Anthropic",
        [
            *WORDS,
            chunk({}, "end_turn"),
            event(
                model="m",
                choices=[],
                usage={
                    "prompt_tokens": 11,
                    "completion_tokens": 2,
                    "cache_read_input_tokens": 1000,
                    "cache_creation_input_tokens": 20,
                },
            ),
            DONE,
        ],
        usage=Usage(1031, 2, 1000, 20),
    ),
    Stream(
        "DeepSeek",
        [
            b": keep-alive\n\n" * 2,
            chunk({"role": "assistant", "content": None, "reasoning_content": "Hm."}),
            HEL,
            chunk(
                {"content": "lo.", "reasoning_content": None},
                "stop",
                usage=counts(31, 9, prompt_cache_hit_tokens=16, prompt_cache_miss_tokens=15),
            ),
            DONE,
        ],
        usage=Usage(31, 9, 16),
    ),
    Stream(
        "DeepSeek, out of resources",
        [HEL, chunk({}, "insufficient_system_resource", usage=counts(31, 1)), DONE],
        text="Hel",
        end=Kind.BROKEN,
    ),
    Stream(
        "Moonshot, usage in the choice",
        [
            HEL,
            LO,
            event(
                model="m",
                choices=[
                    {"index": 0, "delta": {}, "finish_reason": "stop", "usage": counts(31, 2)}
                ],
            ),
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream("no finish, but usage and [DONE]", [*WORDS, BILL, DONE], usage=THIRTY_ONE),
    Stream("[DONE] alone", [*WORDS, DONE], end=FinishReason.UNCLEAR),
    Stream(
        "a finish in a word that nobody knows",
        [*WORDS, chunk({}, "xyzzy"), BILL, DONE],
        end=FinishReason.UNCLEAR,
        usage=THIRTY_ONE,
    ),
    Stream("a bare end of file", [*WORDS], end=Kind.BROKEN),
    Stream(
        "the last chunk, twice",
        [HEL, *[chunk({"content": "lo."}, "stop")] * 2, BILL, DONE],
        usage=THIRTY_ONE,
    ),
    Stream(
        "[DONE] without a newline",
        [*WORDS, chunk({}, "stop"), BILL, DONE.strip()],
        usage=THIRTY_ONE,
    ),
    Stream(
        "CRLF and a BOM, data without a space",
        [
            b"\xef\xbb\xbf"
            + b"".join([*WORDS, chunk({}, "stop"), BILL, DONE])
            .replace(b"data: ", b"data:")
            .replace(b"\n", b"\r\n")
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "one newline between events",
        [b"".join([*WORDS, chunk({}, "stop"), BILL, DONE]).replace(b"\n\n", b"\n")],
        usage=THIRTY_ONE,
    ),
    Stream(
        "JSON over several lines of data",
        [
            HEL,
            b'data: {"choices": [{"index": 0,\ndata:  "delta": {"content": "lo."},\n'
            b'data:  "finish_reason": "stop"}]}\n\n',
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "compressed, though nobody asked",
        [gzip.compress(b"".join([*WORDS, chunk({}, "stop"), BILL, DONE]))],
        headers={"Content-Encoding": "gzip"},
        usage=THIRTY_ONE,
    ),
    Stream(
        "no stream, but an answer at once",
        [
            orjson.dumps(
                {
                    "object": "chat.completion",
                    "model": "m",
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": "Hello."},
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": counts(31, 2),
                }
            )
        ],
        content_type="application/json",
        usage=THIRTY_ONE,
    ),
    Stream(
        "messages in place of deltas, a piece in each",
        [
            event(choices=[{"index": 0, "message": {"content": "Hel"}}]),
            event(choices=[{"index": 0, "message": {"content": "lo."}, "finish_reason": "stop"}]),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "messages in place of deltas, each longer than the last",
        [
            event(choices=[{"index": 0, "message": {"content": "Hel"}}]),
            event(choices=[{"index": 0, "message": {"content": "Hello."}}]),
            event(
                choices=[{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]
            ),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "the whole message after its deltas",
        [
            *WORDS,
            event(
                choices=[{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]
            ),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "choices missing on some chunks, usage null",
        [event(id="c-1", usage=None), event(choices=None), *WORDS, chunk({}, "stop"), BILL, DONE],
        usage=THIRTY_ONE,
    ),
    Stream(
        "usage of zero",
        [*WORDS, chunk({}, "stop"), event(model="m", choices=[], usage=counts(0, 0)), DONE],
        usage=Usage(0, 2),
        why=ZERO,
    ),
    Stream(
        "a completion of zero",
        [*WORDS, chunk({}, "stop"), event(model="m", choices=[], usage=counts(31, 0)), DONE],
        usage=Usage(31, 2),
        why=ZERO,
    ),
    Stream(
        "a prompt of zero",
        [*WORDS, chunk({}, "stop"), event(model="m", choices=[], usage=counts(0, 7)), DONE],
        usage=Usage(0, 7),
        why=ZERO,
    ),
    Stream(
        "an emoji in two halves",
        [
            b'data: {"choices": [{"delta": {"content": "Hello \\ud83d"}}]}\n\n',
            b'data: {"choices": [{"delta": {"content": "\\ude00 world"}}]}\n\n',
            chunk({}, "stop"),
            BILL,
            DONE,
        ],
        text="Hello 😀 world",
        usage=THIRTY_ONE,
    ),
    Stream(
        "half an emoji",
        [
            b'data: {"choices": [{"delta": {"content": "Hello \\ud83d"}}]}\n\n',
            b'data: {"choices": [{"delta": {"content": " world"}}]}\n\n',
            chunk({}, "stop"),
            BILL,
            DONE,
        ],
        text="Hello \ufffd world",
        usage=THIRTY_ONE,
    ),
    Stream(
        "bytes that are no UTF-8",
        [
            b'data: {"choices": [{"delta": {"content": "Caf\xe9 Hello"}}]}\n\n',
            chunk({}, "stop"),
            BILL,
            DONE,
        ],
        text="Caf\ufffd Hello",
        usage=THIRTY_ONE,
    ),
    Stream(
        "thinking in the text",
        [
            chunk({"content": "<thi"}),
            chunk({"content": "nk>PRI"}),
            chunk({"content": "VATE</th"}),
            chunk({"content": "ink>\n\nHel"}),
            LO,
            chunk({}, "stop"),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "signs of life as events",
        [
            b"event: ping\ndata: {}\n\n",
            b"data: ping\n\n",
            HEL,
            b'event: heartbeat\ndata: "still here"\n\n',
            b"data: : keep-alive\n\n",
            b'data: ""\n\n',
            LO,
            b"data: null\n\n",
            chunk({}, "stop"),
            BILL,
            b'data: "[DONE]"\n\n',
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "counts as fractions and as words",
        [
            *WORDS,
            chunk({}, "stop"),
            event(
                model="m",
                choices=[],
                usage={
                    "prompt_tokens": 31.0,
                    "completion_tokens": "2",
                    "total_tokens": 33.0,
                    "prompt_tokens_details": None,
                },
            ),
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "an index in words, and a second answer that nobody asked for",
        [
            event(choices=[{"index": "0", "delta": {"content": "Hel"}}], model="m"),
            event(choices=[{"index": 1, "delta": {"content": "Bye."}}], model="m"),
            event(choices=[{"index": "0", "delta": "lo."}], model="m"),
            event(choices=[{"index": "0", "delta": {}, "finish_reason": "stop"}], model="m"),
            BILL,
            DONE,
        ],
        usage=THIRTY_ONE,
    ),
    Stream(
        "a stop at the limit, in Anthropic's words",
        [
            HEL,
            chunk({}, "end_turn"),
            event(model="m", choices=[], usage={"input_tokens": 31, "output_tokens": 200}),
            DONE,
        ],
        text="Hel",
        end=FinishReason.LENGTH,
        usage=Usage(31, 200),
    ),
    Stream(
        "a stop at the limit, with reasoning beside",
        [
            HEL,
            chunk({}, "stop"),
            event(
                model="m",
                choices=[],
                usage={
                    "prompt_tokens": 31,
                    "completion_tokens": 50,
                    "total_tokens": 231,
                    "completion_tokens_details": {"reasoning_tokens": 150},
                },
            ),
            DONE,
        ],
        text="Hel",
        end=FinishReason.LENGTH,
        usage=Usage(31, 200, reasoning_tokens=150),
    ),
    Stream(
        "an answer that a server calls incomplete",
        [HEL, chunk({}, "incomplete"), BILL, DONE],
        text="Hel",
        end=FinishReason.LENGTH,
        usage=THIRTY_ONE,
    ),
    Stream(
        "Cloudflare, an error inside a 200",
        [b'{"success": false, "errors": [{"code": 7009, "message": "Upstream error"}]}'],
        text="",
        end=Kind.BROKEN,
        content_type="application/json",
    ),
    Stream(
        "Baidu, an error inside a 200",
        [b'{"error_code": 18, "error_msg": "Open api qps request limit reached"}'],
        text="",
        end=Kind.BROKEN,
        content_type="application/json",
    ),
    Stream(
        "a problem document inside a 200",
        [b'{"type": "about:blank", "title": "Service Unavailable", "status": 503}'],
        text="",
        end=Kind.OVERLOADED,
        content_type="application/problem+json",
    ),
    Stream(
        "HTML",
        [b"<!DOCTYPE html><html><body>Sign in to the network</body></html>"],
        text="",
        end=Kind.PROTOCOL,
        content_type="text/html",
    ),
    Stream(
        "no protocol at all",
        [HEL, b'data: "a string"\n\n', LO],
        text="Hel",
        end=Kind.PROTOCOL,
    ),
    Stream(
        "a call of a function",
        [chunk({"tool_calls": [{"index": 0}]}), chunk({}, "tool_calls"), BILL, DONE],
        text="",
        end=Kind.PROTOCOL,
    ),
    Stream(
        "a request refused inside a 200",
        [event(error={"code": 400, "message": "Bad request", "type": "invalid_request_error"})],
        text="",
        end=Kind.BAD_REQUEST,
    ),
    Stream(
        "a stop at the limit",
        [HEL, chunk({}, "stop"), event(model="m", choices=[], usage=counts(31, 200)), DONE],
        text="Hel",
        end=FinishReason.LENGTH,
        usage=Usage(31, 200),
    ),
)
