"""Courses per volume beside the series: baselines, and targets in place of ratings."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import InputError, ShapeError
from emotopy.readers.regressors import Regressors, read_regressor_folder
from emotopy.readers.series import read_series_folder
from emotopy.records.brain import RegionSeries

N_VOLUMES = 17


@pytest.fixture
def series(rng):
    """Two subjects."""
    return [RegionSeries(f"s{i}", ("a", "b", "c"), rng.standard_normal((N_VOLUMES, 3)), 2.0) for i in (1, 2)]


@pytest.fixture
def write(tmp_path, rng):
    """Write a course, noise unless given, and return it."""

    def write(name, values=None, n_rows=N_VOLUMES):
        values = rng.standard_normal(n_rows) if values is None else values
        np.savetxt(tmp_path / name, values)
        return values

    return write


def test_courses_come_by_subject_and_name(tmp_path, series, write):
    """A column per name, names sorted, subjects in the order of the series; other subjects' files are left alone."""
    made = {name: write(name) for name in ("s1-rate.txt", "s1-loud.txt", "s2-rate.txt", "s2-loud.txt")}
    write("s3-odd.txt", n_rows=3)
    second, first = read_regressor_folder(tmp_path, series[::-1])
    assert (first.subject, second.subject) == ("s1", "s2")
    assert first.names == second.names == ("loud", "rate")
    np.testing.assert_allclose(first.values, np.stack([made["s1-loud.txt"], made["s1-rate.txt"]], axis=1))
    np.testing.assert_allclose(second.values, np.stack([made["s2-loud.txt"], made["s2-rate.txt"]], axis=1))


def test_runs_have_courses_of_their_own(tmp_path, write, rng):
    """`sub-XX_run-Y_<name>` belongs to that run."""
    series = [
        RegionSeries("sub-1", ("a",), rng.standard_normal((N_VOLUMES, 1)), 2.0, run) for run in ("run-1", "run-2")
    ]
    made = [write("sub-1_run-1_joy.txt"), write("sub-1_run-2_joy.txt")]
    for found, wanted in zip(read_regressor_folder(tmp_path, series), made, strict=True):
        np.testing.assert_allclose(found.values[:, 0], wanted)
        assert found.names == ("joy",)


def test_copies_are_used_and_named(tmp_path, series, write):
    """The same numbers under another name, or of another subject, are told in one sentence per group."""
    rate = write("s1-rate.txt")
    write("s1-loud.txt", rate)
    write("s2-rate.txt")
    write("s2-loud.txt")
    said = []
    found = read_regressor_folder(tmp_path, series, notify=said.append)
    assert len(found) == 2
    assert said == ["s1-loud.txt, s1-rate.txt contain the same numbers; check that none is a mistaken copy"]


def test_what_does_not_fit_is_named(tmp_path, series, write):
    """No file, a subject without one, other rows, more columns, holes, constants, no name, twice."""
    write("s7-rate.txt")
    with pytest.raises(InputError) as caught:
        read_regressor_folder(tmp_path, series)
    assert "s1, s2" in caught.value.wanted
    write("s1-rate.txt")
    cases = [
        (lambda: None, None, "none"),
        (lambda: write("s2-rate.txt", n_rows=16), "s2-rate.txt", "16"),
        (lambda: write("s2-rate.txt", np.zeros((N_VOLUMES, 2))), "s2-rate.txt", "2"),
        (lambda: write("s2-rate.txt", np.where(np.arange(17) == 4, np.nan, 1)), "s2-rate.txt", "nan"),
        (lambda: write("s2-rate.txt", np.full(17, 0.3)), "s2-rate.txt", "0.3 throughout"),
        (lambda: np.savetxt(tmp_path / "s2-rate.csv", np.arange(17)), "s2-rate.txt", "s2-rate.csv too"),
        (lambda: write("s5.txt"), "s5.txt", "a file name without the name of a course"),
    ]
    for prepare, file, got in cases:
        prepare()
        with pytest.raises(InputError) as caught:
            read_regressor_folder(tmp_path, series)
        assert caught.value.got == got
        assert file in (None, caught.value.file)
        assert caught.value.wanted
        (tmp_path / "s2-rate.csv").unlink(missing_ok=True)


def test_a_column_that_counts_beside_the_course_is_left_out(tmp_path, series, rng):
    """As pandas and R write rows, or a time in steps of the TR: told."""
    values, said = rng.random(N_VOLUMES), []
    for subject, title, column in (("s1", "time", np.arange(N_VOLUMES) * series[0].tr_s), ("s2", "", range(N_VOLUMES))):
        rows = [f"{title},rate", *(f"{a},{b:.17g}" for a, b in zip(column, values, strict=True))]
        (tmp_path / f"{subject}-rate.csv").write_text("\n".join(rows))
    found = read_regressor_folder(tmp_path, series, notify=said.append)
    for one in found:
        np.testing.assert_array_equal(one.values[:, 0], values)
    assert any(message.startswith("s1-rate.csv") for message in said)


def test_a_record_has_a_column_per_name():
    """Names and columns agree."""
    with pytest.raises(ShapeError, match="a column for each of"):
        Regressors("s1", ("a", "b"), np.zeros((4, 3)))


@pytest.mark.real_data
def test_regressors_of_alice_and_their_copies(shared_data):
    """Rate and sound power of 27 listeners; that s24 and s35 share both files is told, s33 isn't asked."""
    folder = shared_data / "alice-brennan2016"
    series, _ = read_series_folder(folder / "timecourses", 2.0)
    said = []
    found = read_regressor_folder(folder / "regressors", series, notify=said.append)
    assert {each.names for each in found} == {("rate", "sndpwr")}
    assert {each.values.shape for each in found} == {(362, 2)}
    assert said == [
        "s24-rate.txt, s35-rate.txt contain the same numbers; check that none is a mistaken copy",
        "s24-sndpwr.txt, s35-sndpwr.txt contain the same numbers; check that none is a mistaken copy",
    ]
    zeros = [RegionSeries("s33", ("a",), np.zeros((362, 1)), 2.0)]
    read_regressor_folder(folder / "regressors", zeros, notify=said.append)
    assert said[2] == "s33-rate.txt, s33-sndpwr.txt contain the same numbers; check that none is a mistaken copy"
