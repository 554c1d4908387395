"""What a stage leaves behind in the process that it runs in: settings, threads, processes, files, print."""

from __future__ import annotations

import contextlib
import decimal
import gc
import io
import locale
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np

PATIENCE_S = 0.5
"""How long threads and processes that are about to end are waited for."""


@attrs.define(eq=False)
class Traces:
    """What a block changed, in words; `printed` by stream."""

    changed: list[str] = attrs.field(factory=list)
    printed: dict[str, str] = attrs.field(factory=dict)


@contextlib.contextmanager
def watched(*, is_warm: bool) -> Iterator[Traces]:
    """Run the block and say what it left behind.

    The first use of a stage imports libraries, which may set filters, generators and variables of the environment and
    may start threads of their own: only the working directory, the logging and standard output count then. At a later
    use (`is_warm`) everything does. The random generators are then in states that nobody would seed them to, temporary
    files go into a folder of the check's, and all settings are as before when the block has ended.
    """
    traces, out, err = Traces(), io.StringIO(), io.StringIO()
    if not is_warm:
        before = _settings(QUICK)
        with contextlib.redirect_stdout(out):
            yield traces
        traces.changed += [what for what, value in _settings(QUICK).items() if value != before[what]]
        traces.printed = {"stdout": out.getvalue()}
        return
    with (
        _generators_of_our_own(),
        tempfile.TemporaryDirectory() as folder,
        _temporary_files_in(folder),
        warnings.catch_warnings(record=True),  # warnings speak to the developer, and are nothing that a stage prints
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        before, running = _settings(SETTINGS), _running()
        yield traces
        traces.changed += [what for what, value in _settings(SETTINGS).items() if value != before[what]]
        traces.changed += [f"{what} (one more is still there)" for what in _left_running(running)]
        left = sorted(path.name for path in Path(folder).iterdir())
        if left:
            gc.collect()
            left = sorted(path.name for path in Path(folder).iterdir())
        traces.changed += [f"temporary files ({len(left)} left behind)"] if left else []
    traces.printed = {"stdout": out.getvalue(), "stderr": err.getvalue()}


def _logging() -> Any:
    root = logging.getLogger()
    return root.level, list(root.handlers), root.disabled, logging.root.manager.disable


def _numpy_generator() -> Any:
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002 (we watch, not draw)
    return name, keys.tobytes(), *rest  # type: ignore[union-attr]


def _of_loaded(module: str, read: Any) -> Any:
    """Read a setting of a library that may not be loaded."""
    return read(sys.modules[module]) if module in sys.modules else None


QUICK = {"working directory": Path.cwd, "root logger": _logging}
SETTINGS = {
    **QUICK,
    "warning filters": lambda: list(warnings.filters),
    "environment": lambda: dict(os.environ),
    "random generator of Python": random.getstate,
    "random generator of NumPy": _numpy_generator,
    "floating-point error handling": np.geterr,
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "answer to Ctrl-C": lambda: signal.getsignal(signal.SIGINT),
    "answer to SIGTERM": lambda: signal.getsignal(signal.SIGTERM),
    "search path of modules": lambda: list(sys.path),
    "hooks for exceptions": lambda: (sys.excepthook, threading.excepthook),
    "recursion limit": sys.getrecursionlimit,
    "garbage collection": lambda: (gc.isenabled(), gc.get_threshold()),
    "decimal context": lambda: repr(decimal.getcontext()),
    "timeout of sockets": socket.getdefaulttimeout,
    "print options of NumPy": lambda: {key: repr(value) for key, value in np.get_printoptions().items()},
    "options of matplotlib": lambda: _of_loaded("matplotlib", lambda library: repr(library.rcParams.copy())),
    "open figures of matplotlib": lambda: _of_loaded("matplotlib.pyplot", lambda library: library.get_fignums()),
    "threads of PyTorch": lambda: _of_loaded("torch", lambda library: library.get_num_threads()),
}
"""What belongs to the process and not to a stage."""


def _settings(which: Any) -> dict[str, Any]:
    return {what: read() for what, read in which.items()}


def _running() -> dict[str, set[Any]]:
    return {"threads": set(threading.enumerate()), "processes": _children()}


def _children() -> set[Any]:
    """Return the numbers of this process's children; on Linux alone, elsewhere nothing is known of them."""
    found: set[Any] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(path.read_text().split())
    return found


def _left_running(before: dict[str, set[Any]]) -> list[str]:
    """Return of what more is running than before, when those that are about to end had time for it."""
    deadline = time.monotonic() + PATIENCE_S
    while left := [what for what, now in _running().items() if now - before[what]]:
        if time.monotonic() > deadline:
            break
        gc.collect()
        time.sleep(0.02)
    return left


@contextlib.contextmanager
def _temporary_files_in(folder: str) -> Iterator[None]:
    """Have `tempfile` of this process and of its children use a folder meanwhile."""
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        tempfile.tempdir = before
        if variable is None:
            os.environ.pop("TMPDIR", None)
        else:
            os.environ["TMPDIR"] = variable


@contextlib.contextmanager
def _generators_of_our_own() -> Iterator[None]:
    """Put the global generators into a state that nobody would seed them to, and back afterwards."""
    python, numpy = random.getstate(), np.random.get_state(legacy=True)  # noqa: NPY002
    random.seed("a state that nobody would seed to")
    np.random.set_state(np.random.RandomState(4_051_629_847).get_state(legacy=True))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
