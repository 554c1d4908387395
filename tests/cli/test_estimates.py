"""What a run will take is told before work, and refused above what the process may have."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest
from tests import runs

from emotopy.readers.ratings import table_text
from emotopy.simulate import simulate_bold

LIMIT_KB = 4_000_000
"""Of the address space: enough for the libraries and for the small study, not for a million surrogates."""


@pytest.fixture
def study(tmp_path):
    """Write a small study: `series/` and `ratings.tsv`."""
    emotions = ("fear", "joy", "anger")
    made = simulate_bold("nothing", n_subjects=3, n_volumes=360, n_regions=6, n_carriers=2, emotions=emotions, seed=1)
    (tmp_path / "series").mkdir()
    (tmp_path / "ratings.tsv").write_text(table_text(made.ratings))
    for one in made.series:
        pd.DataFrame(one.values, columns=list(one.regions)).to_csv(tmp_path / f"series/{one.subject}.csv", index=False)
    return tmp_path


def limited(study: Path, environment: dict[str, str], *words: object) -> runs.Run:
    """Run `decode` in a real process that may have LIMIT_KB of memory."""
    asked = ("decode", "--series", "series", "--tr", "2", "--ratings", "ratings.tsv", "--out", "out", *words)
    command = shlex.join([sys.executable, "-m", "emotopy", *map(str, asked), "--no-cache"])
    return runs.run(["sh", "-c", f"ulimit -v {LIMIT_KB}; exec {command}"], cwd=study, env=environment)


HUGE = ("--set", "null.n=1000000", "--set", "split=subject")


@pytest.mark.slow
def test_what_the_process_may_not_have_is_refused_before_work(study, environment):
    """Exit 1, one line that says how much is wanted, nothing written; the same for a run that would fit."""
    run = limited(study, environment, *HUGE)
    assert run.code == 1
    assert run.error.startswith("memory: ")
    assert "null.n" in run.error
    assert "--force" in run.error
    assert not (study / "out").exists()


@pytest.mark.slow
def test_a_dry_run_tells_that_a_run_would_stop(study, environment):
    """With what it would take; nothing is told of one that is forced."""
    run = limited(study, environment, *HUGE, "--dry-run")
    assert run.code == 0
    assert "A run would stop with this error: memory" in run.err
    rows = dict(line.split("  ", 1) for line in run.out.splitlines() if line.startswith("expected"))
    assert list(rows) == ["expected time", "expected memory", "expected results"]
    assert (
        "A run would stop with this error: memory" not in limited(study, environment, *HUGE, "--dry-run", "--force").err
    )


def test_a_dry_run_of_texts_tells_what_it_takes(call, tmp_path):
    """Time, memory and results, however few texts there are."""
    pd.DataFrame({"text": ["I am afraid.", "What a joy!"]}).to_csv(tmp_path / "texts.csv", index=False)
    run = call("map", "texts.csv", "--dry-run", "--set", "reducer=pca", "--set", "clusterer=kmeans")
    assert run.code == 0
    assert sum(line.startswith("expected ") for line in run.out.splitlines()) == 3
