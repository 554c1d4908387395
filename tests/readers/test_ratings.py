"""Tables of ratings, written and read."""

from __future__ import annotations

import contextlib
import json
import math

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError, EmotopyError, InputError
from emotopy.inference.rating_courses import step_function
from emotopy.pathways.annotation.agreement import rated_course
from emotopy.readers.column_names import DURATION, MISSING_NUMBERS, OFFSET, ONSET, RATER, TIME
from emotopy.readers.ratings import EMOTIONS, KNOWN_UNTIL, NO_EMOTION, SCALE, read_raters, read_ratings, table_text
from emotopy.records.brain import Ratings

pytestmark = pytest.mark.usefixtures("flags")


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
    ("content", "row", "column"),
    [
        ("onset\tduration\tjoy\n0\t4\t0.1\n4\t4\thigh\n", 2, "joy"),
        ("onset\tduration\tjoy\n0\t4\t0.1\n4\t0\t0.1\n", 2, "duration"),
        ("onset\tduration\tjoy\n0\t4\t0.1\nn/a\t4\t0.1\n", 2, "duration"),
        ("onset\tduration\tjoy\n0\tlong\t0.1\n", 1, "duration"),
        ("onset\tend\tjoy\n5\t4\t0.1\n", 1, "duration"),
        ("onset\tduration\tjoy\n0\t4\tn/a\n", None, None),
        ("onset\tduration\tjoy\n", None, None),
        ("onset\tduration\n0\t4\n", None, None),
        ("duration\tjoy\n4\t0.1\n", None, None),
        ("onset\tduration\trater\tjoy\n0\t4\ta\t0.1\n", None, None),
        ("0\t8\t0.1\n8\t8\t0.2\n", 1, None),
        ("time\tjoy\n0\t0.1\n2\t0.2\n1\t0.3\n", 3, "time"),
        ("onset\tduration\tjoy\n0\t8000\t0.1\n8000\t8000\t0.2\n16000\t8000\t0.2\n", None, "onset"),
        ("start\tend\tjoy\n0\t2400\t0.1\n2400\t86500\t0.2\n86500\t90000\t0.2\n", None, "start"),
    ],
)
def test_tables_that_cannot_be_used_are_errors(table, content, row, column):
    """The error names file, column and row, what was wanted and what came."""
    with pytest.raises(InputError) as caught:
        read_ratings(table(content))
    error = caught.value
    assert (error.file, error.row, error.column) == ("ratings.tsv", row, column)
    assert error.wanted
    assert error.got


def test_an_emotion_that_was_not_rated_in_a_segment_has_its_gap_alone(table):
    """The step function of each emotion is that of a table which holds only the segments where it was rated."""
    both = read_ratings(table("onset\tduration\tjoy\tfear\n0\t4\t.1\tn/a\n4\t4\t.3\t.5\n8\t4\tNA\t.7\n"))
    joy = read_ratings(table("onset\tduration\tjoy\n0\t4\t.1\n4\t4\t.3\n", "joy.tsv"))
    fear = read_ratings(table("onset\tduration\tfear\n4\t4\t.5\n8\t4\t.7\n", "fear.tsv"))
    times = np.arange(-1, 14, 0.5)
    alone = np.concatenate([step_function(joy, times), step_function(fear, times)], axis=1)
    np.testing.assert_array_equal(step_function(both, times), alone)
    rated = np.concatenate([rated_course(joy, times), rated_course(fear, times)], axis=1)
    known = times < 8
    np.testing.assert_array_equal(rated_course(both, times)[known], rated[known])
    assert both.known_until_s == 12


def test_a_column_that_was_asked_for_by_name_is_an_emotion(table):
    """Also one whose name means something else; without being asked for it is left out, and that is told."""
    path = table("onset\tduration\tindex\tscore\tjoy\tnote\n0\t4\t1\t2\t.5\tx\n4\t4\t3\t4\t.7\ty\n")
    told = []
    assert read_ratings(path, notify=told.append).emotions == ("joy",)
    assert any("index" in one and "score" in one for one in told)
    assert any("note" in one for one in told)
    asked = read_ratings(path, emotions=["index", "score"])
    assert asked.emotions == ("index", "score")
    np.testing.assert_array_equal(asked.values, [[1, 2], [3, 4]])
    with pytest.raises(InputError) as caught:
        read_ratings(path, emotions=["fear"])
    assert caught.value.column == "fear"


def test_a_sidecar_names_the_emotions(table):
    """What `annotate` writes is read back, whatever the emotions are called."""
    path = table("onset\tduration\tindex\n0\t4\t0.5\n")
    table(json.dumps({EMOTIONS: ["index"], SCALE: "0.5 is usual."}), "ratings.json")
    told = []
    assert read_ratings(path, notify=told.append).emotions == ("index",)
    assert any("0.5 is usual." in one for one in told)


def test_samples_without_times_need_their_rate(table):
    """Two rows a second last half a second each; BIDS' sidecar says rate, start and columns of a headless table."""
    path = table("joy\tfear\n.1\t.2\n.3\t.4\n.5\t.6\n")
    with pytest.raises(InputError) as caught:
        read_ratings(path)
    assert "--sampling" in caught.value.advice
    ratings = read_ratings(path, sampling_hz=2)
    np.testing.assert_array_equal(ratings.onset_s, [0, 0.5, 1])
    np.testing.assert_array_equal(ratings.duration_s, [0.5, 0.5, 0.5])
    headless = table(".1\t.2\n.3\t.4\n.5\t.6\n", "stim.tsv")
    table(json.dumps({"SamplingFrequency": 2, "StartTime": -1.0, "Columns": ["joy", "fear"]}), "stim.json")
    again = read_ratings(headless)
    np.testing.assert_array_equal(again.onset_s, [-1, -0.5, 0])
    np.testing.assert_array_equal(again.values, ratings.values)
    for rate in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ConfigError):
            read_ratings(path, sampling_hz=rate)
    with pytest.raises(InputError):
        read_ratings(table("onset\tduration\tjoy\n0\t4\t1\n", "timed.tsv"), sampling_hz=2)


def test_times_of_samples_hold_until_the_next(table):
    """The last one as long as the median."""
    ratings = read_ratings(table("time\tjoy\n0\t.1\n2\t.2\n4\t.3\n7\t.4\n"))
    np.testing.assert_array_equal(ratings.duration_s, [2, 2, 3, 2])


def test_milliseconds_are_read_where_they_are_said(table):
    """By the flag, or by the column's name, which goes before it."""
    path = table("start\tend\tjoy\n0\t8000\t.1\n8000\t16000\t.2\n16000\t24000\t.2\n")
    np.testing.assert_array_equal(read_ratings(path, time_unit="ms").onset_s, [0, 8, 16])
    named = table("start_ms\tduration (s)\tjoy\n0\t8\t.1\n8000\t8\t.2\n16000\t8\t.2\n", "named.tsv")
    ratings = read_ratings(named, time_unit="s")
    np.testing.assert_array_equal(ratings.onset_s, [0, 8, 16])
    np.testing.assert_array_equal(ratings.duration_s, [8, 8, 8])


ALL_TIMES = [(on, off) for on in (*ONSET, *TIME) for off in (DURATION[0], OFFSET[0])]
ALL_TIMES += [("onset", off) for off in (*OFFSET, *DURATION)]


@pytest.mark.parametrize(("onset", "other"), ALL_TIMES)
def test_times_by_any_of_their_names(table, onset, other):
    """Every name of a beginning with an end or a duration; none of them is an emotion."""
    cells = ("4", "8") if other in DURATION else ("4", "12")
    plain = read_ratings(table(f"joy\t{other.upper()}\t{onset}\n.5\t{cells[0]}\t0\n.7\t{cells[1]}\t4\n"))
    assert plain.emotions == ("joy",)
    np.testing.assert_array_equal(plain.onset_s, [0, 4])
    np.testing.assert_array_equal(plain.duration_s, [4, 8])


TIMES = {*ONSET, *OFFSET, *DURATION, *TIME}


@pytest.mark.parametrize("name", sorted({name for kind in NO_EMOTION for name in kind} - TIMES - set(RATER)))
def test_no_name_of_another_meaning_is_an_emotion(table, name):
    """Each entry of the list of names, in a column of numbers; asked for by its name it is one."""
    path = table(f"onset\tduration\t{name}\tjoy\n0\t4\t1\t.5\n4\t4\t2\t.7\n")
    assert read_ratings(path).emotions == ("joy",)
    if name:
        assert read_ratings(path, emotions=[name]).emotions == (name,)


@pytest.mark.parametrize("name", RATER)
def test_a_table_of_raters_by_any_name_is_not_one_of_ratings(table, name):
    """Several raters: wanted one rating; they are told apart where raters are compared."""
    path = table(f"onset\tduration\t{name}\tjoy\n0\t4\ta\t.5\n0\t4\tb\t.7\n")
    with pytest.raises(InputError):
        read_ratings(path)
    assert list(read_raters(path, ["joy"])) == ["a", "b"]


CELL = st.one_of(st.none(), st.floats(-5, 5).map(lambda value: float(f"{value:.4g}")))


@given(
    rows=st.lists(st.tuples(st.integers(1, 40), CELL, CELL), min_size=1, max_size=8),
    mark=st.sampled_from(sorted(MISSING_NUMBERS)),
    order=st.permutations(range(4)),
    separator=st.sampled_from([(",", ".csv"), ("\t", ".tsv")]),
)
def test_a_table_in_any_order_of_columns_and_with_any_mark_is_read_back(tmp_path_factory, rows, mark, order, separator):
    """Columns permuted, any mark of a missing value: the segments in which something was rated, with their values."""
    hypothesis.assume(all(any(row[column] is not None for row in rows) for column in (1, 2)))
    ends = np.cumsum([row[0] for row in rows]) / 4
    onsets = ends - np.array([row[0] for row in rows]) / 4
    names = ("onset", "duration", "joy", "fear")
    cells = [
        (f"{onset:g}", f"{end - onset:g}", *(mark if value is None else f"{value!r}" for value in row[1:]))
        for onset, end, row in zip(onsets, ends, rows, strict=True)
    ]
    lines = [separator[0].join(row[column] for column in order) for row in (names, *cells)]
    path = tmp_path_factory.mktemp("ratings") / f"ratings{separator[1]}"
    path.write_text("\n".join(lines) + "\n")
    ratings = read_ratings(path, emotions=["joy", "fear"])
    wanted = np.array([[math.nan if value is None else value for value in row[1:]] for row in rows])
    rated = np.isfinite(wanted).any(axis=1)
    np.testing.assert_array_equal(ratings.values, wanted[rated])
    np.testing.assert_array_equal(ratings.onset_s, onsets[rated])
    np.testing.assert_array_equal(ratings.duration_s, (ends - onsets)[rated])


@given(
    content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
)
@pytest.mark.parametrize("name", ["ratings.tsv", "ratings.csv", "ratings.json"])
def test_random_bytes_raise_no_foreign_exception(tmp_path_factory, name, content):
    """A table or a sidecar of anything: ratings, or an error of ours."""
    folder = tmp_path_factory.mktemp("ratings")
    (folder / "ratings.tsv").write_text("onset\tduration\tjoy\n0\t4\t0.1\n")
    (folder / name).write_bytes(content)
    with contextlib.suppress(EmotopyError):
        read_ratings(folder / ("ratings.tsv" if name.endswith("json") else name))


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
    with pytest.raises(InputError) as caught:
        read_raters(path, ["joy", "fear"])
    assert "happiness" in caught.value.got
