"""`--no-texts`: what comes in as text goes out nowhere; without it, what goes out is escaped."""

from __future__ import annotations

import gzip
import html
import re

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
RUN = 6
"""Words in a row that count as having been copied."""


def words_of(text: str) -> list[str]:
    """The words of a text, without mark-up, punctuation and case."""
    return re.findall(r"[^\W_]+", html.unescape(re.sub(r"<[^>]*>", " ", text)).lower())


def readable(path) -> str:
    """Everything in a file that a person could read."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        return "\n".join(str(value) for name in frame.columns for value in frame[name])
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def copied(texts, path) -> set[str]:
    """Runs of six words of the texts (or whole shorter texts) that stand in the file."""
    runs = set()
    for text in texts:
        words = words_of(text)
        runs |= {" ".join(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}
    there = " " + " ".join(words_of(readable(path))) + " "
    return {run for run in runs if f" {run} " in there}


@pytest.mark.parametrize("hidden", [True, False])
def test_no_input_text_is_in_any_file(call, diaries, tmp_path, hidden):
    """No text, and no six words in a row of one, in tables, report, image or provenance; without the flag there are."""
    texts = pd.read_csv(diaries)["text"]
    flag = ("--no-texts",) if hidden else ()
    run = call("map", diaries, "--group", "group", "--unit", "writer", "--out", "out", "--no-cache", *FAST, *flag)
    assert run.code == 0, run.err
    found = {path.name: copied(texts, path) for path in (tmp_path / "out").iterdir()}
    assert len(found) == (7 if hidden else 8)  # places of words are left out, too
    if hidden:
        assert {name: runs for name, runs in found.items() if runs} == {}
        assert copied(texts, _saved(tmp_path, run.out + run.err)) == set()
    else:
        assert found["clusters.csv"]
        assert not found["reasons.csv"]
        assert found["report.html"]


def test_the_scan_finds_a_text_that_is_there(tmp_path):
    """Also behind mark-up, escapes and line breaks: the test above can fail."""
    path = tmp_path / "x.html"
    path.write_text("<p>I was so\n<b>afraid</b> of it &amp; of the dark</p>", "utf-8")
    assert copied(["I was so afraid of it & of the dark"], path)
    pd.DataFrame({"x": ["Well, I was so afraid of it!"]}).to_parquet(tmp_path / "x.parquet")
    assert copied(["I was so afraid of it"], tmp_path / "x.parquet")


def test_the_report_escapes_every_text(call, write, tmp_path):
    """Texts, groups and file names that are HTML are shown, never part of the page."""
    evil = "<script>alert('sad')</script><img src=x onerror=alert(1)>"
    rows = "".join(f'"{evil} I am so happy {i}","<b>{i % 2}</b>"\n' for i in range(6))
    file = write("<i>x.csv", "text,g\n" + rows)
    run = call("map", file, "--group", "g", "--out", "out", "--no-cache", *FAST)
    assert run.code == 0, run.err
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    for wanted in ("<script>alert", "<img src=x", "<b>0</b>", "<i>x.csv"):
        assert wanted not in page
    assert html.escape(evil, quote=False).split("(")[0] in page


def _saved(folder, text):
    path = folder / "said.txt"
    path.write_text(text, "utf-8")
    return path
