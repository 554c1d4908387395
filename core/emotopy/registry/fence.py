"""A fence around plugin code: what it prints goes to stderr, what it changes in the process is restored.

Standard output belongs to the host's answer; the working directory, the warning filters, the logging, the global
random generators belong to whoever runs the process. A plugin may change them while it runs; afterwards the fence
restores them and logs which plugin made the change. Not covered: output of C code and of child processes, and
`os._exit`.

The fence suits a process that is ours, such as the command line's: what another thread changes meanwhile would be
restored as well, and what it prints would go to stderr. So it stands only where a registry asks for it
(`Registry.load(fence=True)`). Elsewhere the library leaves the process alone: stages of emotopy's own are tested to do
so, those of others are the host's choice.

To read the state of the random generators takes longer than many a stage's work on a single text. So within `batched`,
calls of stages that are known to keep them (emotopy's own) share one check of these, at the end; the report names all
of them, where one broke its word. Calls of other stages are checked each, as ever.

The fence stands in the main thread alone. In other threads the process is shared with code at work, whose changes
can't be distinguished from the plugin's.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

import attrs
import numpy as np


@attrs.frozen
class ProcessState:
    """A part of the process state: how it is read, and how it is restored.

    `libraries_set_it` says that a library may set it when it is first imported, so that such a change isn't
    reported. Without `restore` it is only watched. `is_slow` says that reading it takes long, some 10 µs or more.
    """

    what: str
    read: Callable[[], Any]
    restore: Callable[[Any], object] | None = None
    libraries_set_it: bool = False
    is_slow: bool = False


def _filters_back(filters: list[Any]) -> None:
    warnings.resetwarnings()  # which tells the interpreter that its filters changed, too
    warnings.filters.extend(filters)  # type: ignore[attr-defined]


def _logging() -> tuple[Any, ...]:
    root = logging.getLogger()
    return root.level, tuple(root.handlers), root.disabled, logging.root.manager.disable


def _logging_back(state: tuple[Any, ...]) -> None:
    root = logging.getLogger()
    root.level, handlers, root.disabled, logging.root.manager.disable = state
    root.handlers[:] = handlers


NOT_LOADED = "not loaded"


def _numpy_generator() -> Any:
    if "numpy.random" not in sys.modules:  # and no reason to load it
        return NOT_LOADED
    state: Any = np.random.get_state(legacy=True)  # noqa: NPY002 (we watch, not draw)
    name, keys, *rest = state
    return name, keys.tobytes(), *rest


def _numpy_generator_back(state: Any) -> None:
    if state == NOT_LOADED:
        np.random.seed()  # noqa: NPY002 (as random as it would have been)
        return
    name, keys, *rest = state
    np.random.set_state((name, np.frombuffer(keys, dtype=np.uint32), *rest))  # noqa: NPY002


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 (a string, as chdir takes it back)
    except FileNotFoundError:  # deleted under our feet
        return None


def _environment() -> dict[Any, Any]:
    """Return a copy of the environment, not decoded where that can be had: decoding takes a hundred times as long."""
    return dict(getattr(os.environ, "_data", os.environ))


PROCESS_STATES = (
    ProcessState("the working directory", _directory, os.chdir),
    ProcessState("the warning filters", lambda: list(warnings.filters), _filters_back, libraries_set_it=True),
    ProcessState("the root logger", _logging, _logging_back),
    ProcessState("Python's random generator", random.getstate, random.setstate, libraries_set_it=True, is_slow=True),
    ProcessState(
        "NumPy's random generator", _numpy_generator, _numpy_generator_back, libraries_set_it=True, is_slow=True
    ),
    ProcessState("NumPy's error handling", np.geterr, lambda state: np.seterr(**state)),
    ProcessState(
        "the answer to Ctrl-C", partial(signal.getsignal, signal.SIGINT), partial(signal.signal, signal.SIGINT)
    ),
    ProcessState(
        "the answer to SIGTERM", partial(signal.getsignal, signal.SIGTERM), partial(signal.signal, signal.SIGTERM)
    ),
    ProcessState("the environment", _environment, libraries_set_it=True),  # read by libraries later: stands
)
QUICK = tuple(state for state in PROCESS_STATES if not state.is_slow)
SLOW = tuple(state for state in PROCESS_STATES if state.is_slow)


@attrs.define(eq=False)
class Batch:
    """Calls that share a check: the slow states before the first of them, and what the calls of trusted stages changed.

    `trusted` holds the stages that were called since, with the function that logs their changes.
    """

    before: list[Any]
    n_modules: int
    trusted: dict[str, Callable[[str], None]] = attrs.field(factory=dict)

    def settle(self) -> None:
        """Put back, and log, what trusted stages changed so far."""
        if self.trusted:
            *_, log_once = self.trusted.values()
            first_import = len(sys.modules) > self.n_modules
            _put_back(SLOW, self.before, " or ".join(self.trusted), log_once, first_import=first_import)
            self.trusted.clear()

    def restart(self) -> None:
        """Read the state anew, after calls that were checked by themselves."""
        self.before, self.n_modules = [state.read() for state in SLOW], len(sys.modules)


_BATCH: ContextVar[Batch | None] = ContextVar("_BATCH", default=None)


@contextmanager
def batched(*, fence: bool) -> Iterator[None]:
    """Run the block; calls of trusted stages in it share one check of the random generators, at its end.

    Without a `fence` nothing is checked.
    """
    if not fence or threading.current_thread() is not threading.main_thread() or _BATCH.get() is not None:
        yield
        return
    batch = Batch([state.read() for state in SLOW], len(sys.modules))
    token = _BATCH.set(batch)
    try:
        yield
    finally:
        _BATCH.reset(token)
        batch.settle()


@contextmanager
def fenced(
    who: str, log_once: Callable[[str], None], *, loading: bool = False, is_trusted: bool = False
) -> Iterator[None]:
    """Run the block as `who`'s: Python's stdout is stderr meanwhile, and what belongs to the process is put back.

    `log_once` is called with each change and its owner. `loading` says that the block imports the plugin itself, which
    must change nothing; otherwise changes that come with the first import of a library are put back without a word.
    `is_trusted` says that the block is known to leave the random generators alone; see `batched`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    batch = _BATCH.get()
    states: Sequence[ProcessState] = PROCESS_STATES
    if batch is not None:
        if is_trusted:
            states = QUICK
            batch.trusted[who] = log_once
        else:
            batch.settle()
    before = [state.read() for state in states]
    n_modules, out, err = len(sys.modules), sys.stdout, sys.stderr
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
        first_import = len(sys.modules) > n_modules and not loading
        _put_back(states, before, who, log_once, first_import=first_import)
        if batch is not None and not is_trusted:
            batch.restart()


def _put_back(
    states: Sequence[ProcessState],
    before: Sequence[Any],
    who: str,
    log_once: Callable[[str], None],
    *,
    first_import: bool,
) -> None:
    """Restore the states that aren't what they were, and log who changed them."""
    for state, value in zip(states, before, strict=True):
        if value is None or state.read() == value:
            continue
        if state.restore is not None:
            with suppress(OSError):
                state.restore(value)
        if value != NOT_LOADED and not (first_import and state.libraries_set_it):
            log_once(f"{who} changed {state.what}; {'undone' if state.restore else 'not undone'}")
