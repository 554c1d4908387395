"""Bad input gets one clear line and exit code 1; strange input is mapped."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest


@pytest.mark.parametrize(
    ("name", "content", "words", "message"),
    [
        ("x.csv", "", (), "x.csv is empty; wanted a table of texts, or one text per line"),
        ("x.txt", "", (), "x.txt is empty; wanted a table of texts, or one text per line"),
        ("x.txt", "\u200b\n", (), "none of the 1 rows has text, so there is nothing to map"),
        ("x.csv", "text,g\n", (), "the table has no rows, only columns: text, g; wanted at least one text"),
        (
            "x.csv",
            b"text\nok then\nnot \xff fine\n",
            (),
            "x.csv, line 3: byte 0xff is not UTF-8; save the file",
        ),
        ("x.csv", "text,g\n1,a\n2,b\n", (), "column 'text' holds numbers, not text; columns of strings: g"),
        (
            "x.csv",
            "a b,g\n1,a\n",
            ("--text", "ab"),
            "text: there is no column 'ab'. Did you mean 'a b'? Columns: a b, g",
        ),
        (
            "x.csv",
            "text,i\na b,1\nc d,1\n",
            ("--id", "i"),
            "column 'i': id '1' is in rows 1 and 2; ids must be unique",
        ),
        ("x.csv", "text,g\na b,all\n", ("--group", "g"), "column 'g' has a group named 'all', which is reserved"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["wet", "dry"])
def test_unusable_input_is_one_line_and_writes_nothing(call, write, tmp_path, name, content, words, message, dry):
    """The message alone on stderr, nothing on stdout, exit code 1, no folder made; a dry run says the same."""
    run = call("map", write(name, content), "--out", "new/out", *words, *dry)
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(message)
    assert "Traceback" not in run.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("content", "n"),
    [
        ("I am afraid of the dark\n", 1),
        ("I am afraid of the dark\nI am happy\n", 2),
        ("I am so happy today\n" * 30, 30),
        ("".join(f"I am happy on day {i}\n" for i in range(5)), 5),
    ],
    ids=["one", "two", "all equal", "fewer than clusters"],
)
@pytest.mark.parametrize("mapper", ["evidence", "nearest"])
def test_few_or_equal_texts_are_mapped(map_it, write, content, n, mapper):
    """One text, two, thirty equal ones, five for eight clusters: tables as ever, and the user is told what was cut."""
    words = ("--set", "reducer.n_components=3", "--set", f"region_mapper={mapper}")
    run, regions, texts = map_it(write("x.txt", content), *words)
    assert run.code == 0, run.err
    assert len(texts) == n
    assert (texts["status"] == "scored").all()
    assert regions["share"].sum() == pytest.approx(1, abs=1e-4)
    assert texts.drop_duplicates("cluster")["cluster"].notna().all()
    assert "note: clusterer kmeans: " in run.err


def test_when_every_point_is_noise_texts_are_mapped_all_the_same(call, write, tmp_path, plugin, monkeypatch):
    """A clusterer that finds nothing leaves `cluster` missing and clusters.csv without rows; regions are as ever."""
    monkeypatch.syspath_prepend(plugin("noise_only", NOISE_ONLY))
    file = write("x.txt", "I am afraid of the dark\nWhat a lovely day\nI hate this\n")
    run = call("map", file, "--out", "out", "--no-cache", "--set", "reducer=pca", "--set", "clusterer=noise")
    assert run.code == 0, run.err
    assert pd.read_parquet(tmp_path / "out" / "texts.parquet")["cluster"].isna().all()
    assert len(pd.read_csv(tmp_path / "out" / "clusters.csv")) == 0
    assert pd.read_csv(tmp_path / "out" / "regions.csv")["relative"].notna().all()


NOISE_ONLY = """
import numpy as np
from emotopy import hookimpl

class Noise:
    def fit_predict(self, X):
        return np.full(len(X), -1)

@hookimpl
def register_clusterers():
    return {"noise": Noise}
"""


def test_strange_characters_are_mapped(map_it, write):
    """Emoji, right-to-left, null characters, combining marks, lone direction marks: a row each, none lost."""
    texts = ["😀😀😭", "אני מפחד מהחושך", "I am\0so\0afraid", "e\u0301te\u0301 \u202edesrever", "\u200f", "?!…", "7"]
    file = write(
        "x.jsonl", "".join(f'{{"text": {json.dumps(text)}, "g": "{i % 2}"}}\n' for i, text in enumerate(texts))
    )
    run, regions, table = map_it(file, "--group", "g", "--language", "any")
    assert run.code == 0, run.err
    assert table["status"].tolist() == ["scored"] * 4 + ["empty"] + ["scored"] * 2
    assert np.isfinite(regions["relative"]).all()


# Started by a small process: the system counts what a child's parent holds as the child's until it is another program.
PEAK = """
import os, subprocess, sys
running = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(running.pid, 0)
running.returncode = os.waitstatus_to_exitcode(status)
print(usage.ru_maxrss)
sys.exit(running.returncode)
"""


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs the system to count a child's memory")
@pytest.mark.slow
def test_a_text_of_a_megabyte_is_mapped_in_bounded_memory(write, tmp_path, environment):
    """A megabyte of words, one without a space, one of emoji: the process stays under 1.5 GB, reports and all."""
    rows = ["I was so afraid and then happy again. " * 27_000, "a" * 1_000_000, "😀" * 250_000, "I am happy"]
    file = write("x.csv", "text\n" + "".join(f'"{row}"\n' for row in rows))
    words = ["map", str(file), "--out", "out", "--no-cache", "--quiet", "--set", "reducer=pca"]
    words = [sys.executable, "-c", PEAK, sys.executable, "-m", "emotopy", *words, "--set", "clusterer=kmeans"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    peak = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert peak < 1.5e9
    assert (tmp_path / "out" / "clusters.csv").stat().st_size < 10_000


# The configuration --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--set", "clusterer=kmeens"),
            "clusterer: no clusterer is called 'kmeens'. Did you mean 'kmeans'? There are:",
        ),
        (("--set", "clusterr=kmeans"), "clusterr: no such key. Did you mean 'clusterer'?"),
        (("--set", "reducer.n_componets=3"), "reducer.n_componets: no such option. Did you mean 'n_components'?"),
        (("--set", "reducer.n_components=many"), "reducer.n_components: wanted integer (at least 1), got 'many'"),
        (("--set", "reducer"), "--set reducer: wanted KEY=VALUE, such as"),
        (("--set", "seed=1", "--set", "seed=2"), "--set seed: set twice, to '1' and to '2'"),
        (("--set", "fit=jiont"), "fit: wanted one of 'joint', 'per-group', got 'jiont'. Did you mean 'joint'?"),
        (("--preset", "recomended"), "preset: no preset is called 'recomended'. Did you mean 'recommended'?"),
        (("--config", "gone.toml"), "gone.toml: can't be read: No such file"),
        (("--seed", "-1"), "seed: "),
    ],
)
def test_a_wrong_stage_option_or_value_says_what_there_is(call, write, tmp_path, words, message):
    """Before the file is even read: the key, what came, what there is, and the nearest."""
    run = call("map", write("x.txt", "I am happy\n"), "--out", "out", *words)
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(message)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("sentence_transformers") is not None, reason="the extra is installed"
)
def test_a_missing_extra_says_what_to_install(call, write):
    """The stage, the library it lacks, and the line to type."""
    run = call("map", write("x.txt", "I am happy\n"), "--out", "out", "--set", "embedder=sentence-transformers")
    assert run.code == 1
    assert "sentence-transformers needs 'sentence_transformers'" in run.error
    assert run.error.endswith('do: pip install "emotopy[sentence-transformers]"')


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.toml", "seed = \n", "c.toml"),
        ("c.toml", "redcer = 'pca'\n", "redcer: no such key. Did you mean 'reducer'?"),
        ("c.json", "[1]", "c.json: wanted a table of keys, got list"),
        ("c.json", "{", "c.json"),
        ("c.toml", b"seed = 1 # \xff\n", "c.toml"),
        ("c.toml", "[reducer]\nn_components = 3\n", "reducer"),
    ],
)
def test_a_wrong_configuration_file_is_named(call, write, name, content, message):
    """Broken TOML or JSON, bytes that are no UTF-8, unknown keys: the file, or the key's path, comes first."""
    file = write(name, content)
    run = call("config", "check", file)
    if message == "reducer":  # options alone go to the preset's stage
        assert run.code == 0, run.err
        return
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(message)
