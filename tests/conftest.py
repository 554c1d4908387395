"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Several processes run tests side by side: each of them, and what it starts, computes on one core.
os.environ |= dict.fromkeys([f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")], "1")

import hypothesis
import numpy as np
import pytest
from hypothesis.internal.conjecture import providers
from tests import runs

from emotopy.wording import speaking

# Tests ask no model hub: without this a library waits for its retries before it says that it can't reach one.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# A shell's background jobs ignore Ctrl-C, and so would all processes that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# urllib keeps the proxies of its first call, and some tests set such as lead nowhere; servers of tests are right here.
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))

# The same examples in every run; `--hypothesis-profile default` looks for new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")
# It also tries constants that stand in the modules loaded so far, and which these are depends on the tests run before.
if hasattr(providers, "_get_local_constants"):
    providers._get_local_constants = providers.Constants

TOGETHER = {
    "tests/examples": "examples",
    "tests/experiments": "experiments",
}
"""Files and folders that go to one worker: what they share is made there once."""

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a file to one worker, as it does with what stands TOGETHER."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(super()._split_scope(nodeid))

    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # the order is that of the hook below
    return Scheduling(config, log)


def together(file: str) -> str:
    """Return what else goes where this file goes, or the file."""
    return TOGETHER.get(file) or TOGETHER.get(file.rpartition("/")[0]) or file


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker, sort slow tests' files to the front: no worker is left alone with them at the end."""
    if not hasattr(config, "workerinput"):
        return
    scopes = [together(item.nodeid.partition("::")[0]) for item in items]
    slow = Counter(scope for item, scope in zip(items, scopes, strict=True) if item.get_closest_marker("slow"))
    first = {scope: i for i, scope in enumerate(dict.fromkeys(scopes))}
    ordered = sorted(zip(scopes, items, strict=True), key=lambda one: (-slow[one[0]], first[one[0]]))
    items[:] = [item for _, item in ordered]


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator, new for every test."""
    return np.random.default_rng(20250811)


@pytest.fixture(scope="module")
def flags() -> Iterator[None]:
    """Write messages in the words of the command line while the tests of a file run."""
    with speaking("command line"):
        yield


@pytest.fixture
def write(tmp_path):
    """Write a file below `tmp_path`, its folders too; return its path."""

    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return put


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the project; the test skips where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data isn't here: {REAL_DATA.name} beside the project")
    return REAL_DATA


@pytest.fixture(scope="session")
def forks(tmp_path_factory) -> Iterator[runs.Forks]:
    """A Python with libraries loaded, which forks a process per command."""
    with runs.Forks(sys.executable, tmp_path_factory.mktemp("forks")) as made:
        yield made
