"""Calls in a child process: the same numbers, ended whatever they are doing, errors that say what became of them."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.hosts.conftest import QUICK_BRAIN, QUICK_TEXT, annotate, frame

import emotopy
from emotopy.errors import Cancelled, ChildDied, ConfigError, DeadlineExceeded, EmotopyError, InputError, PluginError
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.testing import doubles

ENDED_S = 20.0
"""Long for a crowded machine and short beside what the child would take; what it takes: benchmarks/child_process.py."""
PLUGIN = """
import hashlib, os, signal, sys, time
from pathlib import Path

from emotopy import hookimpl
from emotopy.roles import Host
from emotopy.testing import doubles


class Embedder(doubles.HashingEmbedder):
    def __init__(self, act: str, folder: str, host: Host):
        super().__init__()
        self.act, self.folder, self.host = act, folder, host

    def embed(self, texts):
        Path(self.folder, "pid").write_text(str(os.getpid()))
        if self.act == "compiled":
            hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2**31 - 1)  # minutes, and no signal is heeded meanwhile
        if self.act == "loop":
            while True:
                time.sleep(0.01)
        if self.act == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.act == "exit":
            os._exit(7)
        if self.act == "fail":
            raise ValueError(f"can't embed {texts[0]}")
        if self.act == "print":
            print(texts[0])
            os.write(1, b"from below\\n")
        return super().embed(texts)


def make(act: str, folder: str, host: Host) -> Embedder:
    return Embedder(act, folder, host)


@hookimpl
def register_embedders():
    return {"acting": make}
"""
SECRET = "zanzibar"


@pytest.fixture
def acting(tmp_path, monkeypatch):
    """A module of a plugin whose embedder does what it is told; a registry of it, and the call of `map_texts` on it."""
    name = f"acting_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__(name)
    registry = Registry([doubles, module])

    def run(act, host, **more):
        embedder = {"use": "acting", "act": act, "folder": str(tmp_path)}
        config = {**doubles.CHOICES, "interval": {"n": 100}, "embedder": embedder}
        texts = [f"I hid number {i} in {SECRET}" for i in range(12)]
        return emotopy.map_texts(texts, config=config, registry=registry, host=host, **more)

    yield run
    sys.modules.pop(name)


def wait_for(path, seconds=60.0):
    """Return the content of a file once it is there."""
    end = time.monotonic() + seconds
    while not path.is_file() or not path.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    return path.read_text()


def is_alive(pid):
    """Whether a process runs; one that ended and wasn't waited for doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def once_begun(tmp_path, act):
    """Call `act` once the embedder is at work; yields where the time of that is noted."""
    noted = []

    def wait():
        wait_for(tmp_path / "pid")
        time.sleep(0.2)
        noted.append(time.monotonic())
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    yield noted
    thread.join()


@pytest.mark.slow
def test_a_child_gives_the_same_numbers(prepared, chat, monkeypatch):
    """Of every function that can work there."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    chat.reset()
    text, brain, ratings = prepared.bridged

    def work(host):
        mapped = emotopy.map_texts(frame(), text="text", group="group", unit="unit", config=QUICK_TEXT, host=host)
        pathway = emotopy.BrainPathway.from_config(QUICK_BRAIN, host=host)
        decoded = pathway.decode(prepared.study)
        return [
            mapped.regions,
            mapped.texts,
            decoded.scores,
            decoded.weights_table,
            mapped.compare("a", "b", n_permutations=99, host=host).table,
            emotopy.bridge(text, brain, ratings=ratings, n_surrogates=9, host=host).table,
            pd.DataFrame(annotate(host, chat.url)),
        ]

    for one, other in zip(work(Host(isolate=True)), work(Host()), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.slow
def test_a_decoding_by_its_function_works_in_a_child(prepared):
    """With series and ratings as arguments, and a deadline that is far away."""
    study = prepared.study
    series = {one.subject: pd.DataFrame(one.values, columns=list(study.regions)) for one in
              (recording.series for recording in study.recordings)}  # fmt: skip
    rng = np.random.default_rng(0)
    onset = np.arange(0.0, 600.0, 10.0)
    ratings = pd.DataFrame({"onset": onset, "duration": 10.0, "fear": rng.random(60)})
    found = [
        emotopy.decode(series, ratings, tr_s=2.0, config=QUICK_BRAIN, host=host).scores
        for host in (Host(isolate=True, deadline_s=300.0), Host())
    ]
    pd.testing.assert_frame_equal(*found, check_exact=True)


@pytest.mark.slow
def test_messages_and_progress_come_back(acting):
    """Notes once, lines of the log, work with its steps; the result's notes are those that were told."""
    notes, lines, works = [], [], []

    @contextmanager
    def progress(what, total):
        works.append([what, 0])
        yield lambda n: works.__setitem__(-1, [works[-1][0], works[-1][1] + n])

    found = acting("nothing", Host(isolate=True, notify=notes.append, log=lines.append, progress=progress))
    assert set(found.notes) <= set(notes)
    assert len(set(notes)) == len(notes)
    assert any("embedding" in line for line in lines)
    assert len(works) >= 3


@pytest.mark.parametrize("act", ["compiled", pytest.param("loop", marks=pytest.mark.slow)])
def test_a_cancellation_ends_the_child(acting, tmp_path, act):
    """Also in the midst of a call of a compiled library, which heeds nothing in its own process."""
    flag = threading.Event()
    with once_begun(tmp_path, flag.set) as noted, pytest.raises(Cancelled):
        acting(act, Host(isolate=True, cancel=flag))
    assert time.monotonic() - noted[0] < ENDED_S
    assert not is_alive((tmp_path / "pid").read_text())


@pytest.mark.slow
def test_a_deadline_ends_the_child(acting, tmp_path):
    """It counts from the start of the call, the start of the child included."""
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        acting("compiled", Host(isolate=True, deadline_s=8.0))
    assert caught.value.seconds >= 8.0
    assert time.monotonic() - began < 8.0 + ENDED_S
    assert not (tmp_path / "pid").exists() or not is_alive((tmp_path / "pid").read_text())


@pytest.mark.slow
def test_what_the_host_raises_ends_the_child_and_passes_as_itself(acting, tmp_path):
    """A progress bar that raises, in the midst of it."""
    error = TimeoutError("the host's own")

    @contextmanager
    def progress(what, total):
        if "embedding" in what:
            wait_for(tmp_path / "pid")
            raise error
        yield lambda n: None

    with pytest.raises(TimeoutError) as caught:
        acting("compiled", Host(isolate=True, progress=progress))
    assert caught.value is error
    assert not is_alive((tmp_path / "pid").read_text())


def test_a_child_that_is_killed_is_a_clear_error(acting):
    """As the system does where memory runs out; the error holds no text."""
    with pytest.raises(ChildDied) as caught:
        acting("kill", Host(isolate=True))
    assert caught.value.exit_code == -signal.SIGKILL
    assert "embedding" in caught.value.doing
    assert SECRET not in str(caught.value)
    assert isinstance(caught.value, EmotopyError)


@pytest.mark.slow
def test_a_child_that_ends_itself_is_a_clear_error(acting):
    """A plugin that calls `os._exit` ends no host."""
    with pytest.raises(ChildDied) as caught:
        acting("exit", Host(isolate=True))
    assert caught.value.exit_code == 7


@pytest.mark.slow
def test_errors_come_back_with_what_they_say(acting):
    """Kind, message and attributes are those of the call in this process."""
    with pytest.raises(PluginError) as caught:
        acting("fail", Host(isolate=True))
    assert (caught.value.owner, caught.value.stage) == ("local", "embedder local:acting")
    assert SECRET in str(caught.value)
    with pytest.raises(InputError):
        emotopy.map_texts([" "], config=QUICK_TEXT, host=Host(isolate=True))


@pytest.mark.parametrize("act", ["print", pytest.param("fail", marks=pytest.mark.slow)])
def test_texts_stay_out_of_all_output(acting, capfd, act):
    """With `no_texts`, whatever the child says."""
    said = []
    try:
        acting(act, Host(isolate=True, notify=said.append, log=said.append), no_texts=True)
    except PluginError as error:
        said.append(str(error))
    printed = capfd.readouterr()
    assert SECRET not in "".join([*printed, *said])
    assert printed.out == ""  # standard output is the host's


def test_a_cancel_before_the_start_starts_nothing(acting, tmp_path):
    """No child is made."""
    flag = threading.Event()
    flag.set()
    with pytest.raises(Cancelled):
        acting("nothing", Host(isolate=True, cancel=flag))
    assert not (tmp_path / "pid").exists()


class Local(doubles.HashingEmbedder):
    """An object of an importable class: it may go."""


@pytest.mark.slow
def test_objects_of_importable_classes_go_there():
    """A stage given as an object works in the child, as here."""
    config = {**doubles.CHOICES, "interval": {"n": 100}, "embedder": Local()}
    texts = [f"number {i}" for i in range(12)]
    found = [
        emotopy.map_texts(texts, config=config, registry=Registry([doubles]), host=Host(isolate=isolate)).regions
        for isolate in (True, False)
    ]
    pd.testing.assert_frame_equal(*found, check_exact=True)


def object_registry():
    return Registry([doubles, doubles.plugin("of_objects", embedder={"mine": doubles.HashingEmbedder})])


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"registry": object_registry()}, id="registry of an object"),
        pytest.param({"engine": "dask"}, id="engine"),
        pytest.param({"config": {"embedder": type("Made", (doubles.HashingEmbedder,), {})()}}, id="class of no module"),
    ],
)
def test_what_cannot_travel_is_refused(options):
    """Before any work, by key."""
    with pytest.raises(ConfigError) as caught:
        emotopy.map_texts(["a text", "another one"], host=Host(isolate=True), **options)
    assert caught.value.path == "isolate"


def test_a_fit_in_a_child_is_refused():
    """What it learns can't come back; the error says what can."""
    pathway = emotopy.TextPathway.from_config(doubles.CHOICES, registry=Registry([doubles]), host=Host(isolate=True))
    with pytest.raises(ConfigError) as caught:
        pathway.fit(["a text", "another one"])
    assert caught.value.path == "isolate"
    assert "map_texts" in caught.value.wanted


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import emotopy, {name}
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.testing import doubles
embedder = {{"use": "acting", "act": "compiled", "folder": {folder!r}}}
emotopy.map_texts(["a text"] * 12, config={{**doubles.CHOICES, "embedder": embedder}},
                  registry=Registry([doubles, {name}]), host=Host(isolate=True))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_a_child_ends_with_its_parent(tmp_path, number):
    """By Ctrl-C, which raises KeyboardInterrupt here, and where the parent is killed; the script has no main guard."""
    name = "acting_script"
    (tmp_path / f"{name}.py").write_text(PLUGIN)
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(folder=str(tmp_path), name=name))
    with subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True) as parent:
        child = wait_for(tmp_path / "pid")
        time.sleep(0.2)
        began = time.monotonic()
        parent.send_signal(number)
        err = parent.communicate(timeout=30)[1]
        while is_alive(child) and time.monotonic() - began < ENDED_S:
            time.sleep(0.02)
    assert not is_alive(child)
    assert parent.returncode == -number if number == signal.SIGKILL else "KeyboardInterrupt" in err


def mapped_in_a_child(n):
    """What a worker of a pool does."""
    texts = [f"number {i} of {n}" for i in range(12)]
    config = {**doubles.CHOICES, "interval": {"n": 100}}
    return emotopy.map_texts(texts, config=config, registry=Registry([doubles]), host=Host(isolate=True)).regions


@pytest.mark.slow
def test_a_worker_of_a_pool_may_have_a_child():
    """Though it is a daemon, to which `multiprocessing` allows none; results come back through both."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply_async(mapped_in_a_child, (3,)).get(timeout=300)
    pd.testing.assert_frame_equal(found, mapped_in_a_child(3), check_exact=True)
