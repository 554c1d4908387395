"""The same run gives the same files, and the files say nothing of when and where it ran."""

from __future__ import annotations

import datetime as dt
import getpass
import gzip
import json
import socket
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")


def test_two_runs_give_the_same_bytes(process, call, diaries, tmp_path, files_in, monkeypatch):
    """With a fresh cache, a used one and none; from another folder, by another path; all files, the report too."""
    words = ("--group", "group", "--unit", "writer", "--time", "day", "--id", "id", *FAST, "--seed", "3", "--quiet")
    fresh = process("map", diaries, "--out", "fresh", "--cache", "cache", *words, fresh=True)
    assert (fresh.code, fresh.err) == (0, "")
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    copy = elsewhere / diaries.name
    copy.write_bytes(diaries.read_bytes())
    bare = call("map", diaries, "--out", "bare", "--no-cache", *words)
    assert (bare.code, bare.err) == (0, "")
    monkeypatch.chdir(elsewhere)
    reused = call("map", copy.name, "--out", "../reused", "--cache", tmp_path / "cache", *words[:-1])
    assert reused.code == 0, reused.err
    assert reused.err.count("reused from the cache") == 4

    first = files_in(tmp_path / "fresh")
    names = {"regions.csv", "texts.parquet", "clusters.csv", "regions.nii.gz", "regions.json", "provenance.json"}
    assert first.keys() == {*names, "reasons.csv", "report.html", "time_course.csv", "change_points.csv"}
    for other in ("reused", "bare"):
        assert {name: files_in(tmp_path / other).get(name) == held for name, held in first.items()} == dict.fromkeys(
            first, True
        )
    provenance = json.loads(first["provenance.json"])
    assert provenance["input"]["file"] == "diaries.csv"
    assert provenance["seed"] == 3


def test_results_hold_no_path_no_name_of_the_machine_and_no_time(call, write, tmp_path, files_in):
    """Not even where options and configuration were given as absolute paths."""
    tiers = write("my tiers.csv", "keyword,emotion,tier\nhappy,joy,very\nafraid,fear,plain\n")
    config = write("my.toml", f"[intensity_scorer]\nuse = 'lexical'\ntiers = '{tiers.as_posix()}'\n")
    file = write("x.csv", "text,g\nI am happy today,a\nI am afraid,b\n")
    run = call("map", file, "--group", "g", "--out", tmp_path / "out", "--config", config, "--no-cache", *FAST)
    assert run.code == 0, run.err
    told = {str(tmp_path), str(Path.cwd()), str(Path.home()), getpass.getuser(), socket.gethostname()}
    told |= {f"{dt.date.today():%Y-%m-%d}", f"{dt.date.today():%d.%m.%Y}", f"{dt.date.today():%m/%d/%Y}"}  # noqa: DTZ011
    files = files_in(tmp_path / "out")
    assert json.loads(files["provenance.json"])["config"]["intensity_scorer"]["tiers"] == "my tiers.csv"
    for name, held in files.items():
        plain = gzip.decompress(held) if name.endswith(".gz") else held
        assert [word for word in told if len(word) > 4 and word.encode() in plain] == [], name
    assert files["regions.nii.gz"][4:8] == bytes(4)  # the time in gzip's header


def test_another_seed_is_in_the_provenance_and_changes_the_intervals(call, diaries, tmp_path):
    """The seed reaches the bootstrap; what isn't random stays."""
    tables = []
    for seed in (1, 2):
        words = ("--set", "reporter=tables", "--set", "interval.n=200", "--seed", seed, "--no-cache", *FAST)
        run = call("map", diaries, "--unit", "writer", "--text", "text", "--out", f"s{seed}", *words)
        assert run.code == 0, run.err
        tables.append(pd.read_csv(tmp_path / f"s{seed}" / "regions.csv"))
        assert json.loads((tmp_path / f"s{seed}" / "provenance.json").read_text("utf-8"))["seed"] == seed
    assert tables[0]["relative"].equals(tables[1]["relative"])
    assert not tables[0]["relative_low"].equals(tables[1]["relative_low"])
