"""A volume a line: the separators and headers that series have, without looking ahead."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import InputError
from emotopy.readers.matrices import read_matrix
from emotopy.readers.volume_lines import VolumeLines

REGIONS = ("insula", "amygdala", "caudate")


def read(text, *, name="x.tsv", regions=REGIONS, header=None):
    """Return values (n_volumes, n_regions), numbers, and what was said."""
    said = []
    reader = VolumeLines(name, regions, header, said.append)
    volumes = list(reader.volumes(enumerate(text.split("\n")[:-1], start=1)))
    values = np.array([one.values for one in volumes]).reshape(-1, len(regions))
    return values, [one.number for one in volumes], said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.tsv", "insula\tamygdala\tcaudate\n1\t2\t3.5\n4\t5\t6\n"),
        ("x.csv", "insula,amygdala,caudate\n1,2,3.5\n4,5,6\n"),
        ("x.csv", "insula;amygdala;caudate\n1;2;3,5\n4;5;6\n"),
        ("x.txt", "insula amygdala  caudate\n1  2 3.5\n 4 5 6\n"),
        ("x.csv", '"insula","amygdala","caudate"\n1,2,3.5\n4,5,6\n'),
        ("standard input", "insula\tamygdala\tcaudate\r\n1\t2\t3.5\r\n4\t5\t6\r\n"),
        ("x.txt", "# insula amygdala caudate\n1 2 3.5\n4 5 6\n"),
        ("x.1D", "#insula #amygdala #caudate\n1 2 3.5\n4 5 6\n"),
        ("x.csv", "insula,amygdala,caudate,\n1,2,3.5,\n4,5,6,\n"),
        ("x.csv", ",insula,amygdala,caudate\n0,1,2,3.5\n1,4,5,6\n"),
        ("x.txt", "insula amygdala caudate\n1 1 2 3.5\n2 4 5 6\n"),
        ("x.tsv", "insula\tamygdala\tcaudate\n\n1\t2\t3.5\n# a comment\n4\t5\t6\n"),
    ],
    ids=["tabs", "commas", "semicolons", "blanks", "quotes", "line breaks of Windows", "a comment names", "C-PAC",
         "a separator at the end", "an index of pandas", "row names of R", "blank lines and comments"],
)  # fmt: skip
def test_forms_of_series_are_read(name, text):
    """Each the same volumes, without a word."""
    values, numbers, said = read(text, name=name)
    np.testing.assert_array_equal(values, [[1, 2, 3.5], [4, 5, 6]])
    assert numbers == [None, None]
    assert said == []


def test_it_is_what_the_reader_of_whole_files_reads(tmp_path, rng):
    """The same numbers, digit by digit."""
    for separator, ending in (("\t", "tsv"), (",", "csv"), (" ", "txt")):
        rows = rng.standard_normal((20, 3)) * 10.0 ** rng.integers(-9, 9, (20, 3))
        text = separator.join(REGIONS) + "\n" + "".join(separator.join(map(repr, row.tolist())) + "\n" for row in rows)
        path = tmp_path / f"x.{ending}"
        path.write_text(text)
        np.testing.assert_array_equal(read(text, name=path.name)[0], read_matrix(path).values)


def test_regions_are_found_by_name_and_others_left_out():
    """Both are told."""
    text = "time\tcaudate\tinsula\tamygdala\tnote\n0.0\t3\t1\t2\tx\n"
    values, _, said = read(text)
    np.testing.assert_array_equal(values, [[1, 2, 3]])
    assert len(said) == 2


@pytest.mark.parametrize("name", ["volume", "TR", "Frame", "vol"])
def test_a_column_may_number_the_volumes(name):
    """Counted from the first one that came."""
    values, numbers, said = read(f"{name}\tinsula\tamygdala\tcaudate\n1\t1\t2\t3\n2\t4\t5\t6\n5\t7\t8\t9\n")
    assert numbers == [0, 1, 4]
    assert len(values) == 3
    assert said == []


def test_without_a_header_columns_are_the_regions_in_order():
    """This is told; numbers that are the regions' names are a header."""
    values, _, said = read("1\t2\t3\n4\t5\t6\n")
    assert len(values) == 2
    assert len(said) == 1
    values, _, said = read("11\t12\t13\n4\t5\t6\n", regions=("13", "11", "12"))
    np.testing.assert_array_equal(values, [[6, 4, 5]])
    values, _, said = read("11\t12\t13\n4\t5\t6\n", regions=("13", "11", "12"), header=False)
    assert len(values) == 2


def test_missing_values_are_nan():
    """By any of the marks; a row of tabs alone is a volume without values."""
    values, _, _ = read("insula\tamygdala\tcaudate\n1\t2\t3\nn/a\tNaN\t\n\t\t\n4\t5\t6\n")
    assert np.isnan(values[1:3]).all()
    assert len(values) == 4


def test_the_end_is_a_comment():
    """What stands behind it isn't read."""
    values, _, _ = read("insula\tamygdala\tcaudate\n1\t2\t3\n# end\nno numbers at all\n")
    assert len(values) == 1


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("insula\tcaudate\n1\t2\n", 1, "amygdala"),
        ("insula\tamygdala\tcaudate\tinsula\n1\t2\t3\t4\n", 1, "insula"),
        ("insula\tamygdala\tcaudate\n1\t2\t3\n1\t2\n", 3, None),
        ("insula\tamygdala\tcaudate\n1\t2\t3\n1\t2\t3\t4\n", 3, None),
        ("insula\tamygdala\tcaudate\n1\t2\t3\n1\tx\t3\n", 3, "amygdala"),
        ("insula\tamygdala\tcaudate\n1\t2\t1_0\n", 2, "caudate"),
        ("1\t2\n", 1, None),
        ("volume\tinsula\tamygdala\tcaudate\n0.5\t1\t2\t3\n", 2, "volume"),
        ("volume\tinsula\tamygdala\tcaudate\nn/a\t1\t2\t3\n", 2, "volume"),
    ],
    ids=["a region is missing", "a region twice", "a cell too few", "a cell too many", "no number",
         "Python's liberties", "too few columns", "a volume and a half", "a volume without number"],
)  # fmt: skip
def test_errors_name_the_place(text, line, column):
    """File, line and column."""
    with pytest.raises(InputError) as caught:
        read(text)
    assert (caught.value.file, caught.value.row) == ("x.tsv", line)
    assert column is None or column in str(caught.value.column)
