"""Ctrl-C: nothing half-written, and nothing done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

SLOW = """
import os
import time
from pathlib import Path

from emotopy import hookimpl


class Slow:
    def fit_transform(self, X):
        marker = os.environ.get("SLOW_MARKER")
        if marker:
            Path(marker).touch()
            exec("time.sleep(120)")  # Python itself remembers a KeyboardInterrupt that passes through a string
        return X[:, :3]


class SlowReporter:
    def write(self, result, directory):
        (directory / "half.txt").write_text("half")
        marker = os.environ.get("SLOW_REPORT_MARKER")
        if marker:
            Path(marker).touch()
            time.sleep(120)
        return []


@hookimpl
def register_reducers():
    return {"slow": Slow}


@hookimpl
def register_reporters():
    return {"slow-report": SlowReporter}
"""


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
@pytest.mark.parametrize(("how", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing_half_written_and_its_work_in_the_cache(
    process, plugin, environment, write, tmp_path, files_in, how, expected
):
    """In a stage and while results are written: no results directory; the next run reuses and says what."""
    environment["PYTHONPATH"] = str(plugin("slow_stages", SLOW))
    folder = tmp_path / "results"
    folder.mkdir()
    file = write("x.txt", "I am afraid of the dark\nWhat a lovely day\nI hate this\nWe laughed\n")
    words = ["map", str(file), "--out", "results/new/out", "--cache", "cache"]
    words += ["--set", "reducer=slow", "--set", "clusterer=kmeans", "--set", 'reporter=["tables", "slow-report"]']

    code, err = interrupted(words, environment, tmp_path, "SLOW_MARKER", how)
    assert code == expected, err
    assert err.endswith("error: interrupted; no incomplete file was left behind\n")
    assert "Traceback" not in err
    assert list(folder.iterdir()) == []

    code, err = interrupted(words, environment, tmp_path, "SLOW_REPORT_MARKER", how)
    assert code == expected, err
    assert "embedder emotopy:static: embedding 4 texts: reused from the cache" in err
    assert "intensity_scorer emotopy:nrc: scoring 4 texts: reused from the cache" in err
    assert files_in(folder) == {}
    assert not [name for name in files_in(tmp_path / "cache") if "partial" in name]

    done = process(*words)
    assert done.code == 0, done.err
    assert "reducer slow-stages:slow: reducing 4 vectors: reused from the cache" in done.err
    assert len(pd.read_parquet(folder / "new" / "out" / "texts.parquet")) == 4
    assert b"afraid" not in b"".join(files_in(tmp_path / "cache").values())


def interrupted(words, environment, cwd, variable, how, module=("-m", "emotopy")):
    """Run until the plugin has made its marker, then send the signal; return exit code and stderr."""
    marker = cwd / variable
    running = subprocess.Popen(
        [sys.executable, *module, *words],
        cwd=cwd,
        env={**environment, variable: str(marker)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 90
    while not marker.exists() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(how)
    _, err = running.communicate(timeout=60)
    return running.returncode, err


def test_a_second_signal_while_the_first_is_told_changes_nothing(plugin, write, tmp_path):
    """No traceback, and the code of an interrupt, whenever the second comes."""
    environment = {**os.environ, "PYTHONPATH": str(plugin("slow_stages", SLOW))}
    file = write("x.txt", "I am afraid of the dark\nWhat a lovely day\nI hate this\nWe laughed\n")
    program = f"""
import os, signal
from emotopy import cli

usual = cli.print_error
def print_error(message):
    usual(message)
    os.kill(os.getpid(), signal.SIGINT)
cli.print_error = print_error
cli.main(["map", {str(file)!r}, "--out", "out", "--no-cache", "--set", "reducer=slow", "--set", "clusterer=kmeans"])
"""
    code, err = interrupted(["-c", program], environment, tmp_path, "SLOW_MARKER", signal.SIGINT, module=())
    assert code == 130, err
    assert "Traceback" not in err
