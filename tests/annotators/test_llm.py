"""The annotator `llm`, against a real server in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import traceback

import numpy as np
import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, EmotopyError, InputError, ProviderError, UnknownName
from emotopy.pathways.annotation.pathway import PricedAnnotator, RepeatedAnnotator
from emotopy.roles import Annotator, Fingerprinted, Host
from emotopy_plugins.annotators import llm as plugin
from emotopy_plugins.annotators.llm import LlmAnnotator, register_annotators

pytestmark = pytest.mark.usefixtures("flags")

KEY = "hunter2-correct-horse-battery"
EMOTIONS = ("joy", "fear", "anger")
STORY = [f"and then thing number {i} happened" for i in range(7)]


def rating_of(segment: str, emotion: str) -> float:
    """What the server says, found out independently of its code."""
    return hashlib.sha256(f"{segment}\0{emotion}".encode()).digest()[0] % 91 / 100


def expected(segments, emotions=EMOTIONS) -> np.ndarray:
    return np.array([[rating_of(segment, emotion) for emotion in emotions] for segment in segments])


# What comes back ----------------------------------------------------------------------------------------------------


def test_a_row_is_the_rating_of_its_segment(make):
    """Rows come in the order of the story, columns in that of the emotions."""
    np.testing.assert_allclose(make().annotate(STORY, EMOTIONS), expected(STORY), atol=1e-9)


def test_it_keeps_the_role_and_its_capabilities(make):
    """It is an annotator that can repeat itself, be priced and be fingerprinted."""
    annotator = make()
    for protocol in (Annotator, RepeatedAnnotator, PricedAnnotator, Fingerprinted):
        assert isinstance(annotator, protocol)
    assert set(register_annotators()) == {"llm"}


def test_a_request_holds_schema_temperature_and_prompt(make, server):
    """The strictest form is asked for first: a strict schema with a bounded number per emotion, temperature 0."""
    make(model="some-model").annotate(STORY[:1], ("joy", "home sickness"))
    (request,) = server.requests
    described = request["response_format"]["json_schema"]
    assert (request["model"], request["temperature"], described["strict"]) == ("some-model", 0, True)
    assert described["schema"]["required"] == ["joy", "home sickness"]
    assert described["schema"]["properties"]["joy"] == {"type": "number", "minimum": 0, "maximum": 1}
    assert described["schema"]["additionalProperties"] is False
    system = request["messages"][0]["content"]
    assert "- joy: pleasure and happiness\n- home sickness\n" in system
    assert "$" not in system


def test_context_is_what_came_before_and_never_what_comes(make, server):
    """Each request holds the segment and up to `context` segments before it, oldest first."""
    make(context=2, concurrency=1).annotate(STORY[:4], EMOTIONS)
    assert [(sent["context"], sent["segment"]) for sent in server.sent] == [
        ([], STORY[0]),
        ([STORY[0]], STORY[1]),
        ([STORY[0], STORY[1]], STORY[2]),
        ([STORY[1], STORY[2]], STORY[3]),
    ]


def test_without_context_equal_segments_are_asked_once(make, server):
    """What would be sent twice is sent once."""
    ratings = make(context=0).annotate([STORY[0], STORY[1], STORY[0]], EMOTIONS)
    assert len(server.requests) == 2
    np.testing.assert_allclose(ratings, expected([STORY[0], STORY[1], STORY[0]]), atol=1e-9)


def test_temperature_none_is_left_to_the_server(make, server):
    """Models that take no temperature get none."""
    make(temperature=None).annotate(STORY[:1], EMOTIONS)
    assert "temperature" not in server.requests[0]


def test_repeats_are_asked_and_averaged(make, server):
    """Each repeat is a request of its own; `annotate` is their mean."""
    server.reset(drift=0.005)
    annotator = make(repeats=3, concurrency=1)
    repeats = annotator.annotate_repeats(STORY[:2], EMOTIONS)
    assert repeats.shape == (3, 2, 3)
    drifts = 0.005 * np.arange(6).reshape(3, 2, 1)
    np.testing.assert_allclose(repeats, expected(STORY[:2]) + drifts, atol=1e-6)
    np.testing.assert_allclose(annotator.annotate(STORY[:2], EMOTIONS), repeats.mean(axis=0))
    assert len(server.requests) == 6


def test_masked_names_never_leave_the_machine(make, server):
    """With `mask_names` neither segment nor context shows a name; each keeps its placeholder through the story."""
    story = ["there sat Alice by a White Rabbit", "so Alice ran", "Alice fell past Dinah and the white jars"]
    make(mask_names=True, names=["White Rabbit"], concurrency=1).annotate(story, EMOTIONS)
    assert server.sent[2] == {
        "context": ["there sat Name1 by a Name2", "so Name1 ran"],
        "segment": "Name1 fell past Name3 and the white jars",
    }
    assert "Alice" not in json.dumps(server.requests)


# Forms of answer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refuse", "form", "words"),
    [(["json_schema"], "json_object", "a plain JSON object"), (["json_schema", "json_object"], "text", "plain text")],
)
def test_a_server_without_schemas_is_asked_otherwise(make, server, tmp_path, refuse, form, words):
    """A refused form is followed by the next one, for good, and a note says so, in a run from the cache too."""
    server.reset(refuse=refuse)
    said: list[str] = []
    options = {"concurrency": 1, "host": Host(cache_dir=tmp_path, notify=said.append)}
    np.testing.assert_allclose(make(**options).annotate(STORY, EMOTIONS), expected(STORY), atol=1e-9)
    assert [request["form"] for request in server.requests] == [*refuse, *[form] * 7]
    (note,) = said
    assert f"7 of 7 answers were requested as {words}" in note
    make(**options).annotate(STORY, EMOTIONS)
    assert said == [note, note]


def test_a_server_that_refuses_every_form_is_an_error_with_its_first_reason(make, server):
    """Nothing is left to try; the refusal of the strictest form is shown."""
    server.reset(refuse=["json_schema", "json_object", "text"])
    with pytest.raises(ProviderError, match=r"segment 1 of 1.*HTTP 400: response_format json_schema is not supported"):
        make().annotate(STORY[:1], EMOTIONS)


def test_a_fixed_form_is_not_left(make, server):
    """`response_format` set by the user is used alone."""
    make(response_format="json_object").annotate(STORY[:1], EMOTIONS)
    server.reset(refuse=["text"])
    with pytest.raises(ProviderError, match="response_format text"):
        make(response_format="text").annotate(STORY[:1], EMOTIONS)
    assert [request["form"] for request in server.requests] == ["text"]


@pytest.mark.parametrize("kind", ["fenced", "capitals"])
def test_an_object_with_something_around_it_counts(make, server, kind):
    """Prose and code fences around the object, further keys and capitals in keys are passed over."""
    server.reset({"answer": kind})
    np.testing.assert_allclose(make().annotate(STORY[:1], EMOTIONS), expected(STORY[:1]), atol=1e-9)
    assert len(server.requests) == 1


# Faults -------------------------------------------------------------------------------------------------------------

UNUSABLE = {
    "prose": r"prose \(42 characters\) without a JSON object",
    "wrong_keys": "an object with wrong keys: joy, fear, anger lacking",
    "above": "joy is out of range: 7, wanted 0 to 1",
    "below": r"joy is out of range: -0\.1, wanted 0 to 1",
    "nan": "joy is out of range: nan, wanted 0 to 1",
    "words": "joy is no number",
    "half": "half a JSON object",
    "empty": "an empty answer",
    "cut": "an incomplete answer, truncated at the token limit of the server",
    "filtered": "truncated by the content filter of the server",
    "refusal": r"a refusal \(I can't help with that\.\)",
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_answer_that_cannot_be_used_is_asked_for_again(make, server, kind):
    """One spoilt answer costs a request and a line in the log, no more."""
    server.reset({"answer": kind}, {"answer": kind})
    told: list[str] = []
    ratings = make(host=Host(log=told.append)).annotate(STORY[:1], EMOTIONS)
    np.testing.assert_allclose(ratings, expected(STORY[:1]), atol=1e-9)
    assert len(server.requests) == 3
    assert len(told) == 2


@pytest.mark.parametrize(("kind", "words"), UNUSABLE.items())
def test_answers_that_stay_unusable_are_an_error_that_names_the_segment(make, server, kind, words):
    """After `retries` more requests the error says which segment, what came, how often, and what to do."""
    server.reset({}, {}, *[{"answer": kind}] * 9)
    told: list[str] = []
    with pytest.raises(ProviderError, match=f"segment 3 of 7: wanted a number.*{words}, 2 times.*annotator.retries"):
        make(retries=1, concurrency=1, host=Host(log=told.append)).annotate(STORY, EMOTIONS)
    assert [sent["segment"] for sent in server.sent] == [*STORY[:2], STORY[2], STORY[2]], told


@pytest.mark.parametrize("raw", ["<html>log in</html>", "[]", '{"choices": []}', '{"choices": [{"message": 3}]}', "{"])
def test_what_is_no_completion_is_an_error_that_asks_for_the_url(make, server, raw):
    """A login page, or JSON of another form, is no answer."""
    server.reset(*[{"raw": raw}] * 9)
    with pytest.raises(ProviderError, match=r"no chat completion .*base_url"):
        make(retries=0).annotate(STORY[:1], EMOTIONS)


@pytest.mark.parametrize("fault", [{"status": 429, "headers": {"Retry-After": "0"}}, {"status": 500}, {"drop": True}])
def test_what_passes_is_tried_again(make, server, fault):
    """Busy, broken and interrupted servers are asked again in the same form."""
    server.reset(fault, fault)
    np.testing.assert_allclose(make().annotate(STORY[:1], EMOTIONS), expected(STORY[:1]), atol=1e-9)
    assert [request["form"] for request in server.requests] == ["json_schema"] * 3


@pytest.mark.parametrize("status", [429, 500])
def test_a_server_that_stays_broken_is_an_error_and_finished_work_is_kept(make, server, tmp_path, status):
    """The error names the segment and the status; the next run asks only for what is missing."""
    server.reset({}, {}, {}, *[{"status": status}] * 9)
    options = {"concurrency": 1, "max_attempts": 2, "host": Host(cache_dir=tmp_path)}
    with pytest.raises(ProviderError, match=rf"segment 4 of 7\) failed \(attempt 2\): HTTP {status}.*Answers so far"):
        make(**options).annotate(STORY, EMOTIONS)
    server.reset()
    np.testing.assert_allclose(make(**options).annotate(STORY, EMOTIONS), expected(STORY), atol=1e-9)
    assert [sent["segment"] for sent in server.sent] == STORY[3:]


def test_a_segment_that_is_too_long_is_named(make, server):
    """The advice is to shorten the segment or its context."""
    server.reset({"status": 400, "body": {"error": {"message": "maximum context length is 9 tokens"}}})
    with pytest.raises(ProviderError, match=r"segment 1 of 1 is too long .*annotator\.context"):
        make().annotate(STORY[:1], EMOTIONS)
    assert len(server.requests) == 1


def test_the_key_is_in_no_error_traceback_or_repr(make, server, tmp_path):
    """A server that repeats the key in its error doesn't get it into ours, nor into the cache."""
    server.reset({"echo": 401})
    annotator = make(host=Host(cache_dir=tmp_path))
    with pytest.raises(ProviderError, match="Check the key in OPENAI_API_KEY") as caught:
        annotator.annotate(STORY[:1], EMOTIONS)
    shown = "".join(traceback.format_exception(caught.value)) + repr(annotator) + annotator.fingerprint
    assert KEY not in shown
    annotator.annotate(STORY[:1], EMOTIONS)
    assert server.requests[1]["authorization"] == f"Bearer {KEY}"
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_an_empty_segment_is_an_error_before_anything_is_sent(make, server):
    """Nobody is asked about silence."""
    with pytest.raises(InputError, match="segment 2 is empty"):
        make().annotate(["so", " "], EMOTIONS)
    assert server.requests == []


# The cache ----------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_twice(make, server, tmp_path):
    """A second run sends nothing and returns the very same numbers."""
    first = make(host=Host(cache_dir=tmp_path)).annotate(STORY, EMOTIONS)
    server.reset()
    np.testing.assert_array_equal(make(host=Host(cache_dir=tmp_path)).annotate(STORY, EMOTIONS), first)
    assert server.requests == []


@pytest.mark.parametrize(
    "change", [{"model": "other"}, {"temperature": 0.5}, {"context": 1}, {"response_format": "text"}], ids=str
)
def test_whatever_an_answer_depends_on_is_in_its_key(make, server, tmp_path, change):
    """Another model, parameter or context is another answer."""
    make(host=Host(cache_dir=tmp_path)).annotate(STORY[:3], EMOTIONS)
    server.reset()
    make(host=Host(cache_dir=tmp_path), **change).annotate(STORY[:3], EMOTIONS)
    assert len(server.requests) == (1 if change == {"context": 1} else 3)


def test_more_repeats_ask_only_for_those_that_are_new(make, server, tmp_path):
    """The number of the repeat is part of the key, how many there are isn't."""
    make(host=Host(cache_dir=tmp_path)).annotate(STORY[:3], EMOTIONS)
    server.reset()
    make(host=Host(cache_dir=tmp_path), repeats=3).annotate(STORY[:3], EMOTIONS)
    assert len(server.requests) == 6


def test_the_cache_holds_numbers_and_no_text(make, tmp_path):
    """One file, readable by its owner alone, without a word of the story."""
    make(host=Host(cache_dir=tmp_path)).annotate(STORY, EMOTIONS)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"happened" not in file.read_bytes()
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT count(*) FROM vectors").fetchone() == (7,)
    db.close()


def test_ctrl_c_keeps_what_has_arrived(server, tmp_path):
    """A run that is interrupted while the server is busy goes on where it stopped."""
    code = (
        "import sys; from pathlib import Path; from emotopy.roles import Host\n"
        "from emotopy_plugins.annotators.llm import LlmAnnotator\n"
        f"host = Host(cache_dir=Path({str(tmp_path)!r}))\n"
        f"annotator = LlmAnnotator(base_url={server.url!r}, concurrency=1, host=host)\n"
        f"annotator.annotate({STORY!r}, {EMOTIONS!r})\n"
    )
    server.reset(hold_after=3)
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, env=dict(os.environ)) as running:
        try:
            server.wait_until_asked(4)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=120)
        finally:
            running.kill()
    assert running.returncode != 0
    assert b"KeyboardInterrupt" in said
    server.reset()
    host = Host(cache_dir=tmp_path)
    ratings = LlmAnnotator(base_url=server.url, concurrency=1, host=host).annotate(STORY, EMOTIONS)
    np.testing.assert_allclose(ratings, expected(STORY), atol=1e-9)
    assert [sent["segment"] for sent in server.sent] == STORY[3:]


# Estimates and options ----------------------------------------------------------------------------------------------


def test_the_estimate_bounds_what_is_sent_and_sends_nothing(make, server, tmp_path):
    """Requests are counted exactly, tokens bounded by bytes, what is in the cache isn't counted."""
    host = Host(cache_dir=tmp_path)
    priced = {"usd_per_million_input_tokens": 1.0, "usd_per_million_output_tokens": 10.0}
    make(host=host).annotate(STORY[:2], EMOTIONS)
    server.reset()
    estimate = make(host=host, repeats=2, **priced).estimate(STORY, EMOTIONS)
    assert server.requests == []
    assert (estimate.n_texts, estimate.n_cached, estimate.n_requests) == (7, 2, 12)
    make(host=host, repeats=2).annotate(STORY, EMOTIONS)
    sent = sum(len(message["content"].encode()) for request in server.requests for message in request["messages"])
    assert sent < estimate.n_tokens < 3 * sent
    assert sent / 1e6 < estimate.cost_usd < 10 * estimate.n_tokens / 1e6
    assert make().estimate(STORY, EMOTIONS).cost_usd is None


def test_listed_prices_are_for_openai_alone(monkeypatch):
    """OpenAI's list price is known for its default model; the user is told that segments leave the machine."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    said: list[str] = []
    assert LlmAnnotator(host=Host(notify=said.append)).estimate(STORY, EMOTIONS).cost_usd > 0
    assert said == ["Segments are sent to api.openai.com/v1 to be rated by gpt-4.1-mini, so they leave this machine."]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": " "}, "annotator.model"),
        ({"context": -1}, "annotator.context"),
        ({"repeats": 0}, "annotator.repeats"),
        ({"temperature": -0.1}, "annotator.temperature"),
        ({"retries": -1}, "annotator.retries"),
        ({"concurrency": 0}, "annotator.concurrency"),
        ({"timeout_s": float("nan")}, "annotator.timeout_s"),
        ({"names": ["Alice"]}, "mask_names = true"),
        ({"names": "Alice", "mask_names": True}, "annotator.names: wanted list of strings"),
        ({"base_url": "http://example.org/v1"}, "annotator.base_url: http:// would send"),
        ({"key_variable": "sk-123456"}, "annotator.key_variable"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_options_out_of_range_are_refused(options, words):
    """The message starts with the option's key."""
    with pytest.raises(ConfigError, match=words):
        Registry([plugin]).make("annotator", "llm", **options)


def test_an_unknown_prompt_names_those_there_are():
    """Prompts ship by name and version."""
    with pytest.raises(UnknownName, match=r"there is no prompt 'emotion-1'.*emotions-1"):
        LlmAnnotator(prompt="emotion-1")


def test_a_missing_key_says_which_and_what_works_offline(monkeypatch):
    """Without a key, the error proposes the offline annotator."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(EmotopyError, match=r"OPENAI_API_KEY, which isn't set.*annotator=anchors"):
        LlmAnnotator().annotate(STORY[:1], EMOTIONS)


def test_the_published_prompt_is_never_changed():
    """Ratings are kept and published under the prompt's hash: a new wording is a new version."""
    from emotopy_plugins.annotators.llm import load_prompt

    digest = "18f361c62694ee3287a4c1a1791ff9daa64d2939611f9da6c8d29f50eb9c1585"
    assert load_prompt("emotions-1").sha256 == digest
