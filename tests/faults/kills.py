"""Runs that are killed at seeded points: what the next run finds, and what was paid for twice."""

from __future__ import annotations

import math
import os
import random
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
from tests.faults.scene import (
    AT_ONCE,
    TEMPORARY,
    Scenario,
    files,
    hidden,
    new_files,
    run,
    start,
    torn,
)
from tests.faults.server import Server

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CODES = {signal.SIGKILL: (-9,), signal.SIGTERM: (143, -15), signal.SIGINT: (130, -2)}
"""Exit codes that answer a signal: ours, or (before a run is ours) the system's, which shells call the same."""
PHASES = ("start-up", "reading", "stages", "writing", "moving", "done")
LOOK_S = 0.0005
LONGEST_S = 120.0
DELAY_S = 0.06
"""Of the paid server's answers, so that kills find requests under way."""


@attrs.frozen
class Course:
    """An undisturbed run: when its claim and its hidden output appeared, when it ended, in seconds from its start."""

    claimed_s: float
    writing_s: float
    ended_s: float


@attrs.frozen
class Reference:
    """What a scenario makes undisturbed, and what the run that it may replace has made."""

    course: Course
    made: Mapping[str, bytes]
    old: Mapping[str, bytes]


@attrs.frozen
class Point:
    """When to kill: so long after the start, or after a phase was seen to begin."""

    after: str
    wait_s: float


@attrs.frozen
class Outcome:
    """What came of one kill."""

    scenario: str
    how: str
    phase: str
    code: int
    is_code_right: bool
    n_torn: int
    n_leftovers: int
    is_identical: bool
    is_old_safe: bool
    n_temporary: int
    n_paid_twice: int
    n_in_flight: int
    said: str = ""

    @property
    def is_good(self) -> bool:
        allowed = AT_ONCE if self.how == "SIGKILL" else 0
        return (
            self.is_code_right
            and self.is_identical
            and self.is_old_safe
            and not (self.n_torn or self.n_leftovers)
            and self.n_paid_twice <= allowed
        )


def phase_of(home: Path) -> str:
    """Return how far a run has come, by what is there beside its output's place."""
    names = {entry.name for entry in os.scandir(home)}
    locks = [name for name in names if name.startswith(".") and name.endswith(".lock")]
    if any((home / lock / "journal.json").exists() for lock in locks):
        return "moving"
    if any(name.startswith(".") and name.endswith(".partial") for name in names):
        return "writing"
    return "working" if locks else "outside"


def observe(words: tuple[str, ...], home: Path) -> Course:
    """Run undisturbed; return when what happened."""
    running, begun = start(words, home), time.monotonic()
    seen: dict[str, float] = {}
    while running.poll() is None:
        seen.setdefault(phase_of(home), time.monotonic() - begun)
        time.sleep(LOOK_S)
    ended_s = time.monotonic() - begun
    _, err = running.communicate()
    if running.returncode:
        raise RuntimeError(f"{' '.join(words)}: {err}")
    claimed_s = seen.get("working", ended_s / 2)
    return Course(claimed_s, seen.get("writing", seen.get("moving", ended_s)), ended_s)


def refer(scenario: Scenario, study: Path, *, with_old: bool = True) -> Reference:
    """Run a scenario undisturbed, and the other that stands there before some of the kills."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        courses = []
        for more in (scenario.other, ()) if with_old else ((),):
            home = copied(study, Path(folder) / str(len(found)))
            before = files(home)
            courses.append(observe((*scenario.words, *more), home))
            found.append(new_files(home, before))
        return Reference(courses[-1], found[-1], found[0])


def copied(study: Path, home: Path) -> Path:
    """Return a copy of the study to run in."""
    return Path(shutil.copytree(study, home))


def points(course: Course, n_kills: int, random_state: random.Random) -> list[Point]:
    """Return seeded points of every phase: start-up, reading, stages, writing, moving."""
    work_s = course.writing_s - course.claimed_s
    write_s = max(course.ended_s - course.writing_s, 0.01)
    made: list[Callable[[], Point]] = [
        lambda: Point("start", random_state.uniform(0.02, 0.95) * course.claimed_s),
        lambda: Point("working", random_state.uniform(0, 0.1) * work_s),
        lambda: Point("working", random_state.uniform(0.1, 0.9) * work_s),
        lambda: Point("writing", random_state.uniform(0, 0.5) * write_s),
        lambda: Point("moving", 0.0),
        lambda: Point("working", random_state.uniform(0.1, 0.9) * work_s),
        lambda: Point("start", random_state.uniform(0.02, 0.95) * course.claimed_s),
        lambda: Point("writing", random_state.uniform(0, 0.1) * write_s),
        lambda: Point("working", random_state.uniform(0.1, 0.9) * work_s),
        lambda: Point("writing", 0.0),
    ]
    return [made[i % len(made)]() for i in range(n_kills)]


ORDER = {"outside": 0, "working": 1, "writing": 2, "moving": 3}


@attrs.frozen
class Job:
    """A run to kill: `scenario` with its server's address; `over`: over older results, with --force."""

    scenario: Scenario
    how: signal.Signals
    point: Point
    reference: Reference
    study: Path
    server: Server
    over: bool = False


def kill(job: Job) -> Outcome:
    """Start a run, kill it at a point, run again. A run that ends before its point is repeated with earlier ones."""
    for share in (1.0, 0.5, 0.25, 0.0):  # (a machine that others use has no steady pace)
        outcome = _kill(attrs.evolve(job, point=attrs.evolve(job.point, wait_s=share * job.point.wait_s)))
        if outcome.phase != "done":
            break
        if not job.point.wait_s:
            job = attrs.evolve(job, point=Point("writing", 0.0))
    return outcome


def _kill(job: Job) -> Outcome:
    scenario, how, point, reference, over = job.scenario, job.how, job.point, job.reference, job.over
    with tempfile.TemporaryDirectory() as folder:
        home = copied(job.study, Path(folder) / "home")
        key = secrets.token_hex(4)
        tally = job.server.tally(key)
        before = files(home)
        if over:
            for name, content in reference.old.items():
                (home / name).parent.mkdir(exist_ok=True)
                (home / name).write_bytes(content)
        words = scenario.words
        again = (*words, *(("--force",) if over else ()))
        running, begun = start(again, home, key), time.monotonic()
        _wait(running, home, point, begun + 10 * reference.course.ended_s + 10)
        phase = _named(phase_of(home), time.monotonic() - begun, reference.course)
        in_flight = tally.n_in_flight
        running.send_signal(how)
        _, err = running.communicate(timeout=LONGEST_S)
        is_done = running.returncode == 0
        n_temporary = len(list((home / TEMPORARY).iterdir()))
        is_old_safe = True
        if over:
            run(words, home, key)  # is refused, and clears up: what is there is whole, old or new
            is_old_safe = new_files(home, before) in (reference.old, reference.made)
        ended = run(again, home, key)
        said = "" if ended.code in (0, 1) else ended.err
        made = new_files(home, before)
        left = hidden(home)
        if not is_done and running.returncode not in CODES[how]:
            said += f" killed: exit {running.returncode}: {err[-300:]}"
        if made != reference.made:
            differing = [n for n in made.keys() | reference.made.keys() if made.get(n) != reference.made.get(n)]
            said += f" differing: {differing}, {ended.err[-300:]}"
        return Outcome(
            scenario=scenario.name,
            how=how.name,
            phase="done" if is_done else phase,
            code=running.returncode,
            is_code_right=is_done or running.returncode in CODES[how],
            n_torn=len(torn(home)),
            n_leftovers=len(left),
            is_identical=made == reference.made,
            is_old_safe=is_old_safe,
            n_temporary=n_temporary,
            n_paid_twice=tally.n_twice,
            n_in_flight=in_flight,
            said=said + (f" left: {left}" if left else ""),
        )


def _wait(running: subprocess.Popen[str], home: Path, point: Point, latest: float) -> None:
    until = time.monotonic() + point.wait_s if point.after == "start" else None
    while running.poll() is None and time.monotonic() < latest:
        now = time.monotonic()
        if until is not None and now >= until:
            return
        if until is None and ORDER[phase_of(home)] >= ORDER[point.after]:
            until = now + point.wait_s
            continue
        time.sleep(LOOK_S)


def _named(phase: str, now_s: float, course: Course) -> str:
    if phase == "outside":
        return "start-up" if now_s < course.ended_s * 0.8 else "done"
    if phase == "working":
        is_reading = now_s < course.claimed_s + 0.1 * (course.writing_s - course.claimed_s)
        return "reading" if is_reading else "stages"
    return phase


def measure(
    scenarios: Sequence[Scenario],
    study: Path,
    *,
    n_kills: int,
    seed: int,
    n_workers: int,
    until: float = math.inf,
) -> list[Outcome]:
    """Kill `n_kills` runs of each scenario with each signal, the first of all of them first; begin none after `until`.

    `until` is a time of `time.monotonic`.
    """
    with (
        Server(delay_s=DELAY_S, most_requests=1000 * n_kills * len(SIGNALS)) as server,
        ThreadPoolExecutor(n_workers) as pool,
    ):
        made = jobs(scenarios, study, server, n_kills=n_kills, seed=seed)
        first = [job for i in range(n_kills) for job in made[i::n_kills]]
        found = pool.map(lambda job: kill(job) if time.monotonic() < until else None, first)
        return [outcome for outcome in found if outcome is not None]


def jobs(
    scenarios: Sequence[Scenario],
    study: Path,
    server: Server,
    *,
    n_kills: int,
    seed: int,
    how: Sequence[signal.Signals] = SIGNALS,
) -> list[Job]:
    """Return the runs to kill, `n_kills` of each scenario with each signal."""
    made = []
    for scenario in (one.at(server.url) for one in scenarios):
        reference = refer(scenario, study)
        for one in how:
            random_state = random.Random(f"{seed} {scenario.name} {one.name}")
            for i, point in enumerate(points(reference.course, n_kills, random_state)):
                made.append(Job(scenario, one, point, reference, study, server, over=i % 2 == 1))
    return made
