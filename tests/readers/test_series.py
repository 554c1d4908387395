"""Folders of region series: subjects, regions, lengths, and recordings that can't be used."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import ConfigError, InputError
from emotopy.readers.series import Exclusion, checked_tr, read_series_folder

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
    with pytest.raises(InputError, match="volumes and regions swapped"):
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
        Exclusion("s2", "s2.csv: an empty recording, every region is constant (0)"),
        Exclusion("s3", "s3.csv: an empty recording, every region is never finite"),
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
    assert said == ["s2.csv holds the same numbers as s1.csv; is one a copy by mistake?"]


@pytest.mark.parametrize(
    ("tr_s", "message"),
    [(None, "say it: --tr 2.0"), (0.0, "above 0"), (-2.0, "above 0"), (float("nan"), "got nan"), (2000.0, "--tr 2)")],
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
    assert exclusions == [Exclusion("s33", "s33-timecourses.txt: an empty recording, every region is constant (0)")]
