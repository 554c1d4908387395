"""Files of numbers as people have them: forms, headers, missing cells, names of subjects and runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotopy.errors import InputError
from emotopy.readers.matrices import files_in, read_matrix, rest_of, run_of, stem_of, subject_of

VALUES = np.array([[1.5, -2.0, 3e-4], [4.0, 5.25, 6.0]])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "1.5,-2,3e-4\n4,5.25,6\n"),
        ("a.csv", "1.5; -2; 3e-4\r\n4; 5.25; 6\r\n"),
        ("a.tsv", "1.5\t-2\t3e-4\n4\t5.25\t6\n"),
        ("a.txt", "   1.5000000e+00  -2.0000000e+00   3.0e-04\n   4.0   5.25   6\n\n"),
        ("a.txt", "1.5, -2, 3e-4\n4, 5.25, 6"),
        ("a.1D", "# AFNI wrote this\n1.5 -2 3e-4\n4 5.25 6\n"),
        ("a.dat", "\ufeff1.5\t-2 3e-4\n4 5.25 6\n"),
    ],
)
def test_every_form_gives_the_same_numbers(tmp_path, name, content):
    """Commas, semicolons, tabs, spaces, comments, a byte-order mark, Windows lines."""
    (tmp_path / name).write_bytes(content.encode())
    matrix = read_matrix(tmp_path / name)
    np.testing.assert_array_equal(matrix.values, VALUES)
    assert matrix.columns is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'amygdala,"insula, left"\n'),
        ("a.tsv", "amygdala\tinsula, left\n"),
    ],
)
def test_headers_name_the_columns(tmp_path, name, content):
    """A row that isn't numbers is a header; quotes go."""
    separator = "," if name.endswith("csv") else "\t"
    (tmp_path / name).write_text(content + f"1{separator}2\n3{separator}4\n")
    matrix = read_matrix(tmp_path / name)
    assert matrix.columns == ("amygdala", "insula, left")
    np.testing.assert_array_equal(matrix.values, [[1, 2], [3, 4]])


def test_comments_are_never_names(tmp_path):
    """Three words above three columns may be names or a remark: who wants names gives a header or a list."""
    np.savetxt(tmp_path / "a.txt", VALUES, header="made by me")
    assert read_matrix(tmp_path / "a.txt").columns is None


def test_what_pandas_writes_comes_back(tmp_path):
    """With row numbers or without, with names or with numbers for names."""
    frame = pd.DataFrame(VALUES, columns=["a", "b", "c"])
    frame.to_csv(tmp_path / "rows.csv")
    frame.to_csv(tmp_path / "plain.csv", index=False)
    pd.DataFrame(VALUES).to_csv(tmp_path / "counted.csv", index=False)
    pd.DataFrame(VALUES).to_csv(tmp_path / "both.csv")
    counted = ("0", "1", "2")
    for name, columns in (
        ("rows", ("a", "b", "c")),
        ("both", counted),
        ("counted", counted),
        ("plain", ("a", "b", "c")),
    ):
        matrix = read_matrix(tmp_path / f"{name}.csv")
        assert matrix.columns == columns
        np.testing.assert_array_equal(matrix.values, VALUES)


def test_numbers_that_only_look_like_a_count_are_data(tmp_path):
    """A first row 0, 1 of two columns, or one that is repeated, is data."""
    (tmp_path / "a.txt").write_text("0 1\n2 3\n")
    (tmp_path / "b.txt").write_text("0 1 2\n0 1 2\n")
    assert read_matrix(tmp_path / "a.txt").values.shape == (2, 2)
    assert read_matrix(tmp_path / "b.txt").values.shape == (2, 3)


def test_missing_cells_are_nan(tmp_path):
    """n/a as BIDS writes it, NA, nan, an empty cell; and one column stays one."""
    (tmp_path / "a.tsv").write_text("fd\tdvars\tcsf\nn/a\tNA\t1\n0.5\tnan\t\n")
    np.testing.assert_array_equal(read_matrix(tmp_path / "a.tsv").values, [[np.nan, np.nan, 1], [0.5, np.nan, np.nan]])
    (tmp_path / "b.txt").write_text("nan\n2\n")
    np.testing.assert_array_equal(read_matrix(tmp_path / "b.txt").values, [[np.nan], [2]])


@pytest.mark.parametrize(("ending", "separator"), [("tsv", "\t"), ("txt", "\t"), ("csv", ","), ("csv", ";")])
def test_a_row_of_empty_cells_is_a_row(tmp_path, ending, separator):
    """A volume without a value in any cell keeps its place; a blank line is none."""
    rows = ["a|b|c", "1|2|3", "||", "", "4|5|6"]
    (tmp_path / f"a.{ending}").write_text("\n".join(rows).replace("|", separator) + "\n\n")
    wanted = [[1, 2, 3], [np.nan] * 3, [4, 5, 6]]
    np.testing.assert_array_equal(read_matrix(tmp_path / f"a.{ending}").values, wanted)


@pytest.mark.parametrize("separator", [";", ",", "|"])
def test_spreadsheets_may_tell_their_separator(tmp_path, separator):
    """`sep=;` in front is no row and no header."""
    rows = [f"sep={separator}", *(separator.join(row) for row in (["a", "b"], ["1", "2"], ["3", "4"]))]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    matrix = read_matrix(tmp_path / "a.csv")
    assert matrix.columns == ("a", "b")
    np.testing.assert_array_equal(matrix.values, [[1, 2], [3, 4]])


def test_npy_is_read_without_pickle(tmp_path):
    """Arrays of numbers, one column too; objects, texts, archives and three axes are refused."""
    np.save(tmp_path / "a.npy", VALUES.astype(np.float32))
    assert read_matrix(tmp_path / "a.npy").values.dtype == np.float64
    np.save(tmp_path / "b.npy", np.arange(4))
    assert read_matrix(tmp_path / "b.npy").values.shape == (4, 1)
    np.save(tmp_path / "c.npy", np.array([{}, None], dtype=object), allow_pickle=True)
    np.save(tmp_path / "d.npy", np.zeros((2, 3, 4)))
    np.save(tmp_path / "e.npy", np.array([["a", "b"]]))
    (tmp_path / "f.npy").write_bytes(b"1 2 3")
    with (tmp_path / "g.npy").open("wb") as file:
        np.savez(file, VALUES)
    for name in "cdefg":
        with pytest.raises(InputError, match=rf"^{name}\.npy: wanted"):
            read_matrix(tmp_path / f"{name}.npy")


@pytest.mark.parametrize(
    ("content", "place", "got"),
    [
        ("1 2\n3\n", (2, None), "1"),
        ("1 2\n\n3 x\n", (3, "2"), "'x'"),
        ("a b\n1 2\n\n3 x\n", (4, "b"), "'x'"),
        ("a b\n", (None, None), "none"),
        ("# nothing\n\n", (None, None), "an empty file"),
        ("a b\n1 2 3\n4 5 6\n", (None, None), "2 names"),
        ("a,b,a\n1,2,3\n", (None, "a"), "one name twice in the header, a"),
        ("a,,b\n1,2,3\n", (None, "2"), "none"),
        ("1,23 4,56\n7,89 0,12\n", (1, None), "both, such as '23 4'"),
        ("1 x 3\n4 5 6\n", (1, None), "both, such as 'x'"),
        ("1 2\n3 1_000\n", (2, "2"), "'1_000'"),
        ("1 2\n3 TRUE\n", (2, "2"), "'TRUE'"),
        ("1 2\n3 \u0661\n", (2, "2"), "'\u0661'"),
        ("1 2\n3 I-was-so-afraid-of-it\n", (2, "2"), "a text of 21 characters"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path, content, place, got):
    """File, line and column, and what stands there; never a text."""
    (tmp_path / "s1.txt").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_matrix(tmp_path / "s1.txt")
    error = caught.value
    assert (error.file, error.row, error.column, error.got) == ("s1.txt", *place, got)
    assert error.wanted


def test_binary_is_no_text(tmp_path):
    """A file in another encoding is an error, not numbers."""
    (tmp_path / "s1.txt").write_bytes(b"\xff\xfe1\x00 \x00")
    with pytest.raises(InputError) as caught:
        read_matrix(tmp_path / "s1.txt")
    assert (caught.value.file, caught.value.wanted) == ("s1.txt", "UTF-8")


def test_names_say_subject_run_and_the_rest():
    """`sub-XX` first, else up to the first `-` or `_`; session and run; what is left is a course's name."""
    cases = {
        "s18-timecourses.txt": ("s18", "", "timecourses"),
        "anna_insula.npy": ("anna", "", "insula"),
        "sub-07_ses-a_task-story_run-2_bold.nii.gz": ("sub-07", "ses-a_run-2", "bold"),
        "task-story_sub-07_joy.tsv": ("sub-07", "", "joy"),
        "sub-07-joy.txt": ("sub-07", "", "joy"),
        "s18.csv": ("s18", "", ""),
        "s18-sound-power.txt": ("s18", "", "sound-power"),
    }
    assert {name: (subject_of(name), run_of(name), rest_of(name)) for name in cases} == cases
    assert stem_of("sub-07_desc-preproc_bold.nii.gz") == "sub-07_desc-preproc_bold"


def test_files_of_other_kinds_are_left_alone(tmp_path):
    """Hidden files, a README, the list of regions, other endings and folders are no matrices."""
    for name in ("s2.txt", "s1.CSV", ".s3.txt", "README.txt", "regions.tsv", "notes.md"):
        (tmp_path / name).write_text("1\n2\n")
    (tmp_path / "s4.txt").mkdir()
    assert [path.name for path in files_in(tmp_path, "region series")] == ["s1.CSV", "s2.txt"]


def test_a_folder_without_matrices_is_an_error(tmp_path):
    """Absent or empty, it says what it looked for."""
    with pytest.raises(InputError, match=r"a file per subject that ends in .csv"):
        files_in(tmp_path, "region series")
    with pytest.raises(InputError, match="check the path"):
        files_in(tmp_path / "absent", "region series")
