"""The embedders `openai` and `ada-002`, against a real server in a process of its own."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import stat
import subprocess
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, EmotopyError, InputError, ProviderError
from emotopy.roles import Embedder, Estimate, Fingerprinted, Host, Priced
from emotopy_plugins.embedders import openai as plugin

pytestmark = pytest.mark.usefixtures("flags")

SERVER = Path(__file__).with_name("openai_server.py")
KEY = "hunter2-correct-horse-battery"  # global: a traceback that shows locals mustn't find it in the test's own frame
MODEL = "text-embedding-3-small"


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


vector_of = _module(SERVER).vector_of


@attrs.frozen
class Server:
    """The test's hand on the server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def reset(self, *faults: dict[str, Any], **settings: Any) -> None:
        body = json.dumps({"settings": settings, "faults": faults}).encode()
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control", data=body).close()

    def report(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control") as answer:
            return json.load(answer)

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.report()["requests"]

    @property
    def sent(self) -> list[str]:
        return [text for request in self.requests for text in request["input"]]

    def wait_until_asked(self, n_requests: int) -> None:
        deadline = time.monotonic() + 30
        while len(self.requests) < n_requests:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {n_requests} requests came"
            time.sleep(0.02)


@pytest.fixture(scope="module")
def process() -> Iterator[Server]:
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        yield Server(int(running.stdout.readline()))
        running.communicate()  # closes its standard input, which ends it


@pytest.fixture
def server(process: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    process.reset()
    return process


@pytest.fixture
def make(server: Server) -> Callable[..., Any]:
    def make(**options: Any) -> Embedder:
        quick = {"base_url": server.url, "first_wait_s": 0.001, "max_wait_s": 2.0, "timeout_s": 20.0}
        return plugin.OpenAIEmbedder(**{**quick, **options})

    return make


def expected(texts: Sequence[str], model: str = MODEL, n_dims: int = 4) -> np.ndarray:
    return np.stack([vector_of(text, model, n_dims) for text in texts])


def some_texts(n_texts: int) -> list[str]:
    return [f"text number {i}" for i in range(n_texts)]


# What comes back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding_format", ["base64", "float"])
def test_a_row_is_the_vector_of_its_text(make, server, encoding_format):
    """Rows are float32 in the order of the texts, duplicates included, in either encoding."""
    texts = ["joy", "grief", "joy", "Ärger 😠", "calm"]
    vectors = make(encoding_format=encoding_format).embed(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected(texts), atol=1e-7)
    assert server.requests[0]["encoding_format"] == encoding_format


def test_answers_are_matched_by_index(make, server):
    """A server that answers in another order changes nothing."""
    server.reset(shuffle=True)
    texts = some_texts(17)
    np.testing.assert_array_equal(make().embed(texts), expected(texts))


def test_a_server_without_base64_is_understood(make, server):
    """Lists of numbers are read although base64 was asked for."""
    server.reset(lists=True)
    np.testing.assert_allclose(make().embed(["joy", "grief"]), expected(["joy", "grief"]), atol=1e-7)


def test_duplicates_are_sent_once(make, server):
    """A text that stands twice in a call is sent once."""
    make().embed(["joy", "grief", "joy", "joy"])
    assert server.sent == ["joy", "grief"]


def test_dimensions_are_asked_for_and_checked(make, server):
    """`dimensions` goes to the server; vectors of another length than asked for are an error."""
    assert make(dimensions=3).embed(["joy", "grief"]).shape == (2, 3)
    assert server.requests[0]["dimensions"] == 3
    server.reset({"answer": "wrong_length"})
    with pytest.raises(ProviderError, match="wanted 5 dimensions, got 3"):
        make(dimensions=5).embed(["joy"])


def test_ada_002_is_the_model_of_its_name(server):
    """`ada-002` asks for text-embedding-ada-002, without `dimensions`, which that model doesn't know."""
    server.reset(n_dims=1536)
    offers = plugin.register_embedders()
    assert set(offers) == {"openai", "ada-002"}
    assert offers["ada-002"](base_url=server.url).embed(["joy"]).shape == (1, 1536)
    (request,) = server.requests
    assert request["model"] == "text-embedding-ada-002"
    assert "dimensions" not in request


def test_it_is_an_embedder_that_can_be_priced_and_fingerprinted(make):
    """The object keeps the role's protocol and both capabilities."""
    embedder = make()
    assert isinstance(embedder, Embedder)
    assert isinstance(embedder, Priced)
    assert isinstance(embedder, Fingerprinted)


def test_it_works_inside_a_running_event_loop(make):
    """A notebook runs an event loop of its own; embedding from inside it works."""

    async def cell() -> np.ndarray:
        return make().embed(["joy"])

    np.testing.assert_array_equal(asyncio.run(cell()), expected(["joy"]))


# Limits -------------------------------------------------------------------------------------------------------------


def test_2049_texts_take_two_requests(make, server):
    """A request holds at most 2,048 inputs."""
    texts = some_texts(2049)
    np.testing.assert_array_equal(make(concurrency=1).embed(texts), expected(texts))
    assert [len(request["input"]) for request in server.requests] == [2048, 1]


def test_requests_hold_at_most_300000_bytes(make, server):
    """Bytes bound tokens from above: no request holds more than 300,000 of them, and none wastes half of that."""
    texts = [f"{i} " + "ä" * 4000 for i in range(90)]
    make(concurrency=1).embed(texts)
    sizes = [sum(len(text.encode()) for text in request["input"]) for request in server.requests]
    assert max(sizes) <= 300_000
    assert min(sizes[:-1]) > 290_000


def test_a_text_of_8192_bytes_is_never_split(make, server):
    """Up to 8,192 bytes a text can't have more than 8,192 tokens; above, three bytes are taken for a token."""
    texts = ["x" * 8192, "y " * 12_288]
    make().embed(texts)
    assert sorted(server.sent) == sorted(texts)


def test_a_text_that_is_too_long_is_the_weighted_mean_of_its_parts(make, server):
    """Parts are averaged by their length and brought back to unit norm; the cut falls on white space."""
    words = [f"word{i}" for i in range(30)]
    text = " ".join(words)
    (vector,) = make(max_text_tokens=30).embed([text])
    parts = server.sent
    assert len(parts) > 2
    assert max(len(part) for part in parts) <= 90
    assert len({len(part) for part in parts}) > 1
    assert [word for part in sorted(parts, key=text.index) for word in part.split()] == words
    mean = sum(len(part) * expected([part])[0].astype(float) for part in parts)
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_a_server_that_finds_a_text_too_long_gets_its_halves(make, server, tmp_path):
    """The refusal is followed by halving; the other texts of the request keep whole vectors, and all of it is kept."""
    server.reset(max_text_bytes=50)
    texts = [*some_texts(5), " ".join(f"word{i}" for i in range(20)), *some_texts(9)]
    vectors = make(host=Host(cache_dir=tmp_path)).embed(texts)
    np.testing.assert_array_equal(vectors[[0, 4, -1]], expected([texts[0], texts[4], texts[-1]]))
    assert np.linalg.norm(vectors[5]) == pytest.approx(1, abs=1e-6)
    server.reset()
    np.testing.assert_array_equal(make(host=Host(cache_dir=tmp_path)).embed(texts), vectors)
    assert server.sent == []


def test_a_split_that_the_server_asks_for_averages_all_parts_flat(make, server):
    """A text that is halved twice is the mean of its quarters by their lengths, as if it had been cut at once."""
    server.reset(max_text_bytes=40)
    text = " ".join(f"w{i}" for i in range(40))
    (vector,) = make().embed([text])
    parts = [text for request in server.requests if request["answered"] for text in request["input"]]
    assert len(parts) >= 4
    mean = sum(len(part) * expected([part])[0].astype(float) for part in parts)
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_a_part_that_occurs_twice_counts_twice(make, server):
    """Equal parts of one text are sent once, and weigh as often as they occur."""
    server.reset(max_text_bytes=30)
    (vector,) = make().embed(
        [" ".join(["grief"] * 10 + ["joyful"] * 5)]
    )  # halves: 'grief' × 8, the rest; then quarters
    parts = [text for request in server.requests if request["answered"] for text in request["input"]]
    assert sorted(parts) == ["grief grief grief grief", "grief grief joyful", "joyful joyful joyful joyful"]
    mean = sum(w * expected([part])[0].astype(float) for w, part in zip([2 * 23, 18, 27], sorted(parts), strict=True))
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_parts_that_cancel_out_are_an_error(make, server):
    """In one dimension unit vectors are 1 and −1: parts of equal length and opposite sign leave no direction."""
    server.reset(n_dims=1)
    words = {float(vector_of(word, n_dims=1)[0]): word for word in (f"{i:06}" for i in range(20))}
    with pytest.raises(ProviderError, match="split into 2 parts, but the vectors of the parts cancel out"):
        make(max_text_tokens=3).embed([f"{words[1.0]} {words[-1.0]}"])


@pytest.mark.parametrize("limits", [{"max_inputs": 10}, {"max_request_bytes": 200}])
def test_a_request_that_the_server_finds_too_large_is_halved(make, server, limits):
    """Servers with limits of their own are coped with, and every text is answered once."""
    server.reset(**limits)
    texts = some_texts(67)
    np.testing.assert_array_equal(make().embed(texts), expected(texts))
    answered = [text for request in server.requests if request["answered"] for text in request["input"]]
    assert sorted(answered) == sorted(texts)


def test_a_413_without_words_is_too_large_as_well(make, server):
    """A gateway's 413 says nothing but its number."""
    server.reset({"status": 413, "body": {}})
    np.testing.assert_array_equal(make().embed(["joy", "grief"]), expected(["joy", "grief"]))
    assert next(request["input"] for request in server.requests) == ["joy", "grief"]


def test_parts_that_are_held_are_not_sent_again(make, server, tmp_path):
    """Also where the whole text isn't held, since another run has put its parts together by another limit."""
    text = " ".join(f"word{i}" for i in range(40))
    host = Host(cache_dir=tmp_path)
    server.reset({"status": 413, "body": {}})
    first = make(host=host).embed([text])
    server.reset({"status": 413, "body": {}})
    np.testing.assert_array_equal(make(host=host, max_text_tokens=8000).embed([text]), first)
    assert [request["input"] for request in server.requests] == [[text]]


def test_a_short_text_that_is_refused_for_its_size_is_an_error(make, server):
    """Halving ends: a server that finds a word too long gets no further halves."""
    server.reset(max_text_bytes=2)
    with pytest.raises(ProviderError, match="maximum context length"):
        make().embed(["joy"])


# Faults -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 429, "headers": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}},
        {"status": 429},
        {"status": 408},
        {"status": 409},
        {"status": 500},
        {"status": 503, "body": "overloaded"},
        {"drop": True},
    ],
    ids=str,
)
def test_what_passes_is_tried_again(make, server, fault):
    """Busy, broken and interrupted servers are asked again, and each wait is told."""
    server.reset(fault, fault)
    told: list[str] = []
    np.testing.assert_array_equal(make(host=Host(log=told.append)).embed(["joy"]), expected(["joy"]))
    assert len(server.requests) == 3
    assert [line.partition("before ")[2] for line in told] == ["attempt 2 of 6", "attempt 3 of 6"]


def test_retry_after_is_waited_for(make, server):
    """The next attempt comes no earlier than the server asks."""
    server.reset({"status": 429, "headers": {"Retry-After": "1"}})
    make().embed(["joy"])
    first, second = server.requests
    assert second["time_s"] - first["time_s"] >= 1.0


def test_a_wait_that_is_too_long_ends_the_trying(make, server):
    """Coming back before the time the server names is pointless; the error says how long it asks for."""
    server.reset({"status": 429, "headers": {"Retry-After": "3600"}})
    with pytest.raises(ProviderError, match=r"asks to wait 3600 s, longer than embedder\.max_wait_s"):
        make().embed(["joy"])
    assert len(server.requests) == 1


def test_attempts_are_bounded(make, server):
    """After `max_attempts` the last failure is raised, with the request's id and what to do."""
    server.reset(*[{"status": 500}] * 9)
    with pytest.raises(ProviderError, match=r"request \[req-2\] .* failed \(attempt 3\): HTTP 500.*max_attempts"):
        make(max_attempts=3).embed(["joy"])
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"echo": 401}, "Check the key in OPENAI_API_KEY"),
        ({"status": 403}, "Check the key"),
        ({"status": 422, "body": {"detail": "z" * 999}}, r"HTTP 422: z{300} \.{4} The server rejects"),
        ({"status": 404, "body": {"error": {"message": "no such model"}}}, "no such model. Check embedder.model"),
        ({"status": 400, "body": {"error": {"message": "dimensions exceed the maximum of 5 tokens"}}}, "exceed"),
        ({"status": 429, "body": {"error": {"message": "quota", "code": "insufficient_quota"}}}, "credit"),
        ({"status": 307, "headers": {"Location": "/v1/elsewhere"}}, "HTTP 307"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_does_not_pass_is_not_tried_again(make, server, fault, words):
    """A refusal for good, an account without credit, and a redirect to who knows where end the run at once."""
    server.reset(fault)
    with pytest.raises(ProviderError, match=words):
        make().embed(["joy"])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "wanted 3 vectors, got 2; missing indices 2"),
        ("duplicate", "index 0 was returned twice"),
        ("foreign", "missing indices 2, unexpected indices 10"),
        ("extra", "wanted 3 vectors, got 4"),
        ("nan", "vector 2 contains NaN or infinity"),
        ("wrong_length", "one length, got lengths 3, 4"),
        ("words", "vector 2 is neither"),
        ("bad_base64", "vector 2 is neither"),
        ("null", "vector 2 is neither"),
        ("truncated", "isn't valid JSON: it breaks off or has an error at byte"),
        ("html", "isn't valid JSON"),
        ("other_json", "JSON of another form"),
    ],
)
def test_an_answer_that_is_none_is_an_error_that_names_the_request(make, server, kind, words):
    """Nothing of a spoilt answer is believed or kept."""
    server.reset({"answer": kind})
    embedder = make()
    with pytest.raises(ProviderError, match=words) as caught:
        embedder.embed(["joy", "grief", "calm"])
    assert str(caught.value).startswith(f"request [req-0] to 127.0.0.1:{server.port}/v1 (3 texts)")
    assert embedder.estimate(["joy", "grief", "calm"]).n_cached == 0


def test_another_model_behind_the_same_name_is_noticed(make, server, tmp_path):
    """Vectors of another length than those before, in this run or in the cache, are an error."""
    make(host=Host(cache_dir=tmp_path)).embed(["joy"])
    server.reset(n_dims=5)
    with pytest.raises(ProviderError, match=r"wanted vectors of 4 numbers like those before, got 5"):
        make(host=Host(cache_dir=tmp_path)).embed(["joy", "grief"])


def test_a_server_that_is_not_there_is_named(make):
    """Connection refused is tried again, then the error asks whether the server is running."""
    with pytest.raises(
        ProviderError, match=r"\(attempt 2\): no connection .*Check that the server at http://127.0.0.1:9/v1 is run"
    ):
        make(base_url="http://127.0.0.1:9/v1", max_attempts=2).embed(["joy"])


def test_a_server_that_does_not_answer_in_time_is_given_up(make, server):
    """A timeout counts as an attempt."""
    server.reset(hold_after=0)
    with pytest.raises(ProviderError, match=r"\(attempt 2\): no answer within 0\.2 s"):
        make(timeout_s=0.2, max_attempts=2).embed(["joy"])
    assert len(server.requests) == 2


def test_a_failure_lets_what_is_on_the_wire_arrive_and_starts_nothing_new(make, server, tmp_path):
    """One request is refused for good while another is under way: the other one's vectors are kept."""
    server.reset({"status": 401}, {"delay_s": 0.3}, gather=2)
    embedder = make(max_inputs=2, concurrency=2, host=Host(cache_dir=tmp_path))
    with pytest.raises(ProviderError, match="401"):
        embedder.embed(some_texts(6))
    assert len(server.requests) == 2
    (arrived,) = [request["input"] for request in server.requests if request["answered"]]
    server.reset()
    make(host=Host(cache_dir=tmp_path)).embed(some_texts(6))
    assert server.sent == [text for text in some_texts(6) if text not in arrived]


def test_a_failure_ends_the_waiting_of_others(make, server):
    """A request that waits for its next attempt isn't sent again once another has failed for good."""
    server.reset({"status": 429, "headers": {"Retry-After": "1"}}, {"status": 401, "delay_s": 0.2}, gather=2)
    with pytest.raises(ProviderError, match="401"):
        make(max_inputs=1, concurrency=2).embed(["joy", "grief"])
    assert len(server.requests) == 2


def test_requests_overlap(make, server):
    """The server answers nobody until three requests are in flight; they are, and never a fourth."""
    server.reset(gather=3)
    texts = some_texts(9)
    np.testing.assert_array_equal(make(max_inputs=1, concurrency=3).embed(texts), expected(texts))
    assert server.report()["max_in_flight"] == 3


# The cache ----------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_not_sent_again(make, server, tmp_path):
    """A second embedder sends only what is new, and needs neither key nor server for the rest."""
    host = Host(cache_dir=tmp_path)
    first = make(host=host).embed(["joy", "grief"])
    second = make(host=host).embed(["calm", "grief", "joy"])
    assert server.sent == ["joy", "grief", "calm"]
    np.testing.assert_array_equal(second[[2, 1]], first)


def test_without_a_directory_vectors_last_as_long_as_the_embedder(make, server):
    """No cache directory: nothing is written, but one embedder doesn't ask twice."""
    embedder = make()
    embedder.embed(["joy"])
    embedder.embed(["joy", "grief"])
    assert server.sent == ["joy", "grief"]


@pytest.mark.parametrize("other", [{"model": "text-embedding-3-large"}, {"dimensions": 4}, {"path": "/other/v1"}])
def test_other_models_and_servers_do_not_share_vectors(make, server, tmp_path, other):
    """Model, dimensions and the server's address make another vector; splitting limits don't, for a whole text."""
    host = Host(cache_dir=tmp_path)
    make(host=host).embed(["joy"])
    assert make(host=host, max_text_tokens=100).estimate(["joy"]).n_cached == 1
    path = other.pop("path", None)
    options = {"base_url": server.url.replace("/v1", path)} if path else other
    assert make(host=host, **options).estimate(["joy"]).n_cached == 0


CHILD = """
import sys
from pathlib import Path
from emotopy.roles import Host
from emotopy_plugins.embedders.openai import OpenAIEmbedder
url, directory, concurrency = sys.argv[1:]
host = Host(cache_dir=Path(directory))
embedder = OpenAIEmbedder(base_url=url, host=host, max_inputs=3, concurrency=int(concurrency))
try:
    embedder.embed([f"text number {i}" for i in range(15)])
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize(("how", "concurrency", "code"), [("SIGKILL", 1, -9), ("SIGINT", 2, 130)])
def test_an_interrupted_run_pays_for_nothing_twice(make, server, tmp_path, how, concurrency, code):
    """Killed or interrupted while requests are in flight: the next run sends exactly what hadn't been answered."""
    server.reset(hold_after=2)
    command = [sys.executable, "-c", CHILD, server.url, str(tmp_path), str(concurrency)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as child:
        server.wait_until_asked(2 + concurrency)  # each of the later ones was sent after an answer had been kept
        child.send_signal(getattr(signal, how))
        _, complaints = child.communicate(timeout=20)
    assert child.returncode == code, complaints
    answered = [text for request in server.requests if request["answered"] for text in request["input"]]
    assert len(answered) == 6
    server.reset()
    texts = some_texts(15)
    vectors = make(host=Host(cache_dir=tmp_path)).embed(texts)
    assert server.sent == [text for text in texts if text not in answered]
    np.testing.assert_array_equal(vectors, expected(texts))


def test_an_interrupted_split_keeps_its_parts(make, server, tmp_path):
    """Parts that arrived before a failure aren't sent again, though their text isn't whole yet."""
    text = " ".join(f"word{i}" for i in range(30))
    server.reset({}, {"status": 401})
    with pytest.raises(ProviderError):
        make(max_text_tokens=30, max_inputs=1, concurrency=1, host=Host(cache_dir=tmp_path)).embed([text])
    (kept,) = [request["input"][0] for request in server.requests if request["answered"]]
    embedder = make(max_text_tokens=30, host=Host(cache_dir=tmp_path))
    assert embedder.estimate([text]).n_requests == 1
    server.reset()
    embedder.embed([text])
    assert kept not in server.sent
    assert server.sent


def test_progress_counts_every_input_once(make, server, tmp_path):
    """The bar is as long as what has to be sent, and ends full, through halving and splitting too."""
    bars: list[tuple[str, int]] = []
    steps: list[int] = []

    class Bar:
        def __init__(self, what: str, total: int) -> None:
            bars.append((what, total))

        def __enter__(self) -> Callable[[int], None]:
            return steps.append

        def __exit__(self, *exc: object) -> None:
            pass

    host = Host(cache_dir=tmp_path, progress=Bar)
    make(host=Host(cache_dir=tmp_path)).embed(some_texts(2))
    server.reset(max_text_bytes=50, max_inputs=3)
    make(host=host).embed([*some_texts(7), "grief " * 20])
    assert bars == [(f"embedding with {MODEL}", 6)]
    assert sum(steps) == 6


# What it would cost -------------------------------------------------------------------------------------------------


def test_an_estimate_sends_nothing(make, server, tmp_path):
    """Texts, cached ones, bytes as an upper bound of tokens, requests; no price for an unknown server."""
    host = Host(cache_dir=tmp_path)
    make(host=host).embed(["joy"])
    estimate = make(host=host, max_inputs=2).estimate(["joy", "grief", "ärger", "grief", "calm", "joy"])
    assert estimate == Estimate(n_texts=6, n_cached=2, n_tokens=15, n_requests=2, cost_usd=None)
    assert server.sent == ["joy"]
    assert make(host=host).estimate([]) == Estimate(0, 0, 0, 0, None)


def test_prices_are_openai_s_unless_one_is_given(make, server, tmp_path):
    """The table knows OpenAI's models at OpenAI's server; the option goes before it; an unknown model costs None."""
    texts = ["a" * 1000] * 3 + ["b" * 500]

    def cost(**options: Any) -> float | None:
        return plugin.OpenAIEmbedder(**options).estimate(texts).cost_usd

    assert cost() == pytest.approx(0.02 * 1500 / 1e6)
    assert cost(model="text-embedding-3-large") == pytest.approx(0.13 * 1500 / 1e6)
    assert plugin.Ada002().estimate(texts).cost_usd == pytest.approx(0.10 * 1500 / 1e6)
    assert cost(model="something-new") is None
    assert cost(base_url=server.url) is None
    assert cost(base_url=server.url, usd_per_million_tokens=2.0) == pytest.approx(0.003)


# The key, and where texts go ----------------------------------------------------------------------------------------


def test_the_key_appears_nowhere(make, server, tmp_path, caplog):
    """Not in the error of a server that repeats it, nor in traceback, log, repr, fingerprint or cache."""
    caplog.set_level("DEBUG")
    told: list[str] = []
    host = Host(cache_dir=tmp_path, log=told.append, notify=told.append)
    server.reset({"status": 429, "body": {"error": {"message": f"Bearer {KEY}", "code": KEY}}}, {"echo": 401})
    embedder = make(host=host)
    with pytest.raises(ProviderError) as caught:
        embedder.embed(["a secret diary"])
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert server.requests[0]["authorization"] == f"Bearer {KEY}"
    assert "Bearer [key] is not known" in str(caught.value)
    assert told
    embedder.embed(["a secret diary"])
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for place in (str(caught.value), shown, caplog.text, *told, repr(vars(embedder)), repr(embedder)):
        assert KEY not in place
    assert KEY not in embedder.fingerprint
    assert files
    assert KEY.encode() not in files
    assert b"secret diary" not in files


def test_the_cache_is_the_owner_s_alone(make, tmp_path):
    """The file of vectors has mode 0600."""
    make(host=Host(cache_dir=tmp_path / "new" / "directory")).embed(["joy"])
    (path,) = (tmp_path / "new" / "directory").iterdir()
    assert path.name == "vectors.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_missing_key_names_the_variable_and_the_way_without(monkeypatch, key):
    """Making the embedder needs no key; sending does, and says what to set and how to stay offline."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("MY_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("MY_KEY", key)
    embedder = plugin.OpenAIEmbedder(key_variable="MY_KEY")
    with pytest.raises(ConfigError, match=r"MY_KEY, which isn't set.*--set embedder=static"):
        embedder.embed(["joy"])


def test_a_key_that_fits_no_header_is_refused_unseen(make, monkeypatch):
    """A key with a line break inside is a mistake of copying; the message doesn't show it."""
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2\nhunter3")
    with pytest.raises(ConfigError, match="copy it again") as caught:
        make().embed(["joy"])
    assert "hunter" not in str(caught.value)


def test_a_server_on_this_machine_needs_no_key(make, server, monkeypatch):
    """Without a key, a loopback server is sent a dummy; a configured proxy isn't asked."""
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    np.testing.assert_array_equal(make().embed(["joy"]), expected(["joy"]))
    assert server.requests[0]["authorization"] == "Bearer none"


def test_the_library_s_variable_is_the_base_url_s_default(server, monkeypatch):
    """`OPENAI_BASE_URL` is where the openai library would send texts; so do we, and the fingerprint says so."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/")
    embedder = plugin.OpenAIEmbedder()
    embedder.embed(["joy"])
    assert server.sent == ["joy"]
    assert json.loads(embedder.fingerprint)["server"] == f"127.0.0.1:{server.port}/v1"


def test_leaving_the_machine_is_said(monkeypatch):
    """Texts that go elsewhere are a note in the result; texts that stay here aren't."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    said: list[str] = []
    plugin.OpenAIEmbedder(base_url="http://[::1]:1/v1", host=Host(notify=said.append))
    assert said == []
    plugin.OpenAIEmbedder(host=Host(notify=said.append))
    assert said == [f"Texts are sent to api.openai.com/v1 to be embedded by {MODEL}, so they leave this machine."]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"base_url": "http://gpu7.example.org:8000/v1"}, r"embedder\.base_url: http:// would send .* unencrypted"),
        ({"base_url": "https://me:hunter2@example.org/v1"}, "user name, a password"),
        ({"base_url": "https://example.org/v1?key=hunter2"}, "user name, a password or a query"),
        ({"base_url": "example.org/v1"}, "wanted a URL"),
        ({"base_url": "ftp://example.org/v1"}, "wanted a URL"),
        ({"base_url": "https://example.org:port/v1"}, "wanted a URL"),
        ({"key_variable": "sk-hunter2"}, "wanted the name of an environment variable"),
        ({"model": " "}, r"embedder\.model"),
        ({"dimensions": 0}, r"embedder\.dimensions: wanted at least 1 and at most 1000000, got 0"),
        ({"concurrency": 0}, r"embedder\.concurrency"),
        ({"max_inputs": 0}, r"embedder\.max_inputs"),
        ({"max_request_tokens": 0}, r"embedder\.max_request_tokens"),
        ({"max_text_tokens": 1}, r"embedder\.max_text_tokens"),
        ({"max_attempts": 0}, r"embedder\.max_attempts"),
        ({"first_wait_s": -1.0}, r"embedder\.first_wait_s"),
        ({"max_wait_s": float("inf")}, r"embedder\.max_wait_s"),
        ({"timeout_s": 0.0}, r"embedder\.timeout_s"),
        ({"usd_per_million_tokens": -0.1}, r"embedder\.usd_per_million_tokens"),
    ],
    ids=str,
)
def test_options_are_checked_before_any_work(monkeypatch, options, words):
    """A value out of range is a ConfigError that names its key, and shows nothing that may be a secret."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ConfigError, match=words) as caught:
        Registry([plugin]).make("embedder", "openai", **options)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("texts", [[], ["joy", ""], ["joy", " \n"], ["joy", "half \ud83d"]])
def test_texts_that_cannot_be_embedded_are_input_errors(make, server, texts):
    """No text, an empty one, and one that isn't UTF-8 are refused before anything is sent."""
    with pytest.raises(InputError):
        make().embed(texts)
    assert server.requests == []


def test_errors_are_all_of_one_family():
    """Whoever catches EmotopyError catches what this embedder raises on purpose."""
    from emotopy_plugins.shared.openai_client import TooLarge

    assert issubclass(TooLarge, EmotopyError)


def test_making_one_imports_no_openai():
    """The library comes in with the first request, not with the plugin or the embedder."""
    code = (
        "import sys; from emotopy_plugins.embedders.openai import OpenAIEmbedder;"
        "e = OpenAIEmbedder(base_url='http://localhost:1/v1'); e.estimate(['joy']); sys.exit('openai' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "OPENAI_BASE_URL": ""})
