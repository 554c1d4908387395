"""Both pathways give the numbers of pandas for tables of any library, and give their own tables to all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.readers.tables_in_memory import FORMS, arrow, columns, polars

from emotopy import Registry, TextPathway, decode, map_texts
from emotopy.datasets.sample import diaries_path
from emotopy.errors import ConfigError, InputError
from emotopy.readers.confidential import mark
from emotopy.readers.tables import read_table
from emotopy.simulate import simulate_bold
from emotopy.testing import doubles

COLUMNS = {"text": "text", "group": "group", "unit": "writer"}
CONFIG = {
    "reducer": {"use": "pca", "n_components": 3},
    "clusterer": {"use": "kmeans", "n_clusters": 4},
    "interval": {"n": 100},
    "reporter": [],
}
SCANS = {"reporter": [], "null": {"n": 9}}
LIBRARIES = ["polars", "pyarrow", "duckdb", "hugging face", "dict of columns", "rows as dicts"]


@pytest.fixture(scope="module")
def registry():
    return Registry.load(plugins=False)


@pytest.fixture(scope="module")
def diaries():
    """The diaries of the demo, a third of them."""
    return read_table(diaries_path())[::3].reset_index(drop=True)


@pytest.fixture(scope="module")
def expected(diaries, registry):
    return map_texts(diaries, **COLUMNS, keep=["day"], config=CONFIG, registry=registry)


@pytest.fixture(scope="module")
def study():
    """Three listeners of a story, ten minutes."""
    return simulate_bold("coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=2, emotions=("fear", "joy"))


def same_tables(one, other):
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=True)


@pytest.mark.parametrize("library", LIBRARIES)
def test_texts_of_every_library_have_the_numbers_of_pandas(library, diaries, expected, registry):
    """All tables, the provenance, and a comparison."""
    found = map_texts(FORMS[library](diaries), **COLUMNS, keep=["day"], config=CONFIG, registry=registry)
    same_tables(found, expected)
    assert found.provenance == expected.provenance
    assert found.notes == expected.notes


def test_values_by_row_may_be_columns_of_any_library(diaries, expected):
    """Groups, units and times that are given later."""
    groups = (["a", "b"] * len(diaries))[: len(diaries)]
    units = [f"writer {i % 12}" for i in range(len(diaries))]
    times = [str(i % 30) for i in range(len(diaries))]
    held = expected.regroup(groups, units)
    options = {"n_permutations": 99, "measure": "relative"}
    compared = held.compare("a", "b", **options)
    for as_column in (pa.array, pd.Series, np.array, lambda one: polars(pd.DataFrame({"one": one}))["one"]):
        found = expected.regroup(as_column(groups), as_column(units))
        same_tables(found, held)
        same_tables(found.compare("a", "b", unit=as_column(units), **options), compared)
        course = found.over_time(times=as_column(times), n_points=4)
        pd.testing.assert_frame_equal(course.table, held.over_time(times=times, n_points=4).table)


@pytest.mark.parametrize("library", LIBRARIES)
def test_scans_and_ratings_of_every_library_have_the_numbers_of_pandas(library, study, registry):
    """Series, ratings and confounds as tables; also by story."""
    series = {one.subject: pd.DataFrame(one.values, columns=list(one.regions)) for one in study.series}
    rated = study.ratings
    ratings = pd.DataFrame(
        {"onset": rated.onset_s, "duration": rated.duration_s, **dict(zip(rated.emotions, rated.values.T, strict=True))}
    )
    drift = [pd.DataFrame({"drift": np.linspace(-1, 1, len(table)) ** 2}) for table in series.values()]
    options = {"tr_s": study.series[0].tr_s, "config": SCANS, "registry": registry}
    make = FORMS[library]
    held = decode(series, ratings, confounds=[one.to_numpy() for one in drift], **options)
    tables = {name: make(table) for name, table in series.items()}
    found = decode(tables, make(ratings), confounds=[make(one) for one in drift], **options)
    same_tables(found, held)
    assert found.provenance == held.provenance
    story = decode({"tale": series}, {"tale": ratings}, **options)
    same_tables(decode({"tale": tables}, {"tale": make(ratings)}, **options), story)


@pytest.fixture(scope="module")
def small():
    """A pathway of made-up stages."""
    config = {**doubles.CHOICES, "interval": {"n": 100}, "region_mapper": "profiled", "reporter": []}
    return TextPathway.from_config(config, registry=Registry([doubles]))


def test_a_fit_takes_tables_and_columns(diaries, small):
    """As it takes lists, and so does what it maps afterwards."""
    pathway = small
    texts = diaries["text"].tolist()
    fitted = pathway.fit(texts)
    for given in (arrow(diaries)["text"], polars(diaries)["text"], diaries["text"], arrow(diaries[["text"]])):
        same_tables(pathway.fit(given).result, fitted.result)
        same_tables(fitted.transform(given), fitted.transform(texts))
    assert pathway.check(arrow(diaries), text="text", group="group").n_texts == pathway.check(texts).n_texts
    same_tables(
        fitted.transform(arrow(diaries), text="text", group="group"),
        fitted.transform(diaries, text="text", group="group"),
    )


# The mark of confidential texts ---------------------------------------------------------------------------------------


def test_marked_texts_stay_out_of_results_whatever_table_they_come_in(diaries, small):
    """The mark of pandas and of Arrow's schema count alike, in every verb that takes a table."""
    few, pathway = diaries[:24], small
    options = {"config": pathway.config, "registry": pathway.registry}
    public = pathway.fit(few["text"].tolist())
    assert not public.result.no_texts
    frame = mark(few[["text"]].copy())
    for marked in (frame, frame["text"], {"text": frame["text"]}, arrow(frame), mark(arrow(few[["text"]]))):
        assert map_texts(marked, **options).no_texts
        fitted = pathway.fit(marked)
        assert fitted.result.no_texts
        assert fitted.transform(marked).no_texts
        assert not map_texts(marked, no_texts=False, **options).no_texts
        with pytest.raises(ConfigError) as caught:
            public.transform(marked)
        assert caught.value.path == "no_texts"
    assert not map_texts(arrow(few[["text"]]), **options).no_texts


def test_marked_texts_are_sent_nowhere_unasked(diaries, registry):
    """A pathway whose embedder is a server refuses them before anything is sent."""
    away = {**CONFIG, "embedder": {"use": "openai", "base_url": "https://embeddings.example.org/v1"}}
    pathway = TextPathway.from_config(away, registry=registry)
    for marked in (mark(arrow(diaries[["text"]])), mark(diaries[["text"]].copy())["text"]):
        for verb in (pathway.fit, pathway.check, lambda one: map_texts(one, config=away, registry=registry)):
            with pytest.raises(ConfigError) as caught:
                verb(marked)
            assert "allow_upload" in str(caught.value)


# Results as Arrow tables ----------------------------------------------------------------------------------------------


def test_results_are_tables_for_every_library(expected):
    """The names of `tables`, the values of its DataFrames; polars, DuckDB and pandas read them."""
    given = expected.to_arrow()
    assert list(given) == list(expected.tables)
    assert len(given) == len(expected.tables)
    assert "regions" in given
    assert "weather" not in given
    with pytest.raises(KeyError):
        given["weather"]
    for name, table in expected.tables.items():
        assert isinstance(given[name], pa.Table)
        assert given[name].column_names == list(table.columns)
        again = given[name].to_pandas()
        pd.testing.assert_frame_equal(again, table, check_dtype=False, check_exact=True)
        assert {column for column in table.columns if str(table[column].dtype) == "Int64"} <= {
            column for column in again.columns if str(again[column].dtype) == "Int64"
        }
    assert given["regions"].schema.metadata[b"emotopy.kind"] == b"texts"
    assert given["regions"].schema.metadata[b"emotopy.table"] == b"regions"
    pl = pytest.importorskip("polars", reason="polars isn't installed")
    means = pl.from_arrow(given["regions"]).group_by("group").agg(pl.col("relative").mean()).sort("group")
    wanted = expected.regions.groupby("group")["relative"].mean()
    assert means["group"].to_list() == list(wanted.index)
    np.testing.assert_allclose(means["relative"].to_numpy(), wanted.to_numpy(), rtol=1e-12)
    duck = pytest.importorskip("duckdb", reason="duckdb isn't installed")
    regions = given["regions"]
    ((n_rows,),) = duck.connect().from_arrow(regions).aggregate("count(*)").fetchall()
    assert n_rows == len(expected.regions)
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets isn't installed")
    assert datasets.Dataset(regions)["region"][:3] == expected.regions["region"].tolist()[:3]


def test_units_stand_in_the_fields(study, registry, expected):
    """Where a column's name says its unit, or the record that it comes from."""
    decoding = decode(study.series, study.ratings, config=SCANS, registry=registry)
    given = decoding.to_arrow()["predictions"].schema
    assert given.field("centre_s").metadata[b"unit"] == b"s"
    assert given.field("prediction").metadata is None
    assert decoding.explain("fear").to_arrow()["regions"].num_rows == len(decoding.explain("fear").regions)
    clock = expected.over_time(times=[f"00:{i % 50:02}:00" for i in range(expected.mapped.n_rows)], n_points=4)
    assert clock.to_arrow()["time_course"].schema.field("time").metadata[b"unit"] == b"s"
    dates = expected.over_time(times=[f"2024-01-{1 + i % 28:02}" for i in range(expected.mapped.n_rows)], n_points=4)
    assert dates.to_arrow()["time_course"].schema.field("time").metadata is None


def test_a_large_corpus_gives_its_texts_from_their_file(diaries, registry):
    """The table of texts is read as Arrow at once, with what `texts` has."""
    config = {**CONFIG, "fit_texts": 50}
    stored = map_texts(diaries, **COLUMNS, config=config, registry=registry)
    found = stored.to_arrow()["texts"]
    assert found.num_rows == len(diaries)
    pd.testing.assert_frame_equal(found.to_pandas(), stored.texts, check_dtype=False)


def test_one_table_for_all_subjects_is_refused(study):
    """Whose rows would be whose?"""
    table = arrow(pd.DataFrame(study.series[0].values, columns=list(study.series[0].regions)))
    with pytest.raises(InputError) as caught:
        decode(table, study.ratings, tr_s=2.0)
    assert "pyarrow.Table" in caught.value.got
    with pytest.raises(InputError) as caught:
        decode({"a": {"b": columns(table.to_pandas())}, "c": 3}, study.ratings, tr_s=2.0)
    assert caught.value.got == "int"
