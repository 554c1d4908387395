"""Folders of region series: subjects, regions, lengths, and recordings that can't be used."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.errors import ConfigError, InputError
from emotopy.readers.column_names import MISSING_NUMBERS
from emotopy.readers.matrices import read_matrix
from emotopy.readers.series import Exclusion, checked_tr, read_series_folder

pytestmark = pytest.mark.usefixtures("flags")

N_VOLUMES = 23
REGIONS = ("amygdala", "insula", "caudate", "putamen")


@pytest.fixture
def write(tmp_path, rng):
    """Write a recording as CSV with a header, noise unless values are given, and return the values."""

    def write(name, values=None, regions=REGIONS):
        values = rng.standard_normal((N_VOLUMES, len(regions))) if values is None else values
        header = ",".join(regions) if regions else ""
        np.savetxt(tmp_path / name, values, delimiter=",", header=header, comments="", fmt="%.17g")
        return values

    return write


def noise(rng, n_volumes=N_VOLUMES):
    return rng.standard_normal((n_volumes, len(REGIONS)))


def test_a_file_is_a_subject(tmp_path, write):
    """Series come sorted by subject, with the header's regions, the TR, and every volume kept."""
    second, first = write("s2-story.csv"), write("s1-story.csv")
    series, exclusions = read_series_folder(tmp_path, 1.5)
    assert [each.subject for each in series] == ["s1", "s2"]
    np.testing.assert_array_equal(series[0].values, first)
    np.testing.assert_array_equal(series[1].values, second)
    assert series[0].regions == REGIONS
    assert (series[0].tr_s, series[0].run, series[0].keep) == (1.5, "", None)
    assert exclusions == []


def test_runs_of_a_subject_stand_side_by_side(tmp_path, write):
    """`run-` and `ses-` in the name make runs, which may differ in length from each other."""
    write("sub-1_run-1.csv")
    write("sub-1_run-2.csv", np.random.default_rng(1).random((9, 4)))
    series, _ = read_series_folder(tmp_path, 2.0)
    assert [(each.subject, each.run, each.n_volumes) for each in series] == [
        ("sub-1", "run-1", N_VOLUMES),
        ("sub-1", "run-2", 9),
    ]


def test_two_files_of_a_subject_without_runs_are_an_error(tmp_path, write):
    """Both files are named, and how a subject is told."""
    write("s1-left.csv")
    write("s1-right.csv")
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert caught.value.file == "s1-right.csv"
    assert "s1" in caught.value.wanted
    assert "s1-left.csv" in caught.value.got
    assert "run-1" in caught.value.advice


def test_columns_without_a_header_are_numbered_or_named(tmp_path, rng):
    """region_01 …, else the names of regions.txt, regions.tsv (column name), or the option, which goes first."""
    np.savetxt(tmp_path / "s1.txt", noise(rng))
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == ("region_01", "region_02", "region_03", "region_04")
    (tmp_path / "regions.tsv").write_text("index\tname\n1\ta\n2\tb\n3\tc\n4\td\n")
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == ("a", "b", "c", "d")
    (tmp_path / "regions.txt").write_text("e\nf\n g \nh\n\n")
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == ("e", "f", "g", "h")
    assert read_series_folder(tmp_path, 2.0, regions=REGIONS)[0][0].regions == REGIONS


def test_lists_of_regions_must_fit(tmp_path, rng, write):
    """Too few, twice, at odds with a header, and swapped axes are errors."""
    np.savetxt(tmp_path / "s1.txt", noise(rng))
    with pytest.raises(InputError, match=r"s1\.txt: wanted a column for each of 3 regions, got 4$"):
        read_series_folder(tmp_path, 2.0, regions=["a", "b", "c"])
    with pytest.raises(InputError, match="rows are volumes and columns are regions"):
        read_series_folder(tmp_path, 2.0, regions=[f"r{i}" for i in range(N_VOLUMES)])
    (tmp_path / "regions.txt").write_text("a\nb\na\nd\n")
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert (caught.value.file, caught.value.got) == ("regions.txt", "a twice")
    write("s1.txt")
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0, regions=["z", "y", "x", "w"])
    assert caught.value.file == "s1.txt"
    assert "z, y, x, w" in caught.value.wanted
    assert "amygdala, insula" in caught.value.got


def test_subjects_with_other_regions_are_refused(tmp_path, write):
    """File, subject and the regions in question; another order is another list."""
    write("s1.csv")
    write("s2.csv", regions=("amygdala", "insula", "caudate", "pallidum"))
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert caught.value.file == "s2.csv"
    assert "putamen (only in s1.csv), pallidum (only in s2.csv)" in caught.value.got
    write("s2.csv", regions=REGIONS[::-1])
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert caught.value.file == "s2.csv"
    assert "another order" in caught.value.got


def test_an_empty_recording_is_left_out_and_said(tmp_path, write):
    """Zeros throughout (or NaN) in every region: no subject of the analysis, but on the list with file and reason."""
    write("s1.csv")
    write("s2.csv", np.zeros((N_VOLUMES, 4)))
    write("s3.csv", np.full((N_VOLUMES, 4), np.nan))
    series, exclusions = read_series_folder(tmp_path, 2.0)
    assert [each.subject for each in series] == ["s1"]
    assert exclusions == [
        Exclusion("s2", "s2.csv: an empty recording, in which every region is constant (0)"),
        Exclusion("s3", "s3.csv: an empty recording, in which every region is never finite"),
    ]


def test_only_empty_recordings_are_an_error(tmp_path, write):
    """With nobody left there is nothing to analyse."""
    write("s1.csv", np.zeros((N_VOLUMES, 4)))
    with pytest.raises(InputError, match=r"that vary, got none; s1\.csv"):
        read_series_folder(tmp_path, 2.0)


@pytest.fixture
def bad(write, rng):
    """Three subjects: s1 fine, s2 with a constant insula, s3 with a hole in its putamen."""
    constant, holed = noise(rng), noise(rng)
    constant[:, 1] = 7
    holed[4:6, 3] = [np.nan, np.inf]
    write("s1.csv")
    write("s2.csv", constant)
    write("s3.csv", holed)


def test_bad_regions_are_an_error_that_says_what_to_do(tmp_path, bad):
    """File, subject, region, reason, and both ways out."""
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    message = str(caught.value)
    assert message.startswith("s2.csv, subject s2: insula is constant (7) (1 more files")
    assert "--drop regions" in message
    assert "--drop subjects" in message


def test_bad_subjects_can_be_left_out(tmp_path, bad):
    """On request, with file, region and reason on the list."""
    series, exclusions = read_series_folder(tmp_path, 2.0, on_bad="exclude-subjects")
    assert [each.subject for each in series] == ["s1"]
    assert exclusions == [
        Exclusion("s2", "s2.csv: insula is constant (7)"),
        Exclusion("s3", "s3.csv: putamen is not finite in 2 volumes"),
    ]


def test_bad_regions_can_be_left_out_of_all(tmp_path, bad):
    """On request: all subjects keep the same regions, and what was left out is said."""
    said = []
    whole = read_series_folder(tmp_path, 2.0, on_bad="exclude-subjects")[0][0]
    series, exclusions = read_series_folder(tmp_path, 2.0, on_bad="drop-regions", notify=said.append)
    assert exclusions == []
    assert [each.regions for each in series] == [("amygdala", "caudate")] * 3
    np.testing.assert_array_equal(series[0].values, whole.values[:, [0, 2]])
    assert said == [
        "s2.csv: insula is constant (7); left out of all subjects",
        "s3.csv: putamen is not finite in 2 volumes; left out of all subjects",
    ]


def test_another_word_for_what_to_do_is_an_error(tmp_path, bad):
    """A misspelt choice doesn't leave anything out silently."""
    with pytest.raises(ConfigError, match="drop-regions"):
        read_series_folder(tmp_path, 2.0, on_bad="drop-region")


def test_leaving_everything_out_is_an_error(tmp_path, write, rng):
    """Neither way out may end with nothing."""
    for subject in range(4):
        values = noise(rng)
        values[:, subject] = 0
        write(f"s{subject}.csv", values)
    for on_bad in ("drop-regions", "exclude-subjects"):
        with pytest.raises(InputError, match=r"every (region|subject)"):
            read_series_folder(tmp_path, 2.0, on_bad=on_bad)


def test_a_row_of_nan_is_a_censored_volume(tmp_path, write, rng):
    """Not a bad region: the row stays, and `keep` says so."""
    values = noise(rng)
    values[5] = np.nan
    write("s1.csv", values)
    series, _ = read_series_folder(tmp_path, 2.0)
    assert np.flatnonzero(~series[0].keep).tolist() == [5]
    assert np.isnan(series[0].values[5]).all()


def test_unequal_lengths_are_refused_unless_cut(tmp_path, write, rng):
    """Rows are moments of the story: both files and lengths are named; `trim` cuts ends and says so."""
    write("s1.csv")
    long = write("s2.csv", noise(rng, 27))
    with pytest.raises(InputError, match=r"s2\.csv has 27 volumes, s1\.csv has 23; .*--trim"):
        read_series_folder(tmp_path, 2.0)
    said = []
    series, _ = read_series_folder(tmp_path, 2.0, trim=True, notify=said.append)
    np.testing.assert_array_equal(series[1].values, long[:23])
    assert said == ["s2.csv has 27 volumes, s1.csv has 23: cut at the end to the shortest"]


def test_copies_are_named(tmp_path, write):
    """Two subjects with the same numbers: used, and said."""
    write("s2.csv", write("s1.csv"))
    said = []
    assert len(read_series_folder(tmp_path, 2.0, notify=said.append)[0]) == 2
    assert said == ["s2.csv contains the same numbers as s1.csv; check that neither is a mistaken copy"]


@pytest.mark.parametrize(
    ("tr_s", "message"),
    [(None, "give it: --tr 2.0"), (0.0, "above 0"), (-2.0, "above 0"), (float("nan"), "got nan"), (2000.0, "--tr 2)")],
)
def test_a_tr_is_needed_and_is_seconds(tr_s, message):
    """None, nothing, less than nothing, and milliseconds are errors that say what to write."""
    with pytest.raises(ConfigError) as caught:
        checked_tr(tr_s)
    assert message in str(caught.value)


@pytest.mark.real_data
def test_alice_is_read_and_subject_33_is_left_out(shared_data):
    """27 listeners of 362 volumes and six named regions; s33 is all zeros, and is said to be."""
    names = ("LATL", "RATL", "LPTL", "LIPL", "LPreM", "LIFG")
    folder = shared_data / "alice-brennan2016" / "timecourses"
    series, exclusions = read_series_folder(folder, 2.0, regions=names)
    assert len(series) == 27
    assert {each.values.shape for each in series} == {(362, 6)}
    assert {each.regions for each in series} == {names}
    assert series[0].subject == "s18"
    assert series[0].values[0].tolist() == [72.152703, 88.942088, 162.56944, 207.43542, 98.04217, 164.15873]
    assert exclusions == [
        Exclusion("s33", "s33-timecourses.txt: an empty recording, in which every region is constant (0)")
    ]


ROWS = 40


def recorded(rng, n_columns=4):
    """Values with fractions, as recordings have them."""
    return np.round(rng.standard_normal((ROWS, n_columns)), 4)


def table(header, *columns):
    """Write columns under names."""
    rows = zip(*[[f"{cell:g}" for cell in column] for column in columns], strict=True)
    return "\n".join([",".join(header), *map(",".join, rows)]) + "\n"


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("time", 2.0 * np.arange(ROWS)),
        ("time", 1.0 + 2.0 * np.arange(ROWS)),
        ("Time (s)", 2.0 * np.arange(ROWS)),
        ("time_ms", 2000.0 * np.arange(ROWS)),
        ("t", 2000.0 * np.arange(ROWS)),
        ("seconds", 2.0 * np.arange(ROWS)),
        ("time", np.arange(ROWS)),
        ("index", np.arange(ROWS)),
        ("Index", 1 + np.arange(ROWS)),
        ("volume", 10 + np.arange(ROWS)),
        ("TR", 1 + np.arange(ROWS)),
        ("Frame", np.arange(ROWS)),
        ("Unnamed: 0", np.arange(ROWS)),
        ("Unnamed: 0", 2.0 * np.arange(ROWS)),
        ("", np.arange(ROWS)),
        ("", 2.0 * np.arange(ROWS)),
    ],
)
@pytest.mark.parametrize("place", [0, 2])
def test_what_counts_or_says_the_time_is_no_region(tmp_path, rng, title, column, place):
    """By its name and its numbers, wherever it stands; told, once for all files."""
    place = 0 if title in ("", "Unnamed: 0") else place  # programs write columns without a name in front
    said, values = [], [recorded(rng) for _ in range(3)]
    for i, one in enumerate(values):
        names, columns = list(REGIONS), list(one.T)
        names.insert(place, title)
        columns.insert(place, column)
        (tmp_path / f"s{i}.csv").write_text(table(names, *columns))
    series, _ = read_series_folder(tmp_path, 2.0, notify=said.append)
    for one, wanted in zip(series, values, strict=True):
        assert one.regions == REGIONS
        np.testing.assert_array_equal(one.values, wanted)
    assert len(said) == 1
    assert said[0].startswith("s0.csv and 2 more: ")


def test_a_region_that_is_asked_for_is_one(tmp_path, rng):
    """A list of names wins over what a column looks like; where it leaves the column out, so do we."""
    values = recorded(rng)
    names = ["time", *REGIONS]
    (tmp_path / "s1.csv").write_text(table(names, 2.0 * np.arange(ROWS), *values.T))
    assert read_series_folder(tmp_path, 2.0, regions=names)[0][0].regions == tuple(names)
    assert read_series_folder(tmp_path, 2.0, regions=REGIONS)[0][0].regions == REGIONS
    (tmp_path / "regions.txt").write_text("\n".join(names))
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == tuple(names)
    (tmp_path / "s1.csv").unlink()
    np.savetxt(tmp_path / "s1.txt", np.column_stack([np.arange(ROWS), values]))
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == tuple(names)
    (tmp_path / "regions.txt").write_text("\n".join(REGIONS))
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == REGIONS
    (tmp_path / "regions.txt").unlink()
    said = []
    series = read_series_folder(tmp_path, 2.0, notify=said.append)[0][0]
    np.testing.assert_array_equal(series.values, values)
    assert len(said) == 1


def test_a_region_that_grows_is_kept(tmp_path, rng):
    """A region's name and a drift: kept; one that counts exactly is kept too, and told."""
    values, said = recorded(rng), []
    values[:, 1] = np.linspace(0, 7, ROWS)
    values[:, 3] = np.arange(ROWS)
    (tmp_path / "s1.csv").write_text(table(REGIONS, *values.T))
    series = read_series_folder(tmp_path, 2.0, notify=said.append)[0][0]
    assert series.regions == REGIONS
    assert len(said) == 1
    assert "putamen" in said[0]


def test_a_region_called_as_a_count_is_kept_where_it_does_not_count(tmp_path, rng):
    """`t`, `id`, `no` may be regions: what counts is what stands in them."""
    values = recorded(rng)
    names = ("t", "id", "no", "time")
    (tmp_path / "s1.csv").write_text(table(names, *values.T))
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == names


def test_a_time_in_other_steps_than_the_tr_is_an_error(tmp_path, rng):
    """Either the TR or the column is wrong."""
    (tmp_path / "s1.csv").write_text(table(["time", *REGIONS], 1.5 * np.arange(ROWS), *recorded(rng).T))
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert (caught.value.file, caught.value.column) == ("s1.csv", "time")
    assert "1.5" in caught.value.got


@pytest.mark.parametrize(
    "header",
    [
        ["1.0", "2.0", "3.0", "4.0"],
        ["2001", "2002", "2101", "2102"],
        ["1", "2", "5", "9"],
        ["17", "4", "49", "10"],
        ["0", "1", "2", "3"],
        ["1", "2"],
    ],
)
@pytest.mark.parametrize("n_files", [1, 3])
def test_numbers_can_be_names(tmp_path, rng, header, n_files):
    """Whole numbers above rows of fractions are codes of regions, never a volume; `.0` is no part of a name."""
    said, values = [], [recorded(rng, len(header)) for _ in range(n_files)]
    for i, one in enumerate(values):
        (tmp_path / f"s{i}.csv").write_text(table(header, *one.T))
    series, _ = read_series_folder(tmp_path, 2.0, notify=said.append)
    assert [one.n_volumes for one in series] == [ROWS] * n_files
    assert {one.regions for one in series} == {tuple(name.removesuffix(".0") for name in header)}
    np.testing.assert_array_equal(series[0].values, values[0])
    assert len(said) == 1
    as_volume, _ = read_series_folder(tmp_path, 2.0, header=False)
    assert {one.n_volumes for one in as_volume} == {ROWS + 1}


def test_a_list_names_the_codes_of_a_header(tmp_path, rng):
    """Numbers in the files, names in regions.txt: the names, in the order of the columns, and told."""
    values, said = recorded(rng), []
    (tmp_path / "s1.csv").write_text(table(["2001", "2002", "2101", "2102"], *values.T))
    (tmp_path / "regions.txt").write_text("\n".join(REGIONS))
    series = read_series_folder(tmp_path, 2.0, notify=said.append)[0][0]
    assert series.regions == REGIONS
    np.testing.assert_array_equal(series.values, values)
    assert len(said) == 2


def test_codes_may_stand_beside_a_time(tmp_path, rng):
    """A header of a word for the rows and numbers for the regions."""
    values = recorded(rng)
    (tmp_path / "s1.csv").write_text(table(["time", "2001", "2002", "2101", "2102"], 2.0 * np.arange(ROWS), *values.T))
    series = read_series_folder(tmp_path, 2.0)[0][0]
    assert series.regions == ("2001", "2002", "2101", "2102")
    np.testing.assert_array_equal(series.values, values)


def test_whole_numbers_above_whole_numbers_are_asked_about(tmp_path, rng):
    """A count above small whole numbers may be either: the error says how to tell; other files can tell, too."""
    body = rng.integers(0, 9, (ROWS, 4))
    (tmp_path / "s1.csv").write_text(table(["1", "2", "3", "4"], *body.T))
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert (caught.value.file, caught.value.row) == ("s1.csv", 1)
    assert "--header" in caught.value.advice
    assert read_series_folder(tmp_path, 2.0, header=True)[0][0].regions == ("1", "2", "3", "4")
    assert read_series_folder(tmp_path, 2.0, header=False)[0][0].n_volumes == ROWS + 1
    (tmp_path / "s2.csv").write_text(table(["1", "2", "3", "4"], *body[::-1].T))
    assert {one.n_volumes for one in read_series_folder(tmp_path, 2.0)[0]} == {ROWS}
    (tmp_path / "s2.csv").write_text(table(["4", "2", "3", "1"], *body[::-1].T))
    assert {one.n_volumes for one in read_series_folder(tmp_path, 2.0)[0]} == {ROWS + 1}


def test_codes_that_stand_twice_are_asked_about(tmp_path, rng):
    """Whole numbers above fractions, but one twice: no names, hardly a volume; zeros throughout are one."""
    (tmp_path / "s1.csv").write_text(table(["1", "1", "2", "2"], *recorded(rng).T))
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert (caught.value.file, caught.value.row) == ("s1.csv", 1)
    assert read_series_folder(tmp_path, 2.0, header=False)[0][0].n_volumes == ROWS + 1
    (tmp_path / "s1.csv").write_text(table(["0", "0", "0", "0"], *recorded(rng).T))
    assert read_series_folder(tmp_path, 2.0)[0][0].n_volumes == ROWS + 1


def test_a_first_volume_that_is_brighter_is_never_dropped_silently(tmp_path, rng):
    """Whole numbers as scanners write them, the first before the steady state: asked about, or read as a volume."""
    body = rng.integers(790, 810, (ROWS, 4)) + np.array([0, 50, 100, 150])
    body[0] = [1401, 1467, 1502, 1588]
    (tmp_path / "s1.csv").write_text(table([str(cell) for cell in body[0]], *body[1:].T))
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert "--header" in caught.value.advice
    other = body + 1
    (tmp_path / "s2.csv").write_text(table([str(cell) for cell in other[0]], *other[1:].T))
    assert {one.n_volumes for one in read_series_folder(tmp_path, 2.0)[0]} == {ROWS}


def test_tasks_are_told_apart_and_chosen(tmp_path, rng):
    """Two tasks of a subject are an error that names them; `task` reads one of them."""
    values = {}
    for subject in ("sub-1", "sub-2"):
        for task in ("pieman", "tunnel"):
            values[subject, task] = recorded(rng)
            (tmp_path / f"{subject}_task-{task}_ts.csv").write_text(table(REGIONS, *values[subject, task].T))
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert "pieman, tunnel" in caught.value.got
    assert "--task" in caught.value.advice
    series, _ = read_series_folder(tmp_path, 2.0, task="tunnel")
    for one in series:
        np.testing.assert_array_equal(one.values, values[one.subject, "tunnel"])
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0, task="tunel")
    assert "pieman, tunnel" in caught.value.got


@pytest.mark.parametrize("mark", sorted(MISSING_NUMBERS))
def test_every_mark_of_a_missing_value_is_nan(tmp_path, rng, mark):
    """A cell that says "missing" is NaN, and no other cell changes."""
    values = recorded(rng)
    rows = table(REGIONS, *values.T).splitlines()
    for form in {mark, mark.upper(), mark.capitalize()}:
        cells = rows[5].split(",")
        cells[2] = form
        (tmp_path / "s1.csv").write_text("\n".join([*rows[:5], ",".join(cells), *rows[6:]]) + "\n")
        found = read_matrix(tmp_path / "s1.csv").values
        wanted = values.copy()
        wanted[4, 2] = np.nan
        np.testing.assert_array_equal(found, wanted)


@given(content=st.binary(max_size=400), ending=st.sampled_from([".csv", ".tsv", ".txt", ".1D", ".npy"]))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_random_bytes_are_numbers_or_an_error_of_ours(tmp_path_factory, content, ending):
    """As a table, as an NPY file, and as a list of regions."""
    folder = tmp_path_factory.mktemp("bytes")
    (folder / f"s1{ending}").write_bytes(content)
    (folder / "regions.txt").write_bytes(content)
    with contextlib.suppress(InputError):
        assert read_matrix(folder / f"s1{ending}").values.dtype == np.float64
    with contextlib.suppress(InputError):
        read_series_folder(folder, 2.0)


@given(
    content=st.text(alphabet="0123456789.,;\t \n\"#e-+naNxA_'", max_size=200), ending=st.sampled_from([".csv", ".txt"])
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_cells_at_random_are_numbers_or_an_error_of_ours(tmp_path_factory, content, ending):
    """Separators, quotes, comments and marks in any order."""
    folder = tmp_path_factory.mktemp("cells")
    (folder / f"s1{ending}").write_text(content, newline="")
    with contextlib.suppress(InputError):
        assert read_matrix(folder / f"s1{ending}").values.ndim == 2


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(()),
        np.zeros((0, 3)),
        np.zeros((3, 0)),
        np.zeros((2, 3, 4)),
        np.zeros(3, dtype=complex),
        np.zeros(3, dtype=bool),
        np.zeros(3, dtype="datetime64[s]"),
        np.zeros(3, dtype=[("a", "f8")]),
        np.array(["a", "b"]),
    ],
)
def test_arrays_that_are_no_series_are_errors(tmp_path, array):
    """Odd shapes and types of NPY files."""
    np.save(tmp_path / "s1.npy", array)
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert caught.value.file == "s1.npy"
    assert caught.value.wanted


def test_an_array_that_promises_more_than_the_file_holds_is_an_error(tmp_path):
    """Terabytes in the header, a few bytes in the file: nothing is allocated."""
    np.save(tmp_path / "s1.npy", np.zeros((4, 3)))
    content = (tmp_path / "s1.npy").read_bytes().replace(b"(4, 3), }", b"(400000000000, 3), }"[:20])
    (tmp_path / "s1.npy").write_bytes(content)
    with pytest.raises(InputError):
        read_matrix(tmp_path / "s1.npy")


@pytest.mark.parametrize("cell", ["9" * 400, "1" + "0" * 400 + ".5", "1e999"])
def test_numbers_beyond_all_are_no_finite_values(tmp_path, rng, cell):
    """400 digits are infinite: the region can't be used, and is named."""
    (tmp_path / "s1.csv").write_text(table(REGIONS, *recorded(rng).T) + f"1,{cell},2,3\n")
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert (caught.value.file, caught.value.column) == ("s1.csv", "insula")


def test_a_list_of_regions_in_another_encoding_is_an_error(tmp_path, rng):
    """Latin-1: the list's name and line."""
    np.savetxt(tmp_path / "s1.txt", recorded(rng, 2))
    (tmp_path / "regions.txt").write_bytes("insula\nprécuneus\n".encode("latin-1"))
    with pytest.raises(InputError) as caught:
        read_series_folder(tmp_path, 2.0)
    assert (caught.value.file, caught.value.row) == ("regions.txt", 2)


def test_semicolons_with_decimal_commas_and_tabs_in_text_files(tmp_path, rng):
    """As spreadsheets of half of Europe write them; names with blanks between tabs, whatever the file's ending."""
    values = recorded(rng)
    rows = [";".join(f"{cell:.4f}".replace(".", ",") for cell in row) for row in values]
    (tmp_path / "s1.csv").write_text("\n".join([";".join(REGIONS), *rows]) + "\n")
    np.testing.assert_array_equal(read_matrix(tmp_path / "s1.csv").values, values)
    rows = ["\t".join(f"{cell:.4f}" for cell in row) for row in values]
    for name in ("s1.txt", "s1.1D", "s1.csv"):
        (tmp_path / name).write_text("\n".join(["\t".join(f"left {one}" for one in REGIONS), *rows]) + "\n")
        matrix = read_matrix(tmp_path / name)
        assert matrix.columns == tuple(f"left {one}" for one in REGIONS)
        np.testing.assert_array_equal(matrix.values, values)


def test_names_behind_hashes(tmp_path, rng):
    """Each cell of the comment has its `#`: names; another comment names columns only where that is said."""
    values = recorded(rng)
    rows = "\n".join("\t".join(f"{cell:.4f}" for cell in row) for row in values)
    (tmp_path / "s1.1D").write_text("#2001\t#2002\t#2101\t#2102\n" + rows)
    assert read_series_folder(tmp_path, 2.0)[0][0].regions == ("2001", "2002", "2101", "2102")
    (tmp_path / "s1.1D").write_text("# made by me today\n" + rows)
    said = []
    assert read_series_folder(tmp_path, 2.0, notify=said.append)[0][0].regions[0] == "region_01"
    assert "--header" in said[0]
    assert read_series_folder(tmp_path, 2.0, header=True)[0][0].regions == ("made", "by", "me", "today")
