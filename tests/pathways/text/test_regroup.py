"""`result.regroup` and `result.compare` on results of the pathway, and the way back from a results directory."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emotopy import Registry, map_texts
from emotopy.errors import InputError, OutputError
from emotopy.pathways.comparison.pathway import compare
from emotopy.pathways.comparison.spec import ComparisonSpec
from emotopy.pathways.text.read_results import read_mapped
from emotopy.testing import doubles
from emotopy_plugins.reporters import html, tables

WORDS = ["happy", "sunny", "laugh", "afraid", "dark", "scream", "river", "window", "mountain", "quiet", "dog", "exam"]
CONFIG = {**doubles.CHOICES, "interval": {"n": 100}, "region_mapper": "profiled"}


def frame_of(rng, n=60):
    return pd.DataFrame(
        {
            "text": [" ".join(rng.choice(WORDS, size=rng.integers(3, 8))) if i != 7 else " " for i in range(n)],
            "key": [f"k{i}" for i in range(n)],
            "group": [("before", "after")[i % 2] for i in range(n)],
            "writer": [f"w{i % 10}" for i in range(n)],
            "season": [("spring", "autumn", None)[i % 3] for i in range(n)],
            "age": [str(20 + i % 10) for i in range(n)],
            "code": [f"{i % 10:03d}" for i in range(n)],
        }
    )


@pytest.fixture
def frame(rng):
    """Sixty texts of ten writers; one row is empty."""
    return frame_of(rng)


REGISTRY = Registry([doubles, tables, html])


def mapped(frame, layer=None, **columns):
    columns = {"text": "text", "id": "key", "unit": "writer", **columns}
    return map_texts(frame, **columns, config={**CONFIG, **(layer or {})}, registry=REGISTRY, seed=3)


# Columns that are kept ----------------------------------------------------------------------------------------------


def test_kept_columns_are_in_the_table_of_texts(frame):
    """Numbers as floats, codes and words as strings, for rows without text too; the provenance names them."""
    result = mapped(frame, keep=["age", "season", "code", "age"])
    assert list(result.texts.columns[-4:]) == ["language", "kept_age", "kept_season", "kept_code"]
    assert result.texts["kept_age"].tolist() == [20.0 + i % 10 for i in range(60)]
    assert result.texts["kept_code"].tolist() == frame["code"].tolist()
    assert result.texts["kept_season"].isna().tolist() == [i % 3 == 2 for i in range(60)]
    assert result.texts["n_words"].dropna().tolist() == [len(t.split()) for t in frame["text"] if t.strip()]
    assert pd.isna(result.texts.loc[7, "n_words"])
    assert result.provenance["input"]["kept"] == ["age", "season", "code"]
    assert "kept" not in mapped(frame).provenance["input"]


# Other groups -------------------------------------------------------------------------------------------------------


def test_regrouping_is_what_mapping_by_these_groups_gives(frame):
    """Tables and notes equal those of a fit with these groups and units, by column, per row and per id."""
    result = mapped(frame, group="group", keep=["season", "code"])
    wanted = mapped(frame, group="season", unit="code", keep=["season", "code"])
    by_id = {f"k{i}": name for i, name in enumerate(frame["season"]) if name}
    for groups in ("season", frame["season"].tolist(), frame["season"].to_numpy(), by_id):
        other = result.regroup(groups, unit="code")
        for name in ("regions", "texts"):
            pd.testing.assert_frame_equal(getattr(other, name), getattr(wanted, name), check_exact=True)
        assert sorted(other.notes) == sorted(wanted.notes)
        assert other.mapped.corpus.groups == ("autumn", "spring")
        pd.testing.assert_frame_equal(other.clusters, result.clusters)
    assert other.provenance["regrouped"] == {"groups": "given per id", "unit": "column code"}
    assert other.provenance["input"]["groups"] == ["autumn", "spring"]
    json.dumps(other.provenance)
    assert list(result.regions["group"].unique()) == ["all", "after", "before"]


def test_a_regrouped_result_is_compared_by_its_groups(frame):
    """`compare` after `regroup` uses the new groups; the fit stays."""
    result = mapped(frame, keep=["season"])
    with pytest.raises(InputError, match="no text has a group"):
        result.compare("spring", "autumn")
    other = result.regroup("season", unit=frame["key"].tolist())
    assert other.compare("spring", "autumn", n_permutations=99).n_units == {"spring": 20, "autumn": 19}


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("saison", r"groups: there is no kept column 'saison'\. Did you mean 'season'"),
        (["a", "b"], "groups: wanted a value per row of the input, 60, got 2"),
        ({"k1": "x", "k99": "y"}, r"groups: no text has the id 'k99'\."),
        ({"k1": "all"}, "a group has the name 'all'"),
        ([None] * 60, "no row has a group"),
    ],
)
def test_groups_that_do_not_fit_are_refused(frame, groups, message):
    """Unknown columns and ids, wrong lengths, the reserved name, nothing at all."""
    with pytest.raises(InputError, match=message):
        mapped(frame, keep=["season"]).regroup(groups)


# Comparing ----------------------------------------------------------------------------------------------------------


def test_a_result_is_compared_by_its_own_units(frame):
    """Means are those of the unit means of the table of texts; a list of covariates is wanted, no string."""
    frame["writer"] = frame["group"] + frame["writer"]
    result = mapped(frame, group="group", keep=["age"])
    comparison = result.compare("before", "after", n_permutations=99)
    texts = result.texts[result.texts["status"] == "scored"]
    for region in doubles.ToyAtlas.regions:
        words = texts["n_words"].astype(np.float64)
        by = [texts["group"], texts["unit"]]
        share = words / words.groupby(by).transform("sum")
        weights = share * (1 + share - (share**2).groupby(by).transform("sum"))
        units = (texts[f"profile_{region}"].astype(np.float64) * weights).groupby(by).sum()
        row = comparison.table.query("measure == 'relative' and region == @region").iloc[0]
        np.testing.assert_allclose([row["mean_a"], row["mean_b"]], [units["before"].mean(), units["after"].mean()])
    assert comparison.provenance["mapped"]["input"]["texts_sha256"] == result.provenance["input"]["texts_sha256"]
    with pytest.raises(InputError, match=r"covariates: wanted a list of names, got one string; write \['age'\]"):
        result.compare("before", "after", covariates="age")


def test_a_comparison_is_written_whole(frame, tmp_path):
    """The directory has the tables of the chosen reporters and the provenance, and isn't replaced unasked."""
    frame["writer"] = frame["group"] + frame["writer"]
    result = mapped(frame, {"reporter": ["tables", "html"]}, group="group")
    comparison = result.compare("before", "after", n_permutations=99)
    directory = comparison.write(tmp_path / "out", REGISTRY)
    assert sorted(path.name for path in directory.iterdir()) == [
        "comparison.csv",
        "excluded.csv",
        "provenance.json",
        "report.html",
    ]
    read = pd.read_csv(directory / "comparison.csv")
    pd.testing.assert_frame_equal(read, comparison.table, rtol=1e-5, check_dtype=False)
    assert pd.read_csv(directory / "excluded.csv")["why"].tolist() == ["it holds no text"]
    with pytest.raises(OutputError, match="exists"):
        comparison.write(tmp_path / "out", REGISTRY)
    page = comparison.report(tmp_path / "page.html", REGISTRY)
    assert page.read_bytes() == (directory / "report.html").read_bytes()


# And back from the folder -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(frame, tmp_path):
    """A results directory with kept columns, by node, and the result that wrote it."""
    frame["writer"] = frame["group"] + frame["writer"]
    layer = {"reporter": [{"use": "tables", "image": False}], "level": "node"}
    result = mapped(frame, layer, group="group", keep=["age", "code", "season"])
    return result, result.write(tmp_path / "maps", REGISTRY)


def test_what_was_written_gives_the_same_comparison(folder):
    """Every digit of the table, the notes and the hash of the map's provenance agree, whatever is asked."""
    result, directory = folder
    stored = read_mapped(directory)
    for options in ({}, {"covariates": ("age", "log_words")}, {"level": "region"}, {"paired_by": "season"}):
        one = result.compare("before", "after", n_permutations=99, **options)
        other = compare(stored, ComparisonSpec(("before", "after"), n_permutations=99, **options))
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
        pd.testing.assert_frame_equal(one.excluded, other.excluded)
        assert one.notes == other.notes
        assert one.provenance["mapped"] == other.provenance["mapped"]


def rewritten(directory, change):
    table = pq.read_table(directory / "texts.parquet")
    pq.write_table(change(table), directory / "texts.parquet")


def with_provenance(directory, **changes):
    path = directory / "provenance.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def with_column(name, value):
    def change(table):
        place = table.column_names.index(name)
        return table.set_column(place, name, pa.array([value] * len(table)))

    return change


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: (d / "provenance.json").unlink(), "has no provenance.json, so it isn't a results directory"),
        (lambda d: (d / "provenance.json").write_text("{", "utf-8"), "provenance.json can't be read"),
        (lambda d: (d / "provenance.json").write_text("[1]", "utf-8"), "provenance.json holds no object"),
        (lambda d: (d / "provenance.json").write_bytes(b" " * (16 * 1024**2 + 1)), "larger than 16 MB"),
        (lambda d: with_provenance(d, regions=[]), "doesn't name the regions"),
        (lambda d: with_provenance(d, regions=["insula", "insula"]), "names a region twice"),
        (lambda d: with_provenance(d, config={}), "per region or node"),
        (lambda d: with_provenance(d, nodes={"insula_left": 3}), "`nodes` doesn't name a region"),
        (lambda d: with_provenance(d, regions=["a", "b", "c", "d", "e", "f"]), r"lacks .*profile_a"),
        (lambda d: (d / "texts.parquet").unlink(), "has no texts.parquet; wanted the results of `emotopy map`"),
        (lambda d: (d / "texts.parquet").write_bytes(b"PAR1 and no more"), "can't be read as a Parquet file"),
        (lambda d: rewritten(d, lambda table: table.drop_columns(["n_words"])), "lacks n_words"),
        (lambda d: rewritten(d, lambda table: table.slice(0, 0)), "scored somewhere"),
        (lambda d: rewritten(d, with_column("status", "odd")), "`status` must be one of"),
        (lambda d: rewritten(d, with_column("intensity", "high")), "'intensity' must hold a number"),
        (lambda d: rewritten(d, with_column("profile_insula_left", float("nan"))), "'profile_insula_left' must hold"),
        (lambda d: rewritten(d, with_column("region_insula_left", -0.5)), "holds an assignment below 0"),
    ],
)
def test_a_folder_that_is_no_result_of_map_is_refused(folder, spoil, message):
    """Missing, damaged, foreign and inconsistent files are an InputError that says which and what."""
    _, directory = folder
    spoil(directory)
    with pytest.raises(InputError, match=message):
        read_mapped(directory)


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    """So is a folder that isn't there."""
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").write_text("", "utf-8")
        with pytest.raises(InputError, match="isn't a folder"):
            read_mapped(path)
