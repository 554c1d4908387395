"""Timing, in one place: cold processes and works inside this one, each contender in turn, medians.

    used = in_turn({"before": [before_python, "-m", "emotopy", …], "now": [python, "-m", "emotopy", …]}, repeats=5)
    ratio(used["now"], used["before"]).cpu_s

A process is measured with all that it waited for: wall clock, processor time (user and system), peak of resident
memory. Contenders run A, B, A, B, …, so that whatever else the machine does meets all of them. On a shared machine
quote processor time; on an idle one both.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs

POOLS = tuple(f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON"))
"""What sets the number of threads of native code."""

LAUNCHER = """
import json, os, sys, time
place, words = sys.argv[1], sys.argv[2:]
begun = time.perf_counter()
process = os.posix_spawn(words[0], words, os.environ)
_, status, used = os.wait4(process, 0)
wall = time.perf_counter() - begun
with open(place, "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime, used.ru_maxrss], file)
"""
"""Linux counts the memory of whoever starts a process as its own until it runs its program, so that a benchmark which
holds 2 GB would measure 2 GB for everything that it starts. This small process stands between."""


class Failed(RuntimeError):
    """A measured process failed: the message ends with what it said on stderr."""


@attrs.frozen
class Used:
    """What a run took: wall clock and processor seconds, peak resident memory in MB (10⁶ bytes), what it printed."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    out: str = attrs.field(default="", repr=False)


def environment(threads: int = 1, **told: str) -> dict[str, str]:
    """Return this process's environment for a benchmark: so many threads of native code, no cache of ours, no keys."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EMOTOPY", "OPENAI", "PYTHON"))}
    return {**kept, **dict.fromkeys(POOLS, str(threads)), "HF_HUB_OFFLINE": "1", **told}


def python_of(checkout: Path | None = None) -> str:
    """Return the Python of a checkout's `.venv`, or this one."""
    return sys.executable if checkout is None else str(checkout / ".venv" / "bin" / "python")


def measure(
    words: Sequence[object],
    *,
    threads: int = 1,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float | None = None,
) -> Used:
    """Run a command in a new process and return what it took; Failed where it doesn't end with 0."""
    words = [str(word) for word in words]
    if os.sep not in words[0]:
        raise ValueError(f"wanted the program's whole path, got {words[0]}")
    with tempfile.NamedTemporaryFile("r") as place:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, place.name, *words],
            env={**environment(threads), **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
        found = place.read()
    if not found:
        raise Failed(f"{words[0]} could not be started: {done.stderr[-2000:]}")
    code, wall_s, cpu_s, peak = json.loads(found)
    if code != 0:
        raise Failed(f"{' '.join(words)[:300]} ended with {code}: {done.stderr[-2000:]}")
    return Used(wall_s, cpu_s, peak * (1 if sys.platform == "darwin" else 1024) / 1e6, done.stdout)


def in_turn(
    commands: Mapping[str, Sequence[object]],
    *,
    repeats: int = 5,
    threads: int = 1,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    warm_up: bool = True,
    prepare: Callable[[str], None] | None = None,
) -> dict[str, list[Used]]:
    """Run each command `repeats` times in turn, each in a new process; return what the runs took, by name.

    `warm_up` runs each once before, unmeasured, so that files are in the machine's cache and compiled. `prepare` is
    called with the name before every run (to remove its last results, say).
    """
    found: dict[str, list[Used]] = {name: [] for name in commands}
    for round_ in range(-1 if warm_up else 0, repeats):
        for name, words in commands.items():
            if prepare is not None:
                prepare(name)
            used = measure(words, threads=threads, env=env, cwd=cwd)
            if round_ >= 0:
                found[name].append(used)
    return found


def works_in_turn(
    works: Mapping[str, Callable[[], object]], *, repeats: int = 5, loops: int = 1, warm_up: bool = True
) -> dict[str, list[Used]]:
    """Run each function `repeats` times in turn, in this process; return what the runs took, by name.

    A run is `loops` calls, and its figures those of one of them. `peak_mb` is that of the whole process so far.
    """
    found: dict[str, list[Used]] = {name: [] for name in works}
    for round_ in range(-1 if warm_up else 0, repeats):
        for name, work in works.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(loops):
                work()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if round_ >= 0:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                found[name].append(Used(wall / loops, cpu / loops, peak * 1024 / 1e6))
    return found


def median(runs: Sequence[Used]) -> Used:
    """Return the median of each figure."""
    figures = (statistics.median(getattr(run, name) for run in runs) for name in ("wall_s", "cpu_s", "peak_mb"))
    return Used(*figures)


def ratio(ours: Sequence[Used], theirs: Sequence[Used]) -> Used:
    """Return, figure by figure, the median over rounds of ours as a multiple of theirs in the same round."""
    pairs = list(zip(ours, theirs, strict=True))
    return Used(
        *(
            statistics.median(getattr(one, name) / max(getattr(other, name), 1e-9) for one, other in pairs)
            for name in ("wall_s", "cpu_s", "peak_mb")
        )
    )
