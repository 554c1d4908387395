"""Every file and column that a run writes is declared, as it is, and what is declared is written by some run."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests import runs
from tests.result_files import small_runs
from tests.result_files.written import Seen

from emotopy.export import export_bids
from emotopy.export.bids_columns import UNKNOWN
from emotopy.pathways.annotation.result import segments_text
from emotopy.result_files import RESULT_KINDS, Column, ResultFile, matches, result_kind

RUNS = {
    "texts": small_runs.texts,
    "comparison": small_runs.comparisons,
    "decoding": small_runs.decodings,
    "bridge": small_runs.bridges,
}
"""Kinds whose results a reporter writes; those of the experiments are run in tests/experiments."""


@cache
def results(kind: str) -> tuple[Any, ...]:
    """Return the results of a kind; they are made once."""
    return tuple(RUNS[kind]())


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
def test_what_runs_write_is_what_is_declared(kind, tmp_path):
    """Files, columns, their order, types, ranges and values; a column with empty cells says when it is empty."""
    seen = Seen(result_kind(kind))
    for number, result in enumerate(results(kind)):
        assert result.kind == kind
        seen.result(result, result.write(tmp_path / str(number)))
        if getattr(result, "segment_rows", None) is not None:
            seen.table("--segments FILE", result.segments)
    assert seen.wrong == []
    assert seen.unwritten() == []


@pytest.mark.slow
def test_changes_of_intensity_have_a_column_of_their_own():
    """The table of change points is the same file where changes of intensity were looked for."""
    seen = Seen(result_kind("texts"))
    courses = small_runs.mapped().over_time(measure="intensity")
    for name, table in courses.tables.items():
        seen.table(f"{name}.csv", table)
    assert seen.wrong == []
    assert "difference_intensity" in courses.changes.columns


@pytest.mark.slow
def test_a_course_says_when_its_cells_are_empty():
    """Between texts that lie further apart than the kernel reaches nothing is known."""
    seen = Seen(result_kind("texts"))
    courses = small_runs.mapped().over_time(bandwidth=0.05)
    for name, table in courses.tables.items():
        seen.table(f"{name}.csv", table)
    assert seen.wrong == []
    assert courses.table["relative"].isna().any()


@pytest.mark.slow
def test_tables_of_patterns_have_their_columns_where_there_are_no_patterns(tmp_path):
    """Levels of single volumes are no pairs of regions: the tables of weights, edges and graphs have no rows."""
    import emotopy

    made = small_runs.story()
    config = {**small_runs.FEW, "connectivity": {"use": "amplitude", "mode": "lags"}}
    folder = emotopy.decode(made.series, made.ratings, config=config).write(tmp_path / "levels")
    for name in ("weights.csv", "edges.csv", "graph.csv"):
        table = pd.read_csv(folder / name)
        assert len(table) == 0
        assert list(table.columns) == [column.name for column in result_kind("decoding").file(name).columns]


@pytest.mark.slow
def test_an_annotation_writes_what_is_declared(tmp_path):
    """A table, its sidecar and its plot; segments with what was said, and by whom."""
    seen, annotation = Seen(result_kind("annotation")), small_runs.annotated()
    table, sidecar, figure = annotation.write(tmp_path / "story.tsv")
    assert (sidecar.name, figure.name) == ("story.json", "story.svg")
    seen.file(sidecar.name)
    seen.file(figure.name)
    seen.table("--out FILE", pd.read_csv(table, sep="\t", dtype={"fear": float, "joy": float}).astype({"onset": float}))
    (tmp_path / "segments.csv").write_bytes(segments_text(annotation.segments))
    seen.table("--segments FILE", pd.read_csv(tmp_path / "segments.csv").astype({"onset": float, "duration": float}))
    assert seen.wrong == []
    assert seen.unwritten() == []
    described = json.loads(sidecar.read_text("utf-8"))
    for name in ("onset", "duration"):
        column = result_kind("annotation").file("--out FILE").column(name)
        assert described[name] == {"Description": column.meaning, "Units": column.unit}


@pytest.mark.slow
def test_track_writes_what_is_declared(tmp_path):
    """A line per volume; windows that aren't full are empty."""
    import emotopy

    made = small_runs.story()
    config = {**small_runs.FEW, "compare": {"features": [], "remove_evoked": False, "baselines": False}}
    decoder = emotopy.decode(made.series, made.ratings, config=config).refit(causal=True)
    decoder.save(tmp_path / "decoder")
    lines = ["\t".join(f"{value:.6f}" for value in row) for row in made.series[0].values[:20]]
    (tmp_path / "scan.tsv").write_text("\n".join(["\t".join(made.series[0].regions), *lines, "# end"]) + "\n", "utf-8")
    words = ("track", "--decoder", "decoder", "--series", "scan.tsv", "--out", "out.tsv", "--quiet")
    done = runs.run([sys.executable, "-m", "emotopy", *words], cwd=tmp_path, env=runs.environment(tmp_path / "cache"))
    assert done.code == 0, done.err
    seen = Seen(result_kind("track"))
    seen.table("--out FILE", pd.read_csv(tmp_path / "out.tsv", sep="\t"))
    assert seen.wrong == []
    assert seen.unwritten() == []
    assert ("--out FILE", "<emotion>") in seen.empty


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", RUNS)
def test_sidecars_of_exported_tables_describe_every_column(kind, tmp_path):
    """A sidecar's entry is the declared meaning and unit; tables that only a dataset has are declared, too."""
    seen = Seen(result_kind("bids"))
    for number, result in enumerate(results(kind)):
        folder = export_bids(result.write(tmp_path / f"{number}"), tmp_path / f"bids{number}")
        tables = sorted(folder.rglob("*.tsv"))
        assert tables
        for path in tables:
            sidecar, table = json.loads(path.with_suffix(".json").read_text("utf-8")), pd.read_csv(path, sep="\t")
            assert [name for name in table.columns if sidecar[name]["Description"] == UNKNOWN] == [], path.name
            if seen.kind.file(path.name):
                seen.table(path.name, table)
    assert seen.wrong == []
    wanted = {"texts": {"descriptions.tsv", "<…>_dseg.tsv"}, "decoding": {"participants.tsv", "descriptions.tsv"}}
    assert seen.files == wanted.get(kind, set())
    if kind == "texts":
        assert seen.unwritten({"<…>_dseg.tsv": None}) == []


def test_a_table_that_differs_is_seen():
    """An unknown column, another type, a value out of range, an unexpected empty cell, another order."""
    given = {
        "strange": [1.0], "group": ["all"], "region": ["insula"], "n_texts": [1.5], "share": [1.2],
        "relative": [0.1], "reference_share": [np.nan],
    }  # fmt: skip
    seen = Seen(result_kind("texts"))
    seen.table("regions.csv", pd.DataFrame(given))
    found = "\n".join(seen.wrong)
    assert len(seen.wrong) == 5, found
    for name in ("strange", "n_texts", "share", "reference_share", "order"):
        assert name in found
    assert "regions.csv: evidence" in seen.unwritten({"regions.csv": None})


def test_declarations_are_complete():
    """Names differ, a number has a unit or is a plain ratio, every sentence ends, bounds are in order."""
    assert len({kind.kind for kind in RESULT_KINDS}) == len(RESULT_KINDS)
    for kind in RESULT_KINDS:
        assert len({file.name for file in kind.files}) == len(kind.files)
        for file in kind.files:
            assert file.meaning.endswith(".")
            assert len({column.name for column in file.columns}) == len(file.columns)
            for column in file.columns:
                assert re.fullmatch(r"\S.*\.", column.meaning), (file.name, column.name)
                assert file.column(column.name) == column, "no other name stands for it"
                if column.low is not None and column.high is not None:
                    assert column.low < column.high
                assert not (column.values and column.type != "text")


def test_names_with_placeholders_stand_for_names_of_a_run():
    """A whole name goes before a pattern; a pattern takes any name, dots and brackets too."""
    file = ResultFile("t.csv", "One row.", (Column("a_<x>", "number", "One."), Column("a_low", "number", "Two.")))
    assert file.column("a_low").meaning == "Two."
    assert file.column("a_b.c[1]\nd").meaning == "One."
    assert file.column("a_") is None
    assert file.column("b_low") is None
    assert not matches("regions.csv", "regionsXcsv")
