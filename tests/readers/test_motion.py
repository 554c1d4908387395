"""Head motion beside the series: displacement, rows that fit, and volumes that are censored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.errors import ConfigError, InputError
from emotopy.readers.motion import censored, framewise_displacement, read_motion_folder
from emotopy.readers.series import read_series_folder
from emotopy.records.brain import RegionSeries

N_VOLUMES, N_REGIONS = 17, 3


@pytest.fixture
def series(rng):
    """Two subjects."""
    return [RegionSeries(f"s{i}", ("a", "b", "c"), rng.standard_normal((N_VOLUMES, N_REGIONS)), 2.0) for i in (1, 2)]


@pytest.fixture
def write(tmp_path, rng):
    """Write motion of a subject, small random steps unless given, and return it."""

    def write(name, values=None, n_rows=N_VOLUMES, n_columns=6):
        values = rng.normal(0, 0.01, (n_rows, n_columns)).cumsum(axis=0) if values is None else values
        np.savetxt(tmp_path / name, values)
        return values

    return write


def test_displacement_is_powers():
    """Sum of absolute steps: millimetres as they are, radians as paths at 50 mm; FSL has the rotations first."""
    parameters = np.array([[0, 0, 0, 0, 0, 0], [0.1, -0.2, 0.3, 0.001, -0.002, 0.003], [0.1, -0.2, 0.3, 0, 0, 0]])
    wanted = [0, 0.6 + 50 * 0.006, 50 * 0.006]
    np.testing.assert_allclose(framewise_displacement(parameters), wanted)
    np.testing.assert_allclose(framewise_displacement(parameters[:, [3, 4, 5, 0, 1, 2]], order="fsl"), wanted)
    np.testing.assert_allclose(framewise_displacement(parameters, radius_mm=80)[2], 80 * 0.006)


@given(
    parameters=hnp.arrays(np.float64, (9, 6), elements=st.floats(-1, 1)),
    offset=hnp.arrays(np.float64, 6, elements=st.floats(-10, 10)),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_displacement_knows_no_origin(parameters, offset):
    """Only steps count, forwards or backwards alike, and no displacement is negative."""
    found = framewise_displacement(parameters)
    np.testing.assert_allclose(framewise_displacement(parameters + offset), found, atol=1e-9)
    np.testing.assert_allclose(framewise_displacement(parameters[::-1])[1:], found[:0:-1], atol=1e-9)
    assert (found >= 0).all()


def test_rows_before_the_series_are_skipped_but_remembered(tmp_path, series, write):
    """Skipped rows are gone; the first volume kept still has its step from the row before it."""
    values = [write(f"s{i}-motion.txt", n_rows=N_VOLUMES + 4, n_columns=8) for i in (1, 2)]
    found = read_motion_folder(tmp_path, series, skip=4)
    for motion, value in zip(found, values, strict=True):
        np.testing.assert_allclose(motion.parameters, value[4:])
        assert motion.displacement_mm.shape == (N_VOLUMES,)
        np.testing.assert_allclose(motion.displacement_mm[0], framewise_displacement(value[3:5])[1])
        assert motion.displacement_mm[0] > 0


def test_motion_comes_in_the_order_of_the_series(tmp_path, series, write):
    """By subject, not by file name; files of others are left alone, however odd."""
    first, second = write("s1-motion.txt"), write("s2-motion.txt")
    write("s9-motion.txt", n_rows=3)
    found = read_motion_folder(tmp_path, series[::-1])
    np.testing.assert_allclose(found[0].parameters, second)
    np.testing.assert_allclose(found[1].parameters, first)


def test_what_does_not_fit_is_named(tmp_path, series, write):
    """A missing subject, two files of one, too few columns, rows or numbers, degrees: file, subject, what to do."""
    write("s1-motion.txt")
    cases = [
        (lambda: None, "wanted the motion of subject s2, a file such as s2-motion.txt"),
        (lambda: write("s2-motion.txt", n_rows=27), r"s2-motion.txt: .*subject s2, got 27 rows, .*--motion-skip 10"),
        (lambda: write("s2-motion.txt", n_rows=12), "s2-motion.txt: .*got 12 rows, .*rows are missing"),
        (lambda: write("s2-motion.txt", n_columns=5), "s2-motion.txt: .*6 columns or more, got 5"),
        (lambda: write("s2-motion.txt", np.where(np.eye(N_VOLUMES, 6), np.nan, 0)), "row 1, column 1: .*got nan"),
        (lambda: write("s2-motion.txt", np.full((N_VOLUMES, 6), 3.0)), "rotations in radians in columns 4 to 6"),
        (lambda: write("s2-rp.txt"), "s2-motion.txt and s2-rp.txt: both are of subject s2"),
    ]
    for prepare, message in cases:
        prepare()
        with pytest.raises(InputError, match=message):
            read_motion_folder(tmp_path, series)
    with pytest.raises(ConfigError, match="0 or more rows, got -1"):
        read_motion_folder(tmp_path, series, skip=-1)


def test_volumes_of_a_jerk_become_nan(series):
    """Above the limit, not at it; values around it stay, and so do volumes censored before."""
    displacement = np.zeros(N_VOLUMES)
    displacement[[4, 9]] = 0.5, 0.51
    found = censored(series[0], displacement)
    assert np.flatnonzero(~found.keep).tolist() == [9]
    assert np.isnan(found.values[9]).all()
    np.testing.assert_array_equal(np.delete(found.values, 9, axis=0), np.delete(series[0].values, 9, axis=0))
    again = censored(found, displacement, limit_mm=0.4)
    assert np.flatnonzero(~again.keep).tolist() == [4, 9]
    assert censored(series[0], displacement, limit_mm=1) is series[0]
    with pytest.raises(ConfigError, match=r"subject s1: no volume is left of 17, all moved by more than 0.5 mm"):
        censored(series[0], np.full(N_VOLUMES, 3.0))


@pytest.mark.real_data
def test_motion_of_alice_fits_when_ten_rows_are_skipped(shared_data):
    """372 rows with the ten volumes that were dropped; without the skip the message says 10."""
    folder = shared_data / "alice-brennan2016"
    series, _ = read_series_folder(folder / "timecourses", 2.0)
    found = read_motion_folder(folder / "motion", series, skip=10)
    assert {motion.parameters.shape for motion in found} == {(362, 6)}
    moved = {each.subject: int((m.displacement_mm > 0.5).sum()) for each, m in zip(series, found, strict=True)}
    assert sum(moved.values()) == 83
    assert max(moved, key=moved.get) == "s49"
    with pytest.raises(InputError, match=r"s18-motion\.txt: .*got 372 rows.*--motion-skip 10"):
        read_motion_folder(folder / "motion", series)
