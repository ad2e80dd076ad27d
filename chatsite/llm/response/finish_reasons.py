"""Why an answer ended, from whatever word a server has for it."""

import re
from enum import StrEnum


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    # It ended, and nobody said in known words whether it is whole.
    UNCLEAR = "unclear"


class NoAnswer(StrEnum):
    """Ends of what is no answer to a customer."""

    TOOL = "tool"  # the model calls a function, although it was given none
    ERROR = "error"  # the server gave up on the way


# By what the word holds, the first that fits. Known words: OpenAI, Azure: stop, length,
# content_filter, tool_calls, function_call. TGI: eos_token, stop_sequence. Anthropic: end_turn,
# max_tokens, refusal, tool_use, model_context_window_exceeded. Gemini: STOP, MAX_TOKENS, SAFETY,
# RECITATION, BLOCKLIST, PROHIBITED_CONTENT, SPII, MALFORMED_FUNCTION_CALL. Mistral: model_length,
# error. Cohere: COMPLETE, ERROR_TOXIC. DeepSeek: insufficient_system_resource. vLLM: abort.
# Zhipu: sensitive, network_error. Bedrock: guardrail_intervened.
_WORDS: tuple[tuple[re.Pattern[str], FinishReason | NoAnswer], ...] = (
    (
        re.compile(
            r"filter|safe|recit|block|prohibit|spii|refus|sensitiv|guard|moderat|flag|toxic|polic"
            r"|censor|copyright|harm|violat"
        ),
        FinishReason.CONTENT_FILTER,
    ),
    (re.compile(r"tool|function"), NoAnswer.TOOL),
    (
        re.compile(
            r"error|abort|cancel|insufficient|fail|timeout|overload|rate.?limit|interrupt|kill"
            r"|disconnect|preempt|out.of.memory|\boom\b|crash|unavailable"
        ),
        NoAnswer.ERROR,
    ),
    (
        re.compile(r"length|max|limit|trunc|exceed|context|incomplete|unfinished|partial|budget"),
        FinishReason.LENGTH,
    ),
    (
        re.compile(
            r"stop|\beos|eot|(\b|_)end|</s>|complete|done|finish(ed)?$|success|^(normal|natural)"
        ),
        FinishReason.STOP,
    ),
)
# What some send in place of null.
_NONE = {
    *("", "null", "none", "false", "unspecified", "finish_reason_unspecified", "not_finished"),
    *("in_progress", "pending", "running", "generating", "streaming", "continue"),
}


def read(word: object) -> FinishReason | NoAnswer | None:
    """None where it is no end."""
    if word is None:
        return None
    name = str(word).strip().lower()
    if name in _NONE:
        return None
    name = name.removeprefix("finish_reason_").removeprefix("finishreason.")
    return next((end for pattern, end in _WORDS if pattern.search(name)), FinishReason.UNCLEAR)
