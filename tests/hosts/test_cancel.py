"""A call ends where the host wants no more of it, and what the host raises passes as itself."""

from __future__ import annotations

import contextlib
import contextvars
import http.server
import logging
import random
import signal
import threading
import time
import traceback
from contextlib import contextmanager

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.hosts.conftest import QUICK_TEXT, annotate, frame, map_texts

import emotopy
from emotopy.errors import Cancelled, ConfigError, DeadlineExceeded, EmotopyError, PluginError
from emotopy.host import calling, checkpoint, ended
from emotopy.pathways.text.pathway import TextPathway
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.storage.remote import File, RemoteSource, fetch
from emotopy.testing import doubles

VERBS = [
    "map", "transform", "compare", "decode", "annotate", "bridge", "evidence",
    pytest.param("experiment", marks=pytest.mark.slow),
]  # fmt: skip
N_SAMPLED, FEWEST = 4, 4


def asked_times(k=None, then=None):
    """A `cancel` that says yes from the k-th time on that it is asked (after calling `then`), and counts."""

    def cancel():
        cancel.n += 1
        if k is None or cancel.n < k:
            return False
        if then is not None:
            then()
        return True

    cancel.n = 0
    return cancel


def moments_of(verb):
    """How often a host is asked during a call; of requests the fewest that it can be, since waits are asked in, too."""
    free = asked_times()
    verb.run(Host(cancel=free))
    assert free.n >= FEWEST
    return FEWEST if verb.name == "annotate" else free.n


def sample(n, seed):
    """Some of 1 … n, the first and the last among them."""
    rng = random.Random(seed)
    return sorted({1, 2, n, *(rng.randint(1, n) for _ in range(N_SAMPLED))} & set(range(1, n + 1)))


def stepping(at, act):
    """A `progress` that calls `act` at the step (or beginning) number `at`, and counts them."""

    @contextmanager
    def progress(what, total):
        step(0)
        yield step

    def step(n):
        progress.n += 1
        if progress.n == at:
            act()

    progress.n = 0
    return progress


def equal(one, other):
    """Whether two answers are the same."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    else:
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", VERBS)
def test_a_call_ends_at_once_whenever_it_is_cancelled(verbs, name):
    """At the k-th question whether the host wants no more it isn't asked again, and no thread is left."""
    verb = verbs[name]
    n_moments, before = moments_of(verb), set(threading.enumerate())
    for k in sample(n_moments, seed=len(name)):
        cancel = asked_times(k)
        began = time.monotonic()
        with pytest.raises(Cancelled) as caught:
            verb.run(Host(cancel=cancel, grace_s=0.2))
        assert cancel.n == k
        assert 0 <= caught.value.seconds <= time.monotonic() - began
        assert isinstance(caught.value, EmotopyError)
        assert not isinstance(caught.value, PluginError)
    assert {one for one in threading.enumerate() if one.name != "emotopy claims"} <= before


@pytest.mark.parametrize("name", VERBS)
def test_a_cancelled_call_leaves_nothing_that_a_later_one_would_miss(verbs, name, tmp_path):
    """Cancelled in the midst, with a cache; the next call gives what an undisturbed one gives."""
    verb = verbs[name]
    whole = verb.run(Host())
    for k in sample(moments_of(verb), seed=7)[1:4]:
        with pytest.raises(Cancelled):
            verb.run(Host(cancel=asked_times(k), grace_s=0.2), cache=tmp_path)
        assert not [path for path in tmp_path.rglob("*") if "tmp" in path.name or "partial" in path.name]
    equal(verb.run(Host(), cache=tmp_path), whole)


@pytest.mark.parametrize("error", [TimeoutError("too long"), KeyError("mine"), SystemExit(3), KeyboardInterrupt()])
@pytest.mark.parametrize("name", VERBS)
def test_what_progress_raises_passes_as_itself(verbs, name, error):
    """The very object, though a stage's method may have been at work."""

    def act():
        raise error

    verb = verbs[name]
    free = stepping(None, act)
    verb.run(Host(progress=free))
    assert free.n
    for at in sample(free.n, seed=3)[:3]:
        with pytest.raises(type(error)) as caught:
            verb.run(Host(progress=stepping(at, act), grace_s=0.0))
        assert caught.value is error


@pytest.mark.parametrize(
    ("part", "no_texts"),
    [("notify", False), ("notify", True), ("log", False), ("cancel", False), ("cancel", True)],
)
def test_what_other_functions_of_the_host_raise_passes_as_itself(part, no_texts):
    """Messages and the question for a cancellation, called by a stage of somebody else's that is at work."""
    error = TimeoutError("the host's own")

    def raises(*message):
        if not message or message[0] == "said" or "left out" in message[0]:
            raise error

    def loud(host: Host) -> Talks:
        return Talks(host, part)

    registry = Registry([doubles, doubles.plugin("talkers", embedder={"talks": loud})])
    config = {**doubles.CHOICES, "embedder": "talks"}
    host = Host() if part == "cancel" else Host(**{part: raises})
    pathway = TextPathway.from_config(config, registry=registry, host=host)
    if part == "cancel":
        pathway = attrs.evolve(pathway, host=Host(cancel=raises))
    with pytest.raises(TimeoutError) as caught:
        pathway.fit(["a text", "another one"] * 6, no_texts=no_texts)
    assert caught.value is error


class Talks(doubles.HashingEmbedder):
    """Says something to its host while it embeds, and turns whatever comes of it into an error of its own."""

    def __init__(self, host, part):
        super().__init__()
        self.host, self.part = host, part

    def embed(self, texts):
        try:
            if self.part != "cancel":
                getattr(self.host, self.part)("said")
        except Exception as error:
            raise ValueError(f"could not speak about {texts}") from error
        return super().embed(texts)


class Swallows(doubles.HashingEmbedder):
    """Asks whether it should go on, and goes on whatever the answer."""

    def __init__(self, host):
        super().__init__()
        self.host = host

    def embed(self, texts):
        try:
            with self.host.progress("swallowing", 3) as advance:
                advance(1)
        except Exception:  # noqa: BLE001 (what bad plugins do)
            logging.getLogger(__name__).debug("went on")
        return super().embed(texts)


def test_a_cancellation_that_a_plugin_swallows_is_heeded_and_nothing_is_cached(tmp_path):
    """The stage's answer isn't used, let alone kept."""

    def swallows(host: Host) -> Swallows:
        return Swallows(host)

    registry = Registry([doubles, doubles.plugin("swallowers", embedder={"swallows": swallows})])
    config = {**doubles.CHOICES, "embedder": "swallows"}
    flag = threading.Event()
    host = Host(cancel=flag, progress=stepping(None, None))
    pathway = TextPathway.from_config(config, registry=registry, cache=tmp_path, host=host)

    def progress(what, total):
        if what == "swallowing":
            flag.set()
        return stepping(None, None)(what, total)

    pathway = attrs.evolve(pathway, host=attrs.evolve(host, progress=progress))
    with pytest.raises(Cancelled) as caught:
        pathway.fit(["a text", "another one"] * 6)
    assert caught.value.doing == "swallowing"
    assert not list(tmp_path.rglob("*.npz"))


def test_a_signal_handler_s_exception_is_the_host_s():
    """As job queues end a job that takes too long: a handler raises in the midst of a stage's work."""

    class Slow(doubles.HashingEmbedder):
        def embed(self, texts):
            end = time.monotonic() + 20
            while time.monotonic() < end:
                sum(range(1000))
            return super().embed(texts)

    class JobTimeout(Exception):
        pass

    def handler(number, frame):
        raise JobTimeout

    before = signal.signal(signal.SIGALRM, handler)
    pathway = TextPathway.from_config({**doubles.CHOICES, "embedder": Slow()}, registry=Registry([doubles]))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(JobTimeout):
            pathway.fit(["a text", "another one"] * 6)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_plugin_s_own_timeout_is_the_plugin_s():
    """Raised by its own doing, it is blamed on it, as ever."""

    class Fails(doubles.HashingEmbedder):
        def embed(self, texts):
            raise TimeoutError("its own")

    pathway = TextPathway.from_config({**doubles.CHOICES, "embedder": Fails()}, registry=Registry([doubles]))
    with pytest.raises(PluginError) as caught:
        pathway.fit(["a text", "another one"] * 6)
    assert isinstance(caught.value.__cause__, TimeoutError)


# Before the start, deadlines, bad values ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VERBS)
def test_cancelled_before_the_start_nothing_is_done(verbs, name):
    """Not even the first piece of work is begun."""
    flag = threading.Event()
    flag.set()
    begun = stepping(None, None)
    with pytest.raises(Cancelled) as caught:
        verbs[name].run(Host(cancel=flag, progress=begun))
    assert begun.n == 0
    assert caught.value.doing == ""


@pytest.mark.parametrize("deadline_s", [0, -1, float("nan"), True, "10", -float("inf")])
def test_a_deadline_that_is_none_is_refused_at_making(deadline_s):
    """Key, what is wanted and what came stand in the error."""
    with pytest.raises(ConfigError) as caught:
        Host(deadline_s=deadline_s)
    assert caught.value.path == "deadline_s"
    assert caught.value.wanted
    assert caught.value.got is deadline_s


@pytest.mark.parametrize("cancel", [True, "yes", 3, threading.Event])
def test_a_cancel_that_cannot_be_asked_is_refused_at_making(cancel):
    """An event is taken, its class isn't."""
    with pytest.raises(ConfigError) as caught:
        Host(cancel=cancel)
    assert (caught.value.path, caught.value.got) == ("cancel", cancel)


def test_a_deadline_counts_from_the_start_of_each_call():
    """Not from the making of the host: an old host gives a call all its time."""
    host = Host(deadline_s=30.0)
    pathway = TextPathway.from_config(doubles.CHOICES, registry=Registry([doubles]), host=host)
    fitted = pathway.fit(["a text", "another one"] * 6)
    late = attrs.evolve(fitted, pathway=attrs.evolve(pathway, host=Host(deadline_s=0.2)))
    time.sleep(0.3)
    assert len(late.transform(["a new text"]).texts) == 1


def test_past_its_deadline_a_call_ends():
    """The error says what was under way, how long it took and how long it may take."""

    @contextmanager
    def slowly(what, total):
        yield lambda n: time.sleep(0.05)

    with pytest.raises(DeadlineExceeded) as caught:
        emotopy.map_texts(frame(), text="text", config=QUICK_TEXT, host=Host(deadline_s=0.02, progress=slowly))
    assert caught.value.deadline_s == 0.02
    assert caught.value.seconds >= 0.02


def test_finished_stages_are_reused_after_a_cancellation(tmp_path):
    """What was done stays done: the second run takes it from the cache and says so."""
    free = asked_times()
    map_texts(Host(cancel=free), cache=tmp_path / "whole")
    with pytest.raises(Cancelled):
        map_texts(Host(cancel=asked_times(free.n - 1)), cache=tmp_path / "cut")
    lines = []
    map_texts(Host(log=lines.append), cache=tmp_path / "cut")
    assert sum("reused" in line for line in lines) >= 3


def test_requests_under_way_end_with_a_cancellation(chat, monkeypatch):
    """A server that never answers is left after the grace; nothing of the call is left running."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    chat.reset(hold_after=2)
    flag, before = threading.Event(), set(threading.enumerate())
    threading.Timer(1.0, flag.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        annotate(Host(cancel=flag, grace_s=0.2), chat.url)
    assert time.monotonic() - began < 4.0
    chat.reset()
    left = {one for one in threading.enumerate() if not isinstance(one, threading.Timer)} - before
    assert not [one.name for one in left if one.name != "emotopy claims"]


def test_two_calls_at_once_are_cancelled_each_by_its_own(doubled):
    """A call in one thread ends, that in the other goes on."""
    flag, both = threading.Event(), threading.Barrier(2)

    class Waits(doubles.HashingEmbedder):
        def embed(self, texts):
            both.wait(timeout=30)
            flag.set()
            both.wait(timeout=30)
            return super().embed(texts)

    def work(host):
        pathway = TextPathway.from_config({**doubles.CHOICES, "embedder": Waits(), "segment": "none"},
                                          registry=doubled, host=host)  # fmt: skip
        return pathway.fit(["a text", "another one"] * 6).result

    found = {}

    def run(name, host):
        try:
            found[name] = work(host)
        except Cancelled as error:
            found[name] = error

    threads = [
        threading.Thread(target=run, args=("cut", Host(cancel=flag))),
        threading.Thread(target=run, args=("whole", Host(cancel=threading.Event()))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert isinstance(found["cut"], Cancelled)
    assert len(found["whole"].texts) == 12


# Logging ------------------------------------------------------------------------------------------------------------


def test_without_a_host_messages_go_to_logging(caplog, capfd):
    """Notes and lines at INFO, the beginning of work at DEBUG, all under `emotopy`; nothing is printed."""
    with caplog.at_level(logging.DEBUG, logger="emotopy"):
        emotopy.map_texts(frame(), text="text", config=QUICK_TEXT)
    heard = {(record.name, record.levelno) for record in caplog.records}
    assert {
        ("emotopy.notes", logging.INFO),
        ("emotopy.log", logging.INFO),
        ("emotopy.progress", logging.DEBUG),
    } <= heard
    assert capfd.readouterr() == ("", "")


# Dask ---------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_cancellation_is_seen_while_workers_are_at_work():
    """Pieces that take long are left to themselves: the call ends while they are under way."""
    pytest.importorskip("distributed")
    flag = threading.Event()
    with emotopy.Dask(n_workers=1) as engine:
        threading.Timer(1.0, flag.set).start()
        began = time.monotonic()
        with pytest.raises(Cancelled), calling(Host(cancel=flag)):
            list(engine.map(sleep_for, 60.0, range(3), doing="sleeping"))
        assert time.monotonic() - began < 30.0


def sleep_for(seconds, piece):
    """A piece of work that takes its time."""
    time.sleep(seconds)
    return piece


def test_what_ends_an_outer_call_ends_the_inner_one():
    """A call within a call, by another host: the outer's cancellation is seen and can't be swallowed there."""
    flag = threading.Event()

    def inner():
        flag.set()
        with contextlib.suppress(Cancelled):
            checkpoint()
        assert isinstance(ended(), Cancelled)
        raise ValueError("what a plugin made of it")

    with pytest.raises(Cancelled) as caught, calling(Host(cancel=flag)), calling(Host()):
        inner()
    assert "what a plugin made of it" not in "".join(traceback.format_exception(caught.value))


# Downloads ----------------------------------------------------------------------------------------------------------


class Endless(http.server.BaseHTTPRequestHandler):
    """Answers with a file of which a little comes every now and then."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000000")
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b"x" * 2048)
                time.sleep(0.01)

    def log_message(self, format, *arguments):  # noqa: A002 (as the library names it)
        """Say nothing."""


def test_a_download_ends_with_its_call(tmp_path):
    """Between two pieces of a file; nothing of it is left."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        original = RemoteSource(
            "made-up", "https://example.org", "https://example.org/", {"a": File("a.txt", "0" * 64)}
        )
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded), calling(Host(deadline_s=1.0)):
            fetch(original, folder=tmp_path / "cache", mirror=url, notify=lambda message: None)
        assert time.monotonic() - began < 30.0
        assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
        server.shutdown()


def test_what_was_begun_in_a_call_goes_on_when_the_call_is_over():
    """A thread, or a task of asyncio's, takes the call's context along; the deadline and the cancel were the call's."""
    stop = threading.Event()
    host = Host(cancel=stop, deadline_s=0.2)
    with calling(host):
        context = contextvars.copy_context()
        context.run(checkpoint)
    stop.set()
    time.sleep(0.25)
    context.run(checkpoint)
    assert context.run(ended) is None

    def anew():
        with calling(Host(deadline_s=0.2)):
            checkpoint()
        with pytest.raises(Cancelled), calling(host):
            raise AssertionError

    context.run(anew)
