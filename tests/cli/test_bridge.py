"""`emotopy bridge`, with the commands that make its two sides."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from emotopy.datasets.sample import diaries_path
from emotopy.readers.ratings import read_ratings
from emotopy.records.regions import RegionWeights
from emotopy.registry import Registry
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.slow

N_SEGMENTS, N_VOLUMES = 100, 260
QUICK = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "reporter=tables", "--no-cache", "--quiet")
NULL = ("--set", "null.n=19", "--set", "split=subject", "--set", "compare.remove_evoked=false")
FILES = {"bridge.csv", "text_weights.csv", "brain_weights.csv", "provenance.json", "report.html"}


@pytest.fixture
def bridge(call):
    """Call the bridge quickly on `texts`, `brain` and `ratings.tsv`."""

    def run(*words, sides=("texts", "brain"), out="out"):
        return call("bridge", *sides, "--out", out, "--surrogates", "99", *words)

    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Keeps what the story of the first test came to, for the others."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def story(tmp_path):
    """A story of diaries, a segment every 5 s."""
    with diaries_path().open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)][:N_SEGMENTS]
    rows = [f'{5.2 * i:.3f}\t5.2\t"{text}"' for i, text in enumerate(texts)]
    (tmp_path / "story.tsv").write_text("\n".join(["onset\tduration\ttext", *rows]) + "\n", "utf-8")
    return tmp_path


@pytest.fixture
def sides(made, story, call):
    """Annotate, map and decode the story; listeners whose coupling follows fear where the medial regions are."""
    if not (made / "brain").is_dir():
        emotions = ("--emotions", "fear,joy", "--segmentation", "given")
        done = call("annotate", "story.tsv", "--out", "ratings.tsv", "--segments", "segments.csv", *emotions)
        assert done.code == 0, done.err
        done = call("map", "segments.csv", "--text", "text", "--id", "id", "--time", "onset", "--out", "texts", *QUICK)
        assert done.code == 0, done.err
        regions = tuple(Registry.load().make("atlas", "affect18").regions)
        loadings = RegionWeights(("fear",), regions, np.linspace(1, 0, len(regions))[None])
        study = simulate_bold(
            "coupling",
            n_subjects=3,
            n_volumes=N_VOLUMES,
            ratings=read_ratings(story / "ratings.tsv"),
            loadings=loadings,
        )
        (story / "series").mkdir()
        for one in study.series:
            pd.DataFrame(one.values, columns=list(one.regions)).to_csv(story / f"series/{one.subject}.csv", index=False)
        done = call("decode", "--series", "series", "--tr", "2", "--ratings", "ratings.tsv", "--out", "brain", *NULL,
                    *QUICK[4:])  # fmt: skip
        assert done.code == 0, done.err
        for name in ("texts", "brain"):
            shutil.copytree(story / name, made / name)
        for name in ("ratings.tsv", "segments.csv"):
            shutil.copy(story / name, made)
    else:
        for name in ("texts", "brain"):
            shutil.copytree(made / name, story / name)
        for name in ("ratings.tsv", "segments.csv"):
            shutil.copy(made / name, story)
    return story


def test_a_story_goes_from_its_words_to_the_bridge(sides, process):
    """Annotated, mapped and decoded by the commands, then bridged in a process of its own: all segments join."""
    done = process("bridge", "texts", "brain", "--ratings", "ratings.tsv", "--out", "out", "--surrogates", "99")
    assert done.code == 0, done.err
    assert {path.name for path in (sides / "out").iterdir()} == FILES
    assert done.out.splitlines()[0].split() == [
        "emotion",
        "weights",
        "r",
        "null",
        "mean",
        "null",
        "95",
        "%",
        "p",
        "p",
        "family",
    ]
    assert "Results are in out" in done.out
    assert "no counterpart" not in done.err
    told = json.loads((sides / "out" / "provenance.json").read_text("utf-8"))
    assert told["n_segments"] == N_SEGMENTS
    assert told["input"]["ratings"]["file"] == "ratings.tsv"
    assert str(sides) not in json.dumps(told)
    table = pd.read_csv(sides / "out" / "bridge.csv")
    assert table["emotion"].tolist() == ["all", "fear", "joy"] * 2


def test_two_runs_give_the_same_bytes(sides, bridge, files_in):
    """Everything that is written, report and all."""
    for out in ("first", "second"):
        assert bridge("--ratings", "ratings.tsv", out=out).code == 0
    assert files_in(sides / "first") == files_in(sides / "second")


def test_without_ratings_it_says_what_stands_in(sides, bridge):
    """A note on stderr, which --quiet keeps."""
    done = bridge()
    assert done.code == 0, done.err
    assert "note: No ratings were given" in done.err
    quiet = bridge("--quiet", out="quiet")
    assert quiet.err == ""


def test_results_are_replaced_only_when_forced(sides, bridge):
    """And a side of the bridge never."""
    assert bridge("--ratings", "ratings.tsv").code == 0
    assert "out exists; give another --out, or --force" in bridge().error
    assert bridge("--force").code == 0
    done = bridge("--force", out="texts")
    assert done.code == 2
    assert "would replace results that it reads" in " ".join(done.err.replace("│", " ").split())
    assert (sides / "texts" / "texts.parquet").is_file()


@pytest.mark.parametrize(
    ("sides_given", "words", "error"),
    [
        (("brain", "texts"), (), "texts come first, the decoding second"),
        (("texts", "absent"), (), "absent isn't a folder; wanted the results of `emotopy decode"),
        (("texts", "brain"), ("--ratings", "absent.tsv"), "absent.tsv can't be read"),
        (("texts", "brain"), ("--atlas", "affect81"), "no atlas is called 'affect81'. Did you mean 'affect18'?"),
        (("texts", "brain"), ("--ratings", "other.tsv"), "no emotion in common"),
        (("texts", "small"), (), "emotopy evidence build --from DIR --atlas CSV"),
    ],
)
def test_what_does_not_fit_is_one_plain_error(sides, bridge, sides_given, words, error):
    """Exit code 1, one message, nothing written."""
    text = (sides / "ratings.tsv").read_text("utf-8").replace("fear\tjoy", "awe\tcalm")
    (sides / "other.tsv").write_text(text, "utf-8")
    shutil.copytree(sides / "brain", sides / "small")
    frame = pd.read_csv(sides / "small" / "weights.csv")
    frame[frame["region"].isin(["amygdala", "insula"])].to_csv(sides / "small" / "weights.csv", index=False)
    done = bridge(*words, sides=sides_given)
    assert done.code == 1
    assert error in done.error
    assert not (sides / "out").exists()
