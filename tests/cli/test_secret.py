"""One secret sentence in a confidential file: no process says it, whatever fails, and no file that is left holds it."""

from __future__ import annotations

import pandas as pd
import pytest

from emotopy.readers.confidential import mark, schema_marks
from emotopy.storage.parquet import parquet_bytes

pytestmark = pytest.mark.slow

TOKEN = "zanzibar"
SECRET = f"Nobody knows that I buried it in {TOKEN} last winter"
FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
WORDS = ["happy", "sunny", "afraid", "dark", "river", "window", "quiet", "exam", "mother", "garden"]
LEAKY = """
import logging, sys, warnings
import numpy as np
from emotopy import hookimpl
from emotopy.errors import InputError

logging.basicConfig(level=logging.DEBUG)

class Leaky:
    def __init__(self, how="raise"):
        self.how = how
    def embed(self, texts):
        for text in texts:
            print(text)
            print(text, file=sys.stderr)
            warnings.warn(text)
            logging.getLogger().debug(text)
        if self.how == "raise":
            raise ValueError(f"bad: {texts}")
        if self.how == "input":
            raise InputError(f"bad: {texts}")
        if self.how == "texts":
            return list(texts)
        if self.how == "shape":
            return np.zeros((2, 2))
        return np.array([[len(text), text.count("a"), text.count("e")] for text in texts], dtype=np.float32)
    def score(self, texts):
        raise RuntimeError(f"bad: {texts}")

def leaky(how: str = "raise"):
    return Leaky(how)

@hookimpl
def register_embedders():
    return {"leaky": leaky}

@hookimpl
def register_intensity_scorers():
    return {"leaky": leaky}
"""


@pytest.fixture
def frame():
    """Forty texts of twenty people in two groups, one of them secret."""
    texts = [f"{WORDS[i % 10]} and {WORDS[(3 * i + 1) % 10]} in the {WORDS[(7 * i + 2) % 10]}" for i in range(40)]
    texts[17] = SECRET
    units = [f"p{i % 20:02}" for i in range(40)]
    days = [f"2026-01-{1 + i % 28:02}" for i in range(40)]
    return pd.DataFrame({"text": texts, "group": ["a", "b"] * 20, "unit": units, "day": days})


@pytest.fixture
def confidential(tmp_path):
    """Write a table as a marked file."""

    def write(frame, name="talks.parquet"):
        (tmp_path / name).write_bytes(parquet_bytes(mark(frame), schema_marks(mark(frame))))
        return name

    return write


def leaks(folder, *given):
    """Names of the files below a folder that hold the token, without the input files."""
    found = set()
    for path in folder.rglob("*"):
        if not path.is_file() or path.name in given or path.name == "leaky.py":
            continue
        data = pd.read_parquet(path).to_csv().encode() if path.suffix == ".parquet" else path.read_bytes()
        if TOKEN.encode() in data or TOKEN.encode("utf-32-le") in data:  # as NumPy stores strings
            found.add(path.name)
    return found


COLUMNS = ("--group", "group", "--unit", "unit", "--time", "day")


def test_nothing_that_is_said_or_written_holds_it(process, confidential, frame, tmp_path):
    """Mapped over time, compared, mapped again from the cache: output, log, results, cache."""
    file = confidential(frame)
    words = ("map", file, *COLUMNS, *FAST, "--cache", "cache", "--debug")
    runs = [
        process(*words, "--out", "one"),
        process(*words, "--out", "two"),
        process("compare", "one", "a", "b", "--debug"),
        process(*words, "--dry-run"),
    ]
    assert [run.code for run in runs] == [0, 0, 0, 0], [run.err for run in runs]
    assert TOKEN not in "".join(run.out + run.err for run in runs)
    assert leaks(tmp_path, file) == set()
    assert {path.name for path in (tmp_path / "one").iterdir()} >= {"report.html", "texts.parquet", "clusters.csv"}


@pytest.mark.parametrize(
    "choice",
    [
        "embedder={use='leaky', how='raise'}",
        "embedder={use='leaky', how='input'}",
        "embedder={use='leaky', how='texts'}",
        "embedder={use='leaky', how='shape'}",
        "intensity_scorer=leaky",
    ],
)
def test_a_stage_that_fails_with_it_says_only_where(process, confidential, frame, tmp_path, plugin, choice):
    """The exit code, the stage's name, no text; --debug and a log at DEBUG change nothing."""
    file = confidential(frame)
    site = str(plugin("leaky", LEAKY))
    run = process(
        "map", file, "--out", "out", *FAST, "--no-cache", "--debug", "--set", choice, env={"PYTHONPATH": site}
    )
    assert run.code == 1
    assert "leaky" in run.error
    assert TOKEN not in run.out + run.err
    assert leaks(tmp_path, file) == set()


def test_a_stage_that_prints_it_is_silent(process, confidential, frame, tmp_path, plugin):
    """Prints, warnings and logging of a stage that works."""
    file = confidential(frame)
    site = str(plugin("leaky", LEAKY))
    words = ("--set", "embedder={use='leaky', how='work'}", "--debug")
    run = process("map", file, "--out", "out", *FAST, *words, env={"PYTHONPATH": site})
    assert run.code == 0, run.err
    assert TOKEN not in run.out + run.err
    assert leaks(tmp_path, file) == set()
    shown = process("map", file, "--out", "shown", "--texts", *FAST, *words, env={"PYTHONPATH": site})
    assert TOKEN in shown.err


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("day", SECRET, ("--time", "day")),
        ("day", SECRET, ("--time", "day", "--date-format", "%d.%m.%Y")),
        ("day", [SECRET], ("--time", "day")),
        ("id", SECRET, ("--id", "id")),
        ("text", SECRET, ("--id", "text")),
        ("text", SECRET, ("--time", "text")),
        ("text", SECRET, ("--group", "text")),
        ("text", SECRET, ("--unit", "text")),
        ("text", SECRET, ("--keep", "text")),
        ("unit", [SECRET], ("--unit", "unit")),
        ("text", [SECRET], ()),
    ],
)
def test_a_cell_in_the_wrong_place_is_not_quoted(call, confidential, frame, tmp_path, column, cell, words):
    """A sentence where a date, an id or a name should be, twice; a list of it; the column of texts as another."""
    frame["id"] = [f"r{i}" for i in range(40)]
    frame[column] = frame[column].astype(object)
    for row in (17, 30):
        frame[column] = [cell if i == row else value for i, value in enumerate(frame[column])]
    if isinstance(cell, list):
        frame[column] = [value if isinstance(value, list) else [str(value)] for value in frame[column]]
    file = confidential(frame)
    run = call("map", file, "--out", "out", "--no-cache", "--debug", *FAST, *words)
    assert run.code == 1, run.err
    assert TOKEN not in run.out + run.err
    assert leaks(tmp_path, file) == set()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", f"{SECRET},a\nI am happy,b\n"),
        ("x.csv", f"text,g\n{SECRET},a,too,many\n"),
        ("x.csv", f'text,g\n"{SECRET},a\n'),
        ("x.csv", f"{SECRET},{SECRET}\na,b\n"),
        ("x.jsonl", f'{{"text": "{SECRET}"\n'),
        ("x.jsonl", f'["{SECRET}"]\n'),
        ("x.jsonl", f'"{SECRET}"\n'),
        ("x.srt", f"1\n00:01,000 --> 00:02,000\n{SECRET}\n"),
    ],
)
def test_a_broken_file_is_not_quoted(call, write, name, content):
    """Without a header, with ragged rows, open quotes, broken JSON: the place is named, no text."""
    run = call("map", write(name, content), "--out", "out", "--group", "g", "--no-texts", "--debug", *FAST)
    assert run.code == 1, run.err
    assert TOKEN not in run.out + run.err


@pytest.mark.parametrize(
    ("command", "name", "content"),
    [
        ("chat", "x.txt", f"{SECRET}\n31.12.24, 10:00 - Ann: hi\n"),
        (
            "chat",
            "x.json",
            f'{{"name": "x", "messages": [{{"id": 1, "type": "message", "text": {{"x": "{SECRET}"}}}}]}}',
        ),
        ("chat", "x.json", f'[{{"type": "message", "user": "u", "ts": "{SECRET}", "text": "hi"}}]'),
        ("transcript", "x.srt", f"1\n{SECRET}\n2\n{SECRET} --> {SECRET}\n"),
        ("transcript", "x.vtt", f"WEBVTT\n\n{SECRET} --> x\n{SECRET}\n"),
    ],
)
def test_readers_of_talk_do_not_quote_it(call, write, command, name, content):
    """Chats and transcripts are private before anything marks them."""
    run = call("--debug", "data", command, write(name, content), "--out", "out.parquet")
    assert TOKEN not in run.out + run.err
