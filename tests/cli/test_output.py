"""Where results go: refused before any work, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "reporter=tables", "--no-cache")


@pytest.fixture
def happy(write):
    """A file of one text."""
    return write("x.txt", "I am happy\n")


def test_a_directory_that_exists_is_refused_without_force(call, happy, tmp_path, files_in):
    """Refused before the work, and untouched; with --force replaced whole; a file of the user's stays and is named."""
    assert call("map", happy, "--out", "out", *FAST).code == 0
    before = files_in(tmp_path / "out")
    run = call("map", happy, "--out", "out", *FAST)
    assert (run.code, run.out) == (1, "")
    assert run.err == "error: out exists; give another --out, or --force to replace it\n"
    assert files_in(tmp_path / "out") == before
    (tmp_path / "out" / "mine.csv").write_text("mine")
    run = call("map", happy, "--out", "out", "--force", *FAST)
    assert run.code == 0
    assert "mine.csv" in run.err
    assert files_in(tmp_path / "out") == before | {"mine.csv": b"mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x.txt"]


def test_force_deletes_nothing_that_is_no_results_directory(call, happy, tmp_path):
    """A folder of other files, or a file, is refused with --force too."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    for out, reason in (("thesis", "isn't a results directory"), (happy.name, "isn't a folder")):
        run = call("map", happy, "--out", out, "--force", *FAST)
        assert run.code == 1
        assert run.error.startswith(f"{out} {reason}")
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_a_failing_reporter_costs_its_own_file(call, happy, tmp_path, plugin, monkeypatch, files_in):
    """The tables of the other are there, nothing half-written, and the failure is told with exit code 1."""
    monkeypatch.syspath_prepend(plugin("bad_reporter", BAD_REPORTER))
    assert call("map", happy, "--out", "out", *FAST).code == 0
    before = files_in(tmp_path / "out")
    words = [word.replace("reporter=tables", 'reporter=["tables", "bad"]') for word in FAST]
    run = call("map", happy, "--out", "out", "--force", *words)
    assert run.code == 1
    assert "bad" in run.error
    assert "KeyError" in run.error
    after = files_in(tmp_path / "out")
    assert after.keys() == before.keys()
    assert all(after[name] == before[name] for name in before.keys() - {"provenance.json"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "site", "x.txt"]


def test_input_inside_the_output_is_refused(call, tmp_path, write):
    """The results would replace it, with --force and without; nothing is touched."""
    (tmp_path / "in").mkdir()
    write("in/x.txt", "I am happy\n")
    for words in ((), ("--force",)):
        run = call("map", "in/x.txt", "--out", "in", *FAST, *words)
        assert (run.code, run.out) == (1, "")
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["x.txt"]


BAD_REPORTER = """
from emotopy import hookimpl

class Bad:
    def write(self, result, directory):
        (directory / "half.txt").write_text("half")
        raise KeyError("column")

@hookimpl
def register_reporters():
    return {"bad": Bad}
"""


def test_a_part_of_the_path_that_is_a_file_is_told(call, happy):
    """`--out x.txt/out` can't be."""
    run = call("map", happy, "--out", f"{happy.name}/out", *FAST)
    assert run.code == 1
    assert run.error.endswith("can't be written: a part of the path is a file, not a folder; give another --out")


def test_no_permission_is_told_before_the_work(call, process, happy, tmp_path):
    """A folder that can't be written (root may write everywhere but in /sys)."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    out = locked / "out"
    if os.access(locked, os.W_OK):  # root
        out = "/sys/out"
        if not os.path.isdir("/sys"):  # noqa: PTH112
            pytest.skip("root on a system without /sys")
    run = call("map", happy, "--out", out, *FAST)
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(f"{out} can't be written: ")
    assert run.error.endswith("; give another --out")
    assert "embedding" not in run.err


def with_a_mount(script, words, environment):
    """Run emotopy by a script of the shell that may mount a small disk before `"$@"`."""
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", sys.executable, "-m", "emotopy", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("may not mount here")
    return done


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare to mount a small disk")
@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_nothing(happy, tmp_path, environment):
    """On a disk of 32 KiB the results don't fit: exit code 1, the reason, no results; the cache stays silent.

    What a run will write is compared with what is free before it begins; --force begins all the same.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size=32k none "{disk}" || exit 77'
    script = f'{mounted}; "$@"; status=$?; find "{disk}" -mindepth 1 >&2; exit $status'
    words = ["map", str(happy), "--out", f"{disk}/out", "--cache", f"{disk}/cache", "--quiet", "--force", *FAST[:-1]]
    done = with_a_mount(script, words, environment)
    assert done.returncode == 1, done.stderr
    first, *left = done.stderr.splitlines()
    assert (
        first == f"error: {disk}/out can't be written: no space is left there; free some space, or give another --out"
    )
    assert [line for line in left if "/cache" not in line] == []
    assert not [line for line in left if "partial" in line]


def test_results_from_python_are_those_of_the_command_line(call, happy, tmp_path):
    """`map_texts(...).write()` writes the same tables."""
    import pandas as pd

    import emotopy

    assert call("map", happy, "--out", "out", *FAST).code == 0
    config = {"reducer": "pca", "clusterer": "kmeans", "reporter": "tables"}
    emotopy.map_texts(["I am happy"], config=config).write(tmp_path / "mine")
    for name in ("regions.csv", "clusters.csv", "texts.parquet", "regions.nii.gz"):
        assert (tmp_path / "mine" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert len(pd.read_csv(tmp_path / "mine" / "regions.csv")) == 18


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare to mount a small disk")
@pytest.mark.slow
def test_a_full_folder_for_temporary_files_is_told(happy, tmp_path, environment):
    """What libraries unpack there doesn't fit: exit code 1, TMPDIR is named, no results."""
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    script = f'mount -t tmpfs -o size=64k none "{disk}" || exit 77; TMPDIR="{disk}" "$@"'
    words = ["map", str(happy), "--out", str(out), "--quiet", *FAST]
    done = with_a_mount(script, words, environment)
    assert done.returncode == 1, done.stderr
    assert "TMPDIR" in done.stderr
    assert not out.exists()
