"""When a request is tried again, how long is waited, and what counts as too large."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.shared.retrying import Failure, Retrying, retry_after_s

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 01 May 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 01 May 2026 14:00:30 +0200"}, 30.0),
        ({"retry-after": "Fri, 01 May 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
    ],
    ids=str,
)
def test_retry_after_is_read_in_every_form(headers, seconds):
    """Seconds, milliseconds, a date in any zone; what can't be read is as good as absent."""
    assert retry_after_s(headers, NOW) == seconds


@given(st.integers(1, 60), st.floats(0, 10), st.floats(0, 100))
def test_backoff_is_bounded(attempt, first_wait_s, max_wait_s):
    """Every wait is between half and all of the doubled first one, and never above the longest."""
    wait_s = Retrying(100, first_wait_s, max_wait_s).wait_s(Failure(500, "broken"), attempt)
    full_s = min(max_wait_s, first_wait_s * 2.0 ** (attempt - 1))
    assert wait_s is not None
    assert full_s / 2 <= wait_s <= full_s
    assert Retrying(10**6, first_wait_s, max_wait_s).wait_s(Failure(500, "broken"), 10**5) <= max_wait_s


@given(st.floats(0, 60), st.floats(0, 10))
def test_the_server_s_wish_is_kept_in_full(asked_s, first_wait_s):
    """Never back before the server asks, never later than the longest wait."""
    wait_s = Retrying(9, first_wait_s, 60.0).wait_s(Failure(429, "busy", retry_after_s=asked_s), 1)
    assert wait_s is not None
    assert asked_s <= wait_s <= 60.0


def test_the_last_attempt_is_the_last():
    """Three attempts: two waits."""
    retrying = Retrying(max_attempts=3)
    waits = [retrying.wait_s(Failure(None, "no connection"), attempt) for attempt in (1, 2, 3)]
    assert [wait is None for wait in waits] == [False, False, True]


@pytest.mark.parametrize(
    ("failure", "passes"),
    [(Failure(None, ""), True)]
    + [(Failure(status, ""), True) for status in (408, 409, 429, 500, 502, 503, 504, 529)]
    + [(Failure(status, ""), False) for status in (301, 400, 401, 403, 404, 413, 422)]
    + [(Failure(429, "", code="insufficient_quota"), False)],
    ids=str,
)
def test_what_may_pass(failure, passes):
    """No connection, 408, 409, 429 and 5xx may pass; other answers, and an empty account, don't."""
    assert failure.may_pass is passes


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens, however you requested 9000 tokens",
        "Invalid 'input[3]': maximum input length is 8192 tokens.",
        "Requested 346134 tokens, max 300000 tokens per request",
        "'$.input' is too long.",
        "batch size 33 > maximum allowed batch size 32",
        "`inputs` must have less than 512 tokens. Given: 600",
        "batch size is invalid, it should not be larger than 10.",
        "Illegal param: prefill 744 tokens exceed n_ctx_per_seq, try increasing total context size",
        "the input length exceeds the context length",
        "Too many inputs in request, split into more batches.",
        "at most 100 requests can be in one batch",
    ],
)
def test_servers_say_too_large_in_many_ways(words):
    """The wordings of OpenAI, vLLM, text-embeddings-inference, llama.cpp, Ollama, DashScope, Mistral and Gemini."""
    assert Failure(400, words).is_too_large
    assert Failure(422, words).is_too_large


# Where the wordings were seen stands beside each.
SAID_WITH_ANY_STATUS = {
    "input (992 tokens) is too large to process. increase the physical batch size": "lemonade-sdk/lemonade#3591",
    "input is too large to process. increase the physical batch size": "ggml-org/llama.cpp#11105",
    "input is larger than the max context size. skipping": "ggml-org/llama.cpp#10030",
    "the request exceeds the available context size. try increasing the context size": "ggml-org/llama.cpp#15780",
    "request (25837 tokens) exceeds the available context size (25088 tokens)": "llmmllab/llmmllab-api#69",
    "decoding exceeds the available context size. try increasing the context size.": "gpustack/gpustack#1359",
    "input prompt is too big compared to KV size, please increase KV size": "gpustack/gpustack#1357",
    "Illegal param: prefill 744 tokens exceed n_ctx_per_seq": "gpustack/gpustack#1845",
    "Requested tokens (2285) exceed context window of 2048": "fedora-copr/logdetective-website#193",
    "the input length exceeds the context length": "nano-step/nano-brain#208",
    "input length exceeds maximum context length": "n8n-io/n8n#11144",
    "Input validation error: `inputs` must have less than 512 tokens. Given: 534": "text-embeddings-inference#356",
    "Input validation error: `inputs` must have less than 32000 characters. Given: 67337": "#394 there",
    "This model's maximum context length is 8192 tokens, however you requested 25701": "sugarforever/chat-ollama#130",
    "Input length 548 exceeds maximum allowed token size 512": "langchain-ai/langchain-nvidia#20",
    "The input token count (2845475) exceeds the maximum number of tokens": "google-gemini/gemini-cli#4692",
    "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 31538": "TheR1D/shell_gpt#653",
}


@pytest.mark.parametrize("words", SAID_WITH_ANY_STATUS)
@pytest.mark.parametrize("status", [400, 413, 422, 429, 500, 502, 200])
def test_words_that_mean_nothing_but_size_count_with_any_status(words, status):
    """llama.cpp says so with 500, OpenAI with 429, some with 200: to send the same again is in vain."""
    failure = Failure(status, words)
    assert failure.is_too_large
    assert not failure.may_pass


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (429, "Too many requests"),
        (429, "Rate limit reached for gpt-4 on tokens per min (TPM): Limit 10000, Used 8554, Requested 3082."),
        (429, "This request would exceed the rate limit for your organization of 20,000 input tokens per minute."),
        (429, "Requests have exceeded call rate limit of your current OpenAI S0 pricing tier."),
        (429, "You exceeded your current quota, please check your plan and billing details."),
        (429, "Request rate too large"),
        (500, "upstream connection exceeded the time limit"),
        (500, "failed to encode response: json: unsupported value: NaN"),
        (503, "The batch queue is too long, try later"),
        (500, "The server had an error while processing your request"),
        (None, "no connection"),
    ],
)
def test_what_only_sounds_like_size_is_tried_again(status, words):
    """Rates, quotas, queues and times pass; halving heals none of them."""
    failure = Failure(status, words)
    assert not failure.is_too_large
    assert failure.may_pass


@pytest.mark.parametrize(
    "words",
    [
        "Invalid value for 'dimensions' = 9999. Must be less than or equal to the maximum of 1536 for input",
        "you must provide a model parameter",
        "'$.input' is invalid.",
        "encoding_format base64 is not supported",
    ],
)
def test_other_refusals_are_not_too_large(words):
    """Halving heals none of these."""
    assert not Failure(400, words).is_too_large
