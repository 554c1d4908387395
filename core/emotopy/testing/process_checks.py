"""What every stage promises to the process that it runs in, to other processes, and to other threads."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from emotopy.testing.example_inputs import inputs_of, run_once, unseen_of, use
from emotopy.testing.generic_checks import HEAVY, digest, same
from emotopy.testing.suite import NOT_FOUND, Candidate, NotApplicable, Unavailable, require

N_THREADS = 4


def check_importing_the_plugin_is_light(candidate: Candidate) -> None:
    """In a new process, importing the plugin's module imports no heavy library, prints nothing, changes nothing."""
    found = _import_alone(_module_of(candidate))
    if found is None:
        raise Unavailable(f"{candidate}: module {_module_of(candidate)} can't be imported by name in a new process")
    for what, changed in found.items():
        require(not changed, f"{candidate}: importing {_module_of(candidate)} must not touch {what}, it did: {changed}")


def check_leaves_the_process_alone(candidate: Candidate) -> None:
    """Making and using a stage leaves no trace in the process.

    Whatever else runs there keeps its warning filters, logging, random generators, environment and folder, and nothing
    is printed. Warning filters, environment and generators count from the second use, since the libraries that a first
    use imports may touch theirs.
    """
    inputs, again = inputs_of(candidate), inputs_of(candidate)
    first = _state()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out):
        run_once(candidate, candidate.make(), inputs)
        # warnings speak to the developer, and are nothing that a stage prints
        with _generators_of_our_own(), warnings.catch_warnings(record=True), contextlib.redirect_stderr(err):
            warm = _state()
            run_once(candidate, candidate.make(), again)
            last = _state()
    for what, value in last.items():
        reference = first if what in ("working directory", "root logger") else warm
        require(value == reference[what], f"{candidate}: changed the process's {what}")
    for stream, printed in (("stdout", out), ("stderr", err)):
        require(not printed.getvalue(), f"{candidate}: printed to {stream}: {printed.getvalue()[:200]!r}")


def check_promised_threads_are_safe(candidate: Candidate) -> None:
    """A stage whose attribute `thread_safe` is True gives several threads at once what it gives each alone."""
    stage = candidate.make()
    if getattr(stage, "thread_safe", False) is not True:
        raise NotApplicable(f"{candidate}: promises no thread safety (attribute thread_safe = True)")
    run_once(candidate, stage, inputs_of(candidate))
    inputs = [unseen_of(candidate, i % 3) for i in range(4 * N_THREADS)]
    alone = [use(candidate, stage, one) for one in inputs]
    interval = sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-6)  # threads change places as often as they can
        with ThreadPoolExecutor(N_THREADS) as threads:
            together = list(threads.map(lambda one: use(candidate, stage, one), inputs))
    finally:
        sys.setswitchinterval(interval)
    require(same(together, alone), f"{candidate}: gives other output when several threads use it at once")


def check_same_output_in_another_process(candidate: Candidate) -> None:
    """Another process, where Python's own `hash` gives other numbers, gets the same output for the same texts."""
    if candidate.stages or any(name in candidate.offer.signature.stages for name in candidate.options):
        raise Unavailable(f"{candidate}: stages given as objects can't be taken to another process")
    here = run_once(candidate, candidate.make(), inputs_of(candidate))
    here = here if isinstance(here, list) else [here]
    there = _run_elsewhere(candidate)
    require(
        same(there, [np.asarray(one) for one in here]),
        f"{candidate}: another process got other numbers for the same texts; does it use hash(), or the order of a "
        "set? (zlib.crc32 is the same everywhere)",
    )


EVERY_ROLE = (
    check_importing_the_plugin_is_light,
    check_leaves_the_process_alone,
    check_promised_threads_are_safe,
)
CHECKS = dict.fromkeys(
    ("embedder", "intensity_scorer", "region_mapper", "annotator"), (check_same_output_in_another_process,)
)
"""The roles that read texts: there `hash`, and sets of words, are near at hand."""


def _module_of(candidate: Candidate) -> str:
    module = candidate.registry.module_of(candidate.offer)
    if module is None:
        raise Unavailable(f"{candidate}: the plugin is an object, not a module, so that no other process can import it")
    return module


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


def _state() -> dict[str, Any]:
    root = logging.getLogger()
    return {
        "warning filters": list(warnings.filters),
        "environment": dict(os.environ),
        "working directory": Path.cwd(),
        "root logger": (root.level, list(root.handlers), root.disabled, logging.root.manager.disable),
        "random generator of Python": random.getstate(),
        "random generator of NumPy": digest(np.random.get_state(legacy=True)),  # noqa: NPY002 (we watch, not draw)
        "floating-point error handling": np.geterr(),
    }


_PROBE = """
import contextlib, importlib, io, json, logging, os, sys, warnings
import numpy
name, heavy = sys.argv[1], json.loads(sys.argv[2])
before = list(warnings.filters), dict(os.environ), list(logging.getLogger().handlers), logging.getLogger().level
out = io.StringIO()
with contextlib.redirect_stdout(out):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise
        sys.exit(77)
after = list(warnings.filters), dict(os.environ), list(logging.getLogger().handlers), logging.getLogger().level
print(json.dumps({
    "heavy libraries": [one for one in heavy if one in sys.modules],
    "stdout": out.getvalue()[:200],
    "the warning filters": before[0] != after[0],
    "the environment": before[1] != after[1],
    "logging": before[2:] != after[2:],
}))
"""


@cache
def _import_alone(module: str) -> dict[str, Any] | None:
    """Import a module in a new process and return what that touched; None where it isn't found there."""
    ran = _python("-c", _PROBE, module, json.dumps(HEAVY))
    if ran.returncode == NOT_FOUND:
        return None
    require(ran.returncode == 0, f"importing {module} failed in a new process: {ran.stderr[-500:]}")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def _run_elsewhere(candidate: Candidate) -> list[Any]:
    """Use the stage once in a new process and return its arrays."""
    from emotopy.config.serialise import to_plain

    offer = candidate.offer
    words = [_module_of(candidate), offer.owner, offer.plugin, offer.role, offer.full_name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrays.npz"
        options = json.dumps(to_plain(candidate.options))
        entry = ("-m", "emotopy.testing.subprocess_entry")
        other_seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        ran = _python(*entry, *words, options, str(path), PYTHONHASHSEED=other_seed)
        if ran.returncode == NOT_FOUND:
            raise Unavailable(f"{candidate}: module {words[0]} can't be imported by name in a new process")
        require(ran.returncode == 0, f"{candidate}: failed in a new process: {ran.stderr[-500:]}")
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in sorted(arrays.files)]


def _python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run our own interpreter in a new process, with the same modules within reach."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(  # noqa: S603 (our own interpreter, our own words)
        [sys.executable, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        check=False,
    )
