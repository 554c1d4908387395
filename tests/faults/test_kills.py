"""A kill each of `map` and of a paid embedder; `tests/benchmarks/faults.py` has all of them, and all commands."""

from __future__ import annotations

import signal
import sys

import pytest
from tests.faults.kills import Job, Point, kill, refer
from tests.faults.scene import SCENARIOS, TEXTS, write_texts
from tests.faults.server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals"),
]


@pytest.mark.parametrize(
    ("name", "how", "after", "share"),
    [("map", signal.SIGKILL, "writing", 0.0), ("paid map", signal.SIGTERM, "working", 0.5)],
)
def test_a_run_that_is_killed_costs_its_own_time_alone(tmp_path, name, how, after, share):
    """The next run writes what an undisturbed one would; nothing is left behind, nothing is paid for twice."""
    study = tmp_path / "study"
    study.mkdir()
    write_texts(study / TEXTS, 8)
    with Server(delay_s=0.05) as server:
        scenario = next(one for one in SCENARIOS if one.name == name).at(server.url)
        reference = refer(scenario, study, with_old=False)
        wait_s = share * (reference.course.writing_s - reference.course.claimed_s)
        outcome = kill(Job(scenario, how, Point(after, wait_s), reference, study, server))
    assert outcome.phase != "done"
    assert outcome.code == (143 if how is signal.SIGTERM else -9)
    assert outcome.is_identical, outcome.said
    assert (outcome.n_torn, outcome.n_leftovers, outcome.n_paid_twice) == (0, 0, 0)
    assert how is signal.SIGKILL or outcome.n_temporary == 0
