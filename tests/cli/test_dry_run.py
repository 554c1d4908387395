"""`--dry-run`: every check of the run, its design and its cost; nothing is sent, nothing written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotopy.readers.ratings import table_text
from emotopy.simulate import simulate_bold

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
OFFLINE = """
import socket

def refuse(*arguments, **options):
    with open("connections.txt", "a") as log:
        log.write(repr(arguments))
    raise OSError("no connection in this test")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
"""


@pytest.fixture
def offline(tmp_path, process):
    """Run a command in a process that can't open a connection, and would leave a file if it tried."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(OFFLINE, "utf-8")

    def run(*words):
        return process(*words, env={"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"})

    return run


def told(out):
    """The lines of two columns that a dry run prints, as a dict."""
    pairs = [line.split("  ", 1) for line in out.partition("\n\n")[2].splitlines()]
    return {key.strip(): value.strip() for key, value in pairs}


def groups(out):
    """The table of groups that it prints: the cells of each by its name."""
    return {line.split()[0]: line.split()[1:] for line in out.partition("\n\n")[0].splitlines()[1:]}


def left(folder):
    """Names of all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_cost_of_a_remote_stage_is_told_without_key_and_connection(offline, write, tmp_path):
    """Rows, distinct texts, tokens, requests, dollars; no key and no --out are needed, nothing sent, no file made."""
    text = "x" * 1000
    file = write("x.csv", f"text,g\n{text},a\n{text},b\n,a\nI am happy,b\n")
    before = left(tmp_path)
    run = offline("map", file, "--group", "g", "--set", "embedder=openai", "--dry-run", "--cache", "cache")
    assert run.code == 0, run.err
    found = told(run.out)
    assert {
        "rows": "4",
        "with text": "3",
        "distinct texts": "2",
        "embedder": "emotopy:openai",
        "sent by": "embedder emotopy:openai",
        "already in the cache": "0",
        "estimated tokens": "at most 1,010",
        "requests": "1",
        "cost": "less than 0.0001 USD",
    }.items() <= found.items()
    assert left(tmp_path) == before


def test_a_price_of_ones_own_is_used(call, write):
    """`usd_per_million_tokens` times the upper bound of tokens."""
    file = write("x.txt", "x" * 2_000 + "\n")
    words = ("--set", "embedder=openai", "--set", "embedder.usd_per_million_tokens=1000")
    run = call("map", file, "--out", "out", "--no-cache", "--dry-run", *words)
    assert told(run.out)["cost"] == "at most 2.0000 USD"


def test_a_local_stage_costs_nothing(call, write, tmp_path):
    """The dry run of the default preset says so, and writes nothing, not even the parent of --out."""
    run = call("map", write("x.txt", "I am happy\n"), "--out", "new/out", "--dry-run")
    assert run.code == 0, run.err
    assert told(run.out)["cost"].startswith("none")
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_without_a_key_a_real_run_says_what_to_do(call, write, tmp_path):
    """The variable's name and the offline way are in the message; nothing is written."""
    run = call("map", write("x.txt", "I am happy\n"), "--out", "out", "--no-cache", "--set", "embedder=openai")
    assert run.code == 1
    assert "OPENAI_API_KEY" in run.error
    assert "--set embedder=static" in run.error
    assert not (tmp_path / "out").exists()


@pytest.fixture
def letters(write):
    """Letters of six people in two groups: three of one write a word, three of the other eight; ages change."""
    rows = [
        f"{'happy ' * (1 if person < 3 else 8)},{'ab'[person >= 3]},p{person},2026-01-{1 + 4 * person + i:02},{20 + i}"
        for person in range(6)
        for i in range(2)
    ]
    return write("letters.csv", "\n".join(["text,g,who,day,age", *rows]) + "\n")


def test_the_design_of_texts_is_printed(offline, letters, tmp_path):
    """Groups × units × texts, lengths, times, kept columns; what a reader has to know goes to stderr."""
    before = left(tmp_path)
    words = ("--group", "g", "--unit", "who", "--time", "day", "--keep", "age", *FAST)
    run = offline("map", letters, *words, "--dry-run", "--no-cache")
    assert run.code == 0, run.err
    assert groups(run.out) == {
        "all": ["6", "12", "2", "4.5", "(1", "to", "8)"],
        "a": ["3", "6", "2", "1", "(1", "to", "1)"],
        "b": ["3", "6", "2", "8", "(8", "to", "8)"],
    }
    found = told(run.out)
    assert "2026-01-01" in found["times"]
    assert "2026-01-22" in found["times"]
    assert "6 units" in found["kept age"]
    assert sum("differ" in line for line in run.err.splitlines()) == 1
    assert left(tmp_path) == before


BAD = {
    "column": ("--group", "nothing"),
    "stage": ("--set", "embedder=nobody"),
    "option": ("--set", "clusterer.n_clusters=-1"),
    "time": ("--time", "text"),
    "id": ("--id", "g"),
    "place": ("--out", "taken"),
}


@pytest.mark.parametrize("words", BAD.values(), ids=BAD)
def test_what_stops_a_run_stops_a_dry_run(call, letters, tmp_path, words):
    """The same error as the run's own, before any work: columns, stages, options, times, ids, the output's place."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("mine", "utf-8")
    before = left(tmp_path)
    dry = call("map", letters, *FAST, "--no-cache", *words, "--dry-run")
    out = () if "--out" in words else ("--out", "out")
    real = call("map", letters, *FAST, "--no-cache", *words, *out)
    assert (dry.code, dry.error) == (1, real.error)
    assert left(tmp_path) == before


def test_a_missing_library_stops_a_dry_run(call, letters, monkeypatch):
    """A stage of an extra that isn't installed."""
    from emotopy.registry.offers import Offer

    monkeypatch.setattr(Offer, "missing", property(lambda self: ["torch"] if self.extra else []))
    run = call("map", letters, "--dry-run", "--no-cache", "--set", "embedder=sentence-transformers")
    assert run.code == 1
    assert "sentence-transformers]" in run.error


@pytest.mark.slow
def test_the_design_of_a_comparison_is_printed(offline, call, letters, tmp_path):
    """Units, texts, lengths, covariates; covariates that can't be held constant are an error without permutations."""
    words = ("--group", "g", "--unit", "who", "--keep", "age", *FAST, "--set", "reporter=tables", "--no-cache")
    assert call("map", letters, *words, "--out", "out").code == 0
    before = left(tmp_path)
    run = offline("compare", "out", "a", "b", "--covariate", "age", "--dry-run")
    assert run.code == 1  # the mean age is the same for all
    run = offline("compare", "out", "a", "b", "--covariate", "log_words", "--dry-run")
    assert run.code == 1
    assert "log_words" in run.error
    run = offline("compare", "out", "a", "b", "--dry-run")
    assert run.code == 0, run.err
    assert groups(run.out)["b"] == ["3", "6", "2", "8", "(8", "to", "8)"]
    assert told(run.out)["in a"] == "3"
    assert "8 words" in run.err
    assert left(tmp_path) == before
    assert call("compare", "out", "a", "b", "--dry-run", "--out", "out").code != 0


@pytest.fixture
def scans(tmp_path):
    """Three listeners of a story as files."""
    study = simulate_bold("coupling", n_subjects=3, n_volumes=200, n_regions=5, n_carriers=2, seed=1)
    (tmp_path / "series").mkdir()
    (tmp_path / "ratings.tsv").write_text(table_text(study.ratings))
    for one in study.series:
        pd.DataFrame(one.values, columns=list(one.regions)).to_csv(tmp_path / f"series/{one.subject}.csv", index=False)
    return study


def test_the_design_of_a_decoding_is_printed(offline, scans, tmp_path):
    """Subjects, volumes, regions, windows, blocks, emotions, feature sets, surrogates; no file, no connection."""
    before = left(tmp_path)
    words = ("--series", "series", "--tr", "2", "--ratings", "ratings.tsv", "--set", "null.n=19", "--dry-run")
    run = offline("decode", *words)
    assert run.code == 0, run.err
    found = {key.strip(): value.strip() for key, value in (line.split("  ", 1) for line in run.out.splitlines())}
    assert found["subjects"] == "3"
    assert found["volumes"] == "200 each, TR 2 s"
    assert found["regions"] == "5"
    assert found["surrogates"].startswith("19")
    assert "sliding-window" in found["feature sets"]
    assert set(scans.ratings.emotions) <= set(found["emotions"].partition(": ")[2].split(", "))
    assert left(tmp_path) == before


@pytest.mark.parametrize(
    "words", [("--tr", "2", "--set", "split.n_blocks=90"), (), ("--tr", "2", "--regressors", "tone")]
)
def test_what_stops_a_decoding_stops_its_dry_run(call, scans, tmp_path, words):
    """Too many blocks, no repetition time, regressors of another length."""
    (tmp_path / "tone").mkdir()
    for one in scans.series:
        np.savetxt(tmp_path / "tone" / f"{one.subject}-tone.txt", np.arange(50))
    given = ("decode", "--series", "series", "--ratings", "ratings.tsv", "--no-cache", *words)
    dry, real = call(*given, "--dry-run"), call(*given, "--out", "out")
    assert (dry.code, dry.error) == (1, real.error)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("task", "is_told"), [("rest", True), ("story", False)])
def test_motion_of_another_task_is_told(call, scans, tmp_path, task, is_told):
    """It may have as many rows as the story."""
    (tmp_path / "motion").mkdir()
    for one in scans.series:
        (tmp_path / f"series/{one.subject}.csv").rename(tmp_path / f"series/{one.subject}_task-story.csv")
        moves = np.random.default_rng(1).normal(scale=[0.02] * 3 + [0.0004] * 3, size=(one.n_volumes, 6)).cumsum(axis=0)
        np.savetxt(tmp_path / f"motion/{one.subject}_task-{task}_motion.txt", moves)
    given = ("--series", "series", "--motion", "motion", "--ratings", "ratings.tsv", "--tr", "2", "--dry-run")
    run = call("decode", *given, "--no-cache")
    assert run.code == 0, run.err
    assert ("have task rest" in run.err) == is_told
