"""What a server says is found in whatever form of body it says it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.shared.server_words import read_words, refusal_in, wait_in_words

INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "45.5s"}
GOOGLE = {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": [{}, INFO]}}

BODIES = {
    "OpenAI": ({"error": {"message": "m", "type": "t", "param": None, "code": "c"}}, ("m", "c", None, None)),
    "a string": ({"error": "Model m is not loaded"}, ("Model m is not loaded", "", None, None)),
    "TEI": ({"error": "too big", "error_type": "Validation"}, ("too big", "Validation", None, None)),
    "TEI's OpenAI route": ({"message": "m", "code": 413, "type": "Validation"}, ("m", "Validation", 413, None)),
    "Google": (GOOGLE, ("Quota exceeded", "RESOURCE_EXHAUSTED", 429, 45.5)),
    "Google's list": ([GOOGLE], ("Quota exceeded", "RESOURCE_EXHAUSTED", 429, 45.5)),
    "a string with JSON": (
        {"error": {"message": json.dumps(GOOGLE), "code": 429, "status": "Too Many Requests"}},
        ("Quota exceeded", "RESOURCE_EXHAUSTED", 429, 45.5),
    ),
    "FastAPI": ({"detail": "Not Found"}, ("Not Found", "", None, None)),
    "FastAPI's list": (
        {"detail": [{"loc": ["body", "input", 0], "msg": "too long", "input": "my diary", "type": "x"}]},
        ("body.input.0: too long", "x", None, None),
    ),
    "SiliconFlow": ({"code": 20042, "message": "m", "data": None}, ("m", "", None, None)),
    "Spring": ({"status": 404, "error": "Not Found", "path": "/v1"}, ("Not Found", "", 404, None)),
    "both": ({"error": "Bad Request", "message": "no model"}, ("Bad Request: no model", "", None, None)),
    "said twice": ({"error": {"message": "n tokens"}, "detail": "n tokens"}, ("n tokens", "", None, None)),
    "OpenRouter": (
        {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": '{"error":"no GPU"}'}}},
        ("Provider returned error: no GPU", "", 502, None),
    ),
    "MiniMax": ({"base_resp": {"status_code": 2013, "status_msg": "no"}}, ("no", "", None, None)),
    "nothing": ({}, ("", "", None, None)),
}


@pytest.mark.parametrize("name", BODIES)
def test_words_code_status_and_wait_are_found(name):
    """A field that echoes the user's input is never taken."""
    body, expected = BODIES[name]
    words = read_words(json.dumps(body).encode())
    assert (words.message, words.code, words.status, words.wait_s) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"overloaded\n  now", "overloaded now"),
        (b'"a string"', "a string"),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"<html><head><title>502 Bad &amp; Gateway</title></head><body>x</body>", "502 Bad & Gateway"),
        (b"<!DOCTYPE html><style>p{}</style><p>Please <b>log</b> in", "Please log in"),
        (b"upstream <unknown> failed", "upstream <unknown> failed"),
        (b"[" * 100_000, None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_text_and_pages_are_shown_as_words(content, message):
    """Of a page its title, else its words; deep nesting is no crash."""
    words = read_words(content).message
    assert words == message or message is None


@pytest.mark.parametrize("name", BODIES)
def test_json_that_breaks_off_shows_members_of_the_server_only(name):
    """Cut anywhere: a part of the words that the whole says, and nothing of what was sent."""
    body, (message, *_) = BODIES[name]
    content = json.dumps(body).encode()
    whole_values = {" ".join(str(value).split()) for value in _leaves(body)}
    for end in range(1, len(content)):
        words = read_words(content[:end])
        assert "diary" not in words.message
        assert all(part in whole_values or part in message for part in words.message.split("; "))


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in _leaves(member)]
    return [leaf for member in value for leaf in _leaves(member)] if isinstance(value, list) else [value]


NAMES = ["error", "message", "detail", "details", "code", "status", "metadata", "raw", "loc", "errors", "choices"]
BODY = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)


@given(BODY)
def test_no_body_is_a_crash(body):
    """Any JSON at all gives words or none."""
    content = json.dumps(body).encode()
    assert isinstance(read_words(content).message, str)
    refusal_in(content)


@pytest.mark.parametrize(
    ("message", "wait_s"),
    [
        ("Please try again in 9.816s. Visit", 9.816),
        ("Please try again in 644ms.", 0.644),
        ("Please try again in 1m9.696s.", 69.696),
        ("Please try again in 7h12m0.5s", 25920.5),
        ("Please try again in 20s", 20.0),
        ("Please retry after 3 seconds. Please go here", 3.0),
        ("Please retry in 47.434392449s.", 47.434392449),
        ("Try again in 2 minutes", 120.0),
        ("wait for at least 5 sec", 5.0),
        ("Please try again later", None),
        ("retry 3 times", None),
        ("retry after 3 sessions", None),
        ("You can try again in 1999", None),
    ],
)
def test_a_wait_in_words_is_understood(message, wait_s):
    """Seconds, milliseconds, minutes and hours, alone or one after the other; a number without a unit is none."""
    found = wait_in_words(message)
    assert found == (None if wait_s is None else pytest.approx(wait_s))


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"embedding": [1]}], "error": None},
        {"choices": [{"message": {}}], "error": {}},
        {"data": [{"embedding": [1]}], "message": "served from cache"},
        {"data": [], "object": "list"},
        {"choices": []},
        [1, 2],
        [{"embedding": [[1]], "index": 0}],
        "words",
        {"embedding": [1]},
    ],
    ids=str,
)
def test_an_answer_is_no_refusal(body):
    """An empty `error` means none; a body that isn't understood is the reader's to complain about."""
    assert refusal_in(json.dumps(body).encode()) is None


@pytest.mark.parametrize(
    ("body", "message", "status"),
    [
        ({"error": "Model m is not loaded"}, "Model m is not loaded", None),
        ({"error": {"message": "m", "code": 429}, "choices": []}, "m", 429),
        ([{"error": {"message": "m"}}], "m", None),
        ({"choices": [{"error": {"message": "m", "code": 502}, "message": {"content": ""}}]}, "m", 502),
        ({"object": "error", "message": "m", "code": 404}, "m", 404),
        ({"detail": "m"}, "m", None),
        ({"code": 20012, "message": "m", "data": None}, "m", None),
        ({"vectors": None, "base_resp": {"status_code": 2013, "status_msg": "m"}}, "m", None),
    ],
    ids=str,
)
def test_an_error_with_http_200_is_a_refusal(body, message, status):
    """At the top, in a list, or in a choice."""
    refusal = refusal_in(json.dumps(body).encode())
    assert (refusal.message, refusal.status) == (message, status)
