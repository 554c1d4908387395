"""Running the command line: as a process of its own, or (quicker) in this one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests import runs

from emotopy.cli import main

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
"""Stages that need no compiler and no long import."""
TABLES = ("--set", "reporter=tables")


@pytest.fixture
def environment(tmp_path):
    """The environment of a process: a cache folder of its own, no keys, no settings of ours."""
    return runs.environment(tmp_path / "cache-home", COLUMNS="200")


@pytest.fixture
def process(tmp_path, environment, forks):
    """Run `python -m emotopy` with these words in a process of its own, in `tmp_path`.

    With `fresh=True` in one that starts a new Python, not one that is forked with libraries loaded.
    """

    def run(*words, cwd=None, env=None, fresh=False):
        cwd, env = cwd or tmp_path, {**environment, **(env or {})}
        if fresh:
            return runs.run([sys.executable, "-m", "emotopy", *words], cwd=cwd, env=env)
        return forks.run(words, cwd=cwd, env=env, module="emotopy")

    return run


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Run the same `main` in this process, in `tmp_path`: libraries are loaded once for all tests."""
    monkeypatch.chdir(tmp_path)
    for key in [key for key in os.environ if key.startswith(("OPENAI", "EMOTOPY"))]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache-home"))

    def run(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return runs.Run(int(end.value.code or 0), out, err)

    return run


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Fill a folder by a function that is called once a module; tests after the first get copies of what it made."""
    kept = tmp_path_factory.mktemp("once")

    def fill(folder: Path, make: Callable[[], None]) -> Path:
        copy = kept / make.__name__
        if copy.is_dir():
            shutil.copytree(copy, folder, dirs_exist_ok=True)
        else:
            make()
            shutil.copytree(folder, copy)
        return folder

    return fill


@pytest.fixture
def map_it(call, tmp_path):
    """Map a file with quick stages into `tmp_path/out`, tables only; return the run and the two tables."""

    def run(file, *words):
        done = call("map", file, "--out", "out", "--force", "--no-cache", *FAST, *TABLES, *words)
        if done.code:
            return done, None, None
        return done, pd.read_csv(tmp_path / "out" / "regions.csv"), pd.read_parquet(tmp_path / "out" / "texts.parquet")

    return run


@pytest.fixture
def diaries():
    """The sample that ships."""
    from emotopy.datasets.sample import diaries_path

    return diaries_path()


@pytest.fixture
def files_in():
    """All files under a folder with their bytes, by path relative to it."""

    def read(folder: Path) -> dict[str, bytes]:
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    return read


@pytest.fixture
def plugin(tmp_path):
    """Install a plugin: a module and its distribution's metadata in a folder for PYTHONPATH; return the folder."""

    def install(name: str, source: str) -> Path:
        folder = tmp_path / "site"
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"{name}.py").write_text(source, "utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[emotopy]\n{name} = {name}\n", "utf-8")
        return folder

    return install
