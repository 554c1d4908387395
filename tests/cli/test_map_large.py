"""`emotopy map` of a corpus above `fit_texts`: the same files, whole or not at all, and again from provenance."""

from __future__ import annotations

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

LARGE = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "fit_texts=50")
MAPPED = ("--group", "group", "--unit", "writer", "--time", "day", "--id", "id", "--no-cache", "--quiet")


@pytest.fixture
def mapped(once, call, diaries, tmp_path):
    """A run of `map` in the folder `first`."""

    def a_mapping():
        run = call("map", diaries, "--out", "first", *LARGE, *MAPPED)
        assert run.code == 0, run.err

    return once(tmp_path, a_mapping) / "first"


def test_the_files_are_those_of_any_mapping(mapped, call, diaries, tmp_path):
    """Tables, courses, image and page; regions are nearly those of a fit to all, texts' values exactly."""
    run = call("map", diaries, "--out", "whole", *(word.replace("=50", "=5000") for word in LARGE), *MAPPED)
    assert run.code == 0, run.err
    assert {one.name for one in mapped.iterdir()} == {one.name for one in (tmp_path / "whole").iterdir()}
    one, other = (pd.read_csv(folder / "regions.csv") for folder in (mapped, tmp_path / "whole"))
    pd.testing.assert_frame_equal(one, other)
    one, other = (pd.read_parquet(folder / "texts.parquet") for folder in (mapped, tmp_path / "whole"))
    assert list(one.columns) == list(other.columns)
    of_the_fit = ["cluster", "map_x", "map_y"]
    assert one[of_the_fit[1:]].notna().all(axis=None)
    pd.testing.assert_frame_equal(one.drop(columns=of_the_fit), other.drop(columns=of_the_fit))
    told = json.loads((mapped / "provenance.json").read_text("utf-8"))
    assert told["config"]["fit_texts"] == 50
    assert told["fitted_on"]["n_texts"] < told["input"]["n_scored"]


def test_it_repeats_itself_from_its_provenance(mapped, call, diaries, tmp_path, files_in):
    """Every file is the same, byte by byte."""
    run = call("map", diaries, "--from", "first", "--out", "second", "--no-cache")
    assert run.code == 0, run.err
    assert files_in(mapped) == files_in(tmp_path / "second")


def test_groups_are_compared_afterwards(mapped, call, tmp_path):
    """The folder is read as any other."""
    groups = sorted(pd.read_csv(mapped / "regions.csv")["group"].unique())[1:3]
    assert call("compare", mapped, *groups, "--out", "compared").code == 0
    assert (tmp_path / "compared" / "comparison.csv").is_file()


@pytest.mark.parametrize(
    "more",
    [("--set", "reducer=tsne", "--set", "fit_texts=50"), (*LARGE, "--segments", "s.csv")],
    ids=["a reducer that can't place texts", "values per sentence"],
)
def test_what_a_large_corpus_can_t_have_is_refused(call, diaries, tmp_path, more):
    """One message, and nothing is written."""
    run = call("map", diaries, "--out", "refused", *MAPPED, *more)
    assert run.code == 1
    assert not (tmp_path / "refused").exists()
    assert not (tmp_path / "s.csv").exists()
