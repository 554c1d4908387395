"""What a text result holds: plain data and records, so that it pickles, copies, and prints no text."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from emotopy import Registry, TextPathway
from emotopy.errors import ShapeError
from emotopy.readers.corpora import corpus_from
from emotopy.records import Mapped
from emotopy.testing import doubles

WORDS = ("happy sunny laugh", "afraid dark scream", "river window quiet", "mountain dog exam")


def fitted(*, no_texts=False, level="region"):
    """Forty diaries of ten writers in two groups, two a day, one of them empty."""
    frame = pd.DataFrame(
        {
            "text": [f"{WORDS[i % 4]} secret{i}{' too' * (i % 3)}" if i != 7 else "" for i in range(40)],
            "group": [("before", "after")[i % 2] for i in range(40)],
            "writer": [f"writer {i % 10}" for i in range(40)],
            "day": [str(i // 2) for i in range(40)],
            "age": [20.0 + i % 10 for i in range(40)],
        }
    )
    corpus = corpus_from(frame, text="text", group="group", unit="writer", time="day", keep=["age"])
    config = {**doubles.CHOICES, "interval": {"n": 100}, "region_mapper": "profiled", "reporter": [], "level": level}
    return TextPathway.from_config(config, registry=Registry([doubles])).fit(corpus, no_texts=no_texts)


@pytest.fixture(scope="module")
def result():
    """The result with its texts."""
    return fitted().result


@pytest.fixture(scope="module")
def silent():
    """The same without texts."""
    return fitted(no_texts=True)


def same(one, other):
    """Whether two results hold the same tables and say the same."""
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=True)
    assert (one.kind, one.notes, one.no_texts, one.level) == (other.kind, other.notes, other.no_texts, other.level)
    assert one.provenance == other.provenance


@pytest.mark.parametrize("again", [lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy])
def test_results_pickle_and_copy(result, again):
    """A text result and a comparison come back whole, and can be worked with as before."""
    other = again(result)
    same(other, result)
    np.testing.assert_array_equal(other.mapped.mapping.evidence, result.mapped.mapping.evidence)
    same(other.regroup(["x", "y"] * 20), result.regroup(["x", "y"] * 20))
    comparison = result.compare("before", "after", n_permutations=99)
    same(again(comparison), comparison)
    same(other.compare("before", "after", n_permutations=99), comparison)


def test_without_texts_there_are_none_in_the_result(silent, result):
    """No text is in the record or in a pickle, and every verb gives what it gives with the texts."""
    pickled = pickle.dumps(silent.result)
    assert b"secret" not in pickled
    assert b"secret" in pickle.dumps(result)
    assert any(silent.mapped.corpus.text), "the fit itself keeps them"
    held = {name: str(table.to_pydict()) for name, table in silent.result.to_arrow().items()}
    assert not [name for name, said in held.items() if "secret" in said]
    assert "secret" in str(result.to_arrow()["clusters"].to_pydict())
    other = silent.result
    for one, two in (
        (other, result),
        (other.regroup(["x", "y"] * 20, unit="age"), result.regroup(["x", "y"] * 20, unit="age")),
    ):
        pd.testing.assert_frame_equal(one.regions, two.regions, check_exact=True)
        pd.testing.assert_frame_equal(one.texts, two.texts, check_exact=True)
        pd.testing.assert_frame_equal(one.courses.table, two.courses.table, check_exact=True)
    options = {"covariates": ["age", "log_words"], "n_permutations": 99}
    pd.testing.assert_frame_equal(
        other.compare("before", "after", **options).table, result.compare("before", "after", **options).table
    )


def test_nothing_prints_a_text(result, silent):
    """A repr is one short line with kind and sizes."""
    shown = [result, result.mapped, result.compare("before", "after", n_permutations=99), silent.embedded]
    for one in shown:
        assert "secret" not in repr(one)
        assert "\n" not in repr(one)
        assert len(repr(one)) < 150
    assert repr(result).startswith("<TextResult: 39 texts in 40 rows, 3 regions of ")
    assert "secret" not in repr(silent)


def test_axis_level_provenance_and_notes_are_those_of_the_record():
    """They stand in one place, by region and by node."""
    fit = fitted(level="node")
    result, mapped = fit.result, fit.mapped
    assert (result.axis, result.level) == (mapped.axis, "node")
    assert result.provenance is mapped.provenance
    assert result.notes == tuple(result.provenance["notes"])
    assert mapped.targets == tuple(node.name for node in doubles.ToyAtlas.nodes)


# The record ---------------------------------------------------------------------------------------------------------


def test_values_by_row_are_those_of_the_table(result):
    """What a comparison reads is the table of texts to the last digit, NaN where a row holds no text."""
    mapped = result.mapped
    for prefix, values in (("profile", mapped.profile_by_row), ("region", mapped.assignment_by_row)):
        table = result.texts[[f"{prefix}_{name}" for name in mapped.targets]]
        np.testing.assert_array_equal(values, table.to_numpy(np.float64))
    np.testing.assert_array_equal(mapped.intensity_by_row, result.texts["intensity"].to_numpy(np.float64))
    words = result.texts["n_words"].to_numpy(np.float64, na_value=np.nan)
    np.testing.assert_array_equal(mapped.n_words_by_row, words)
    assert np.flatnonzero(np.isnan(mapped.intensity_by_row)).tolist() == [7]
    assert not np.array_equal(mapped.profile_by_row[mapped.scored], mapped.mapping.profile)


def test_labels_are_of_columns_or_as_given(result):
    """A kept column of numbers gives names; a field is itself; values per row are taken as they are."""
    mapped = result.mapped
    assert mapped.labels("age", "unit")[:2] == ("20", "21")
    assert mapped.labels("unit", "unit")[:2] == ("writer 0", "writer 1")
    assert mapped.labels(["a", None] * 20, "unit")[:2] == ("a", None)
    assert mapped.values("age", "covariate")[3] == 23.0


@pytest.mark.parametrize("name", ["n_words", "text_rank", "intensities", "mapping", "clusters"])
def test_every_array_has_a_row_per_text(result, name):
    """An array of another length is refused when the record is made."""
    mapped = result.mapped
    shorter = {
        "n_words": mapped.n_words[1:],
        "text_rank": mapped.text_rank[1:],
        "intensities": type(mapped.intensities)((), np.zeros(3), np.zeros((3, 0)), np.zeros(3)),
        "mapping": type(mapped.mapping)(("a",), *(np.ones((3, 1)),) * 3, "r", np.ones(1)),
        "clusters": type(mapped.clusters)(np.zeros(3, dtype=int)),
    }
    fields = {field: getattr(mapped, field) for field in Mapped.__slots__ if not field.startswith("_")}
    with pytest.raises(ShapeError, match=name):
        Mapped(**{**fields, name: shorter[name]})


# Tables are made when they are read ---------------------------------------------------------------------------------


def test_a_table_is_made_once(silent):
    """Whoever reads it again gets the very same object, from the property and from `tables`."""
    found = silent.transform(["afraid dark scream", "river window"])
    for name in ("regions", "texts", "clusters"):
        assert getattr(found, name) is getattr(found, name)
    assert found.tables["regions"] is found.regions


def test_reading_one_table_makes_no_other():
    """A transformed text's row costs no bootstrap and no description of clusters."""
    found = fitted().transform(["afraid dark scream"])
    assert found._made.keys() == set()
    assert len(found.texts) == 1
    assert found._made.keys() == {"texts"}
    assert {"regions", "clusters"} <= found.tables.keys()
    assert found._made.keys() == {"texts", "regions", "clusters"}


@pytest.mark.parametrize("again", [lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy])
def test_an_unread_result_pickles_without_embeddings(again):
    """What comes back has the same tables and notes, and holds tables alone, not what they are made from."""
    found = fitted().transform(["afraid dark scream", "river window quiet", "happy sunny"])
    other = again(found)
    same(other, found)
    assert other._clusters is not found._clusters
    assert isinstance(other._clusters, pd.DataFrame)


def test_notes_do_not_wait_for_tables(silent):
    """Words that are left out of the clusters' description are told of before anybody reads it."""
    found = silent.transform([f"afraid dark scream unheard{i}" for i in range(6)])
    before = found.notes
    assert found.tables.keys() >= {"regions", "texts", "clusters"}
    assert found.notes == before == tuple(found.provenance["notes"])
    assert "n_words_left_out" in found.clusters


def test_columns_have_the_types_that_pandas_gives(result):
    """Strings and integers that may be missing are what pandas makes of the values."""
    texts = result.texts
    for name in ("group", "unit", "time", "top_region", "language"):
        assert texts[name].dtype == pd.array(["x", None], dtype="string").dtype
    for name in ("cluster", "n_words", "n_segments"):
        assert texts[name].dtype == pd.Int64Dtype()
    assert texts.loc[7, ["cluster", "top_region", "n_words", "language"]].isna().all()
