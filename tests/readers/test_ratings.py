"""Tables of ratings, written and read."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from emotopy.errors import InputError
from emotopy.readers.ratings import KNOWN_UNTIL, read_raters, read_ratings, table_text
from emotopy.records.brain import Ratings


@pytest.fixture
def table(tmp_path):
    """Write a table of ratings, and return its path."""

    def write(content, name="ratings.tsv"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def test_what_is_written_is_read(rng, tmp_path):
    """Times to a millisecond, values to six digits; the sidecar says how far the story is known."""
    ratings = Ratings(("joy", "home sickness"), np.arange(5) * 4.0, np.full(5, 8.0), rng.random((5, 2)), 21.5)
    path = tmp_path / "ratings.tsv"
    path.write_text(table_text(ratings))
    (tmp_path / "ratings.json").write_text(json.dumps({KNOWN_UNTIL: 21.5}))
    again = read_ratings(path)
    assert again.emotions == ratings.emotions
    np.testing.assert_array_equal(again.onset_s, ratings.onset_s)
    np.testing.assert_array_equal(again.duration_s, ratings.duration_s)
    np.testing.assert_allclose(again.values, ratings.values, rtol=1e-5)
    assert again.known_until_s == 21.5


def test_without_a_sidecar_nothing_is_known_beyond_the_last_segment(table):
    """The end of the segment that ends last."""
    assert read_ratings(table("onset\tduration\tjoy\n0\t9\t0.1\n4\t4\t0.2\n")).known_until_s == 9


def test_segments_may_overlap_and_come_in_any_order(table):
    """Rows are sorted by onset."""
    ratings = read_ratings(table("onset\tduration\tjoy\tfear\n4\t8\t0.4\t1\n0\t8\t0.1\t2\n"))
    np.testing.assert_array_equal(ratings.onset_s, [0, 4])
    np.testing.assert_array_equal(ratings.values, [[0.1, 2], [0.4, 1]])


def test_rows_without_ratings_are_gaps(table):
    """n/a in every emotion, or empty cells, are left out."""
    ratings = read_ratings(table("onset\tduration\tjoy\tfear\n0\t4\t0.1\t0.2\n4\t4\tn/a\tn/a\n8\t4\t\t\n"))
    np.testing.assert_array_equal(ratings.onset_s, [0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("onset\tduration\tjoy\n0\t4\t0.1\n4\t4\thigh\n", "column 'joy', row 2: wanted a number, got 'high'"),
        ("onset\tduration\tjoy\tfear\n0\t4\tn/a\tn/a\n4\t4\t0.1\tn/a\n", "column 'fear', row 2: wanted a number"),
        ("onset\tduration\tjoy\n0\t4\t0.1\n4\t0\t0.1\n", "column 'duration', row 2: wanted more than 0 s, got 0"),
        ("onset\tduration\tjoy\n0\t4\tn/a\n", "nothing is rated"),
        ("onset\tduration\tjoy\n", "has no rows"),
        ("onset\tduration\n0\t4\n", "wanted a column per emotion"),
        ("duration\tjoy\n4\t0.1\n", "wanted a column that says where a row begins"),
        ("onset\tduration\trater\tjoy\n0\t4\ta\t0.1\n", "holds several raters"),
    ],
)
def test_tables_that_cannot_be_used_are_errors(table, content, words):
    """The error names file, column and row."""
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_ratings(table(content))
    assert str(caught.value).startswith("ratings.tsv")


@pytest.mark.parametrize(
    "content", ['{"KnownUntil": "soon"}', '{"KnownUntil": true}', "[]", "{", '{"KnownUntil": NaN}']
)
def test_a_broken_sidecar_is_an_error(table, content):
    """Half a JSON, or a time that is none; the sidecar is named."""
    table(content, "ratings.json")
    with pytest.raises(InputError, match=r"ratings\.json"):
        read_ratings(table("onset\tduration\tjoy\n0\t4\t0.1\n"))


def test_raters_by_row_and_by_column_are_the_same(table):
    """A column `rater`, or a column per emotion and rater."""
    rows = table(
        "onset\tduration\trater\tjoy\tx\n0\t4\tb\t5\t?\n0\t4\ta\t1\t?\n4\t4\ta\t2\t?\n4\t4\tb\t6\t?\n", "r.tsv"
    )
    columns = table("onset\tduration\tjoy_a\tjoy_b\tx\n0\t4\t1\t5\t?\n4\t4\t2\t6\t?\n", "c.tsv")
    for path in (rows, columns):
        raters = read_raters(path, ["joy", "fear"])
        assert list(raters) == ["a", "b"]
        assert raters["a"].emotions == ("joy",)
        np.testing.assert_array_equal(raters["a"].values, [[1], [2]])
        np.testing.assert_array_equal(raters["b"].values, [[5], [6]])


def test_a_table_of_one_rater(table):
    """Without raters there is one, without a name; other columns are passed over."""
    raters = read_raters(table("onset\tduration\tjoy\tcomment\n0\t4\t0.1\twell\n"), ["joy"])
    assert list(raters) == [""]


def test_an_error_of_one_rater_names_the_row_of_the_file(table):
    """Rows are those of the file, not of the rater's part of it."""
    path = table("onset\tduration\trater\tjoy\n0\t4\ta\t1\n0\t4\tb\t1\n4\t4\tb\thigh\n")
    with pytest.raises(InputError, match="column 'joy', row 3"):
        read_raters(path, ["joy"])


def test_a_table_with_none_of_the_emotions_is_an_error(table):
    """The columns that there are are named."""
    path = table("onset\tduration\thappiness\n0\t4\t1\n")
    with pytest.raises(InputError, match="none of the emotions joy, fear; columns: onset, duration, happiness"):
        read_raters(path, ["joy", "fear"])
