"""Head motion beside the series: displacement, rows that fit, and volumes that are censored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.errors import ConfigError, InputError
from emotopy.readers.column_names import MOTION
from emotopy.readers.motion import Motion, as_motion, censored, framewise_displacement, read_motion_folder
from emotopy.readers.regressors import read_regressor_folder
from emotopy.readers.series import read_series_folder
from emotopy.records.brain import RegionSeries
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.usefixtures("flags")

N_VOLUMES, N_REGIONS = 17, 3


@pytest.fixture
def series(rng):
    """Two subjects."""
    return [RegionSeries(f"s{i}", ("a", "b", "c"), rng.standard_normal((N_VOLUMES, N_REGIONS)), 2.0) for i in (1, 2)]


@pytest.fixture
def write(tmp_path, rng):
    """Write motion of a subject, small random steps unless given, and return it."""

    def write(name, values=None, n_rows=N_VOLUMES, n_columns=6):
        if values is None:
            values = rng.normal(0, 0.01, (n_rows, n_columns)).cumsum(axis=0)
            values[:, 3:6] /= 50  # a degree is 0.017, not 1
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
        (lambda: None, "motion", ("wanted", "s2-motion.txt")),
        (lambda: write("s2-motion.txt", n_rows=27), "s2-motion.txt", ("advice", "--motion-skip 10")),
        (lambda: write("s2-motion.txt", n_rows=12), "s2-motion.txt", ("advice", "rows are missing")),
        (lambda: write("s2-motion.txt", n_columns=5), "s2-motion.txt", ("got", "5 columns")),
        (lambda: write("s2-motion.txt", np.where(np.eye(N_VOLUMES, 6), np.nan, 0)), "s2-motion.txt", ("got", "nan")),
        (lambda: write("s2-motion.txt", np.full((N_VOLUMES, 6), 3.0)), "s2-motion.txt", ("got", "up to 3 rad")),
        (lambda: write("s2-rp.txt"), "s2-rp.txt", ("got", "s2-motion.txt")),
    ]
    for prepare, file, (attribute, says) in cases:
        prepare()
        with pytest.raises(InputError) as caught:
            read_motion_folder(tmp_path, series)
        assert file in (caught.value.file, "motion")
        assert says in getattr(caught.value, attribute)
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


WALK = 60
USUAL = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")


def head(rng, n_rows=WALK):
    """Motion of a head, (n_rows, 6): steps of about 0.02 mm and 0.0004 rad, different in each column."""
    steps = rng.normal(0, [0.01, 0.02, 0.03, 0.0003, 0.0004, 0.0005], (n_rows, 6))
    return steps.cumsum(axis=0)


def read_one(folder, file, content, **how):
    """Read the motion of the only subject."""
    (folder / file).write_text(content)
    n_rows = content.count("\n") - how.pop("header", 0)
    series = [RegionSeries("sub-1", ("a", "b"), np.zeros((n_rows, 2)), 2.0)]
    return read_motion_folder(folder, series, **how)[0]


def lines(values, names=(), separator="\t"):
    """Write a table."""
    rows = [separator.join(f"{cell:.9f}" for cell in row) for row in values]
    return "\n".join([separator.join(names)] * bool(names) + rows) + "\n"


@pytest.mark.parametrize("usual", USUAL)
def test_every_name_of_a_parameter_is_known_wherever_it_stands(tmp_path, rng, usual):
    """Columns permuted, and one called as each program calls it: the same parameters and displacement."""
    six = head(rng)
    for name in MOTION[usual]:
        order = rng.permutation(6)
        names = [name if USUAL[i] == usual else USUAL[i] for i in order]
        values = six.copy()
        if "deg" in name:
            values[:, 3:] = np.rad2deg(values[:, 3:])
        found = read_one(tmp_path, "sub-1_motion.tsv", lines(values[:, order], names), header=1)
        np.testing.assert_allclose(found.parameters, six, atol=1e-8)
        np.testing.assert_allclose(found.displacement_mm, framewise_displacement(six), atol=1e-6)


@pytest.mark.parametrize(
    ("file", "places", "degrees", "how"),
    [
        ("sub-1.par", [3, 4, 5, 0, 1, 2], False, {}),
        ("rp_asub-1.txt", [0, 1, 2, 3, 4, 5], False, {}),
        ("rp_sub-1_bold.txt", [0, 1, 2, 3, 4, 5], False, {}),
        ("sub-1_dfile.1D", [5, 3, 4, 2, 0, 1], True, {}),
        ("sub-1_motion.txt", [3, 4, 5, 0, 1, 2], False, {"order": "fsl"}),
        ("sub-1_motion.txt", [5, 3, 4, 2, 0, 1], True, {"order": "afni"}),
        ("sub-1_motion.txt", [0, 1, 2, 3, 4, 5], True, {"units": "mm-deg"}),
        ("sub-1_motion.txt", [3, 4, 5, 0, 1, 2], True, {"order": "fsl", "units": "mm-deg"}),
    ],
)
def test_places_and_units_are_those_of_the_program(tmp_path, rng, file, places, degrees, how):
    """By the file's name or as it is said; parameters come out as translations in mm and rotations in radians."""
    six, told = head(rng), []
    values = six.copy()
    values[:, 3:] = np.rad2deg(values[:, 3:]) if degrees else values[:, 3:]
    # AFNI: roll (z), pitch (x), yaw (y), superior (z), left (x), posterior (y)
    found = read_one(tmp_path, file, lines(values[:, places], separator=" "), notify=told.append, **how)
    np.testing.assert_allclose(found.parameters, six, atol=1e-8)
    assert len(told) == (len(how) < 2)


@pytest.mark.parametrize(
    ("places", "degrees", "advice"),
    [
        ([3, 4, 5, 0, 1, 2], False, "--motion-order fsl"),
        ([0, 1, 2, 3, 4, 5], True, "--motion-units mm-deg"),
        ([5, 3, 4, 2, 0, 1], True, "--motion-order afni"),
    ],
)
def test_an_order_no_head_moves_in_is_an_error_that_names_the_one_that_fits(tmp_path, rng, places, degrees, advice):
    """Never a silent change: the option is named, and settles it."""
    values = 3 * head(rng)
    values[:, 3:] = np.rad2deg(values[:, 3:]) if degrees else values[:, 3:]
    with pytest.raises(InputError) as caught:
        read_one(tmp_path, "sub-1_motion.txt", lines(values[:, places]))
    assert caught.value.file == "sub-1_motion.txt"
    assert advice in caught.value.advice


@pytest.mark.parametrize(
    ("file", "places", "degrees", "advice"),
    [
        ("sub-1_motion.1D", [3, 4, 5, 0, 1, 2], False, "--motion-order fsl"),
        ("sub-1_motion.1D", [0, 1, 2, 3, 4, 5], False, "--motion-order spm"),
        ("sub-1.par", [3, 4, 5, 0, 1, 2], True, "--motion-units mm-deg"),
        ("sub-1_motion.txt", [0, 1, 2, 3, 4, 5], True, "--motion-units mm-deg"),
    ],
)
def test_a_head_that_keeps_still_is_checked_too(tmp_path, rng, file, places, degrees, advice):
    """Small steps in a wrong unit look like small steps: what a head turns and what it shifts is of one size."""
    values = 0.25 * head(rng)
    values[:, 3:] = np.rad2deg(values[:, 3:]) if degrees else values[:, 3:]
    with pytest.raises(InputError) as caught:
        read_one(tmp_path, file, lines(values[:, places]))
    assert advice in caught.value.advice


@pytest.mark.parametrize("first", [0, 1, 7])
def test_a_number_in_front_of_each_volume_is_no_parameter(tmp_path, rng, first):
    """As AFNI and FreeSurfer write it, residuals behind; volumes may have been cut off."""
    six = head(rng)
    afni = np.concatenate([np.rad2deg(six[:, [5, 3, 4]]), six[:, [2, 0, 1]]], axis=1)
    table = np.column_stack([first + np.arange(WALK), afni, rng.random((WALK, 3))])
    found = read_one(tmp_path, "sub-1.mcdat", lines(table))
    np.testing.assert_allclose(found.parameters, six, atol=1e-8)


def test_what_was_said_is_done(tmp_path, rng):
    """Order and units that were both said are taken as they are, with a note where no head moves so."""
    values, told = 3 * head(rng)[:, [3, 4, 5, 0, 1, 2]], []
    how = {"order": "spm", "units": "mm-rad", "notify": told.append}
    found = read_one(tmp_path, "sub-1_motion.txt", lines(values), **how)
    np.testing.assert_allclose(found.parameters, values, atol=1e-8)
    assert len(told) == 1


def test_a_table_of_confounds_gives_motion_and_its_derivatives_alone(tmp_path, rng):
    """Six columns by name, then what is derived from them; the first value of a derivative is its second."""
    six = head(rng)
    columns = {"csf": rng.random(WALK), **dict(zip(USUAL, six.T, strict=True))}
    columns["trans_x_derivative1"] = np.diff(six[:, 0], prepend=np.nan)
    columns["framewise_displacement"] = rng.random(WALK)
    content = lines(np.stack(list(columns.values()), axis=1), list(columns)).replace("nan", "n/a")
    found = read_one(tmp_path, "sub-1_desc-confounds_timeseries.tsv", content, header=1)
    assert found.parameters.shape == (WALK, 7)
    np.testing.assert_allclose(found.parameters[1:, 6], np.diff(six[:, 0]), atol=1e-8)
    assert found.parameters[0, 6] == found.parameters[1, 6]


def test_a_table_without_motion_says_what_was_looked_for(tmp_path, rng):
    """Names that are none of motion, or not all six of it."""
    for names in (["a", "b", "c", "d", "e", "f"], [*USUAL[:5], "f"]):
        with pytest.raises(InputError) as caught:
            read_one(tmp_path, "sub-1.tsv", lines(head(rng), names), header=1)
        assert caught.value.file == "sub-1.tsv"
        assert "trans_x" in caught.value.wanted
    assert "rot_z" in caught.value.got


def test_a_missing_value_is_named_with_its_place(tmp_path, rng):
    """n/a among the six parameters: row and column."""
    content = lines(head(rng), USUAL).splitlines()
    content[5] = "\t".join(["n/a" if i == 2 else cell for i, cell in enumerate(content[5].split("\t"))])
    with pytest.raises(InputError) as caught:
        read_one(tmp_path, "sub-1.tsv", "\n".join(content) + "\n", header=1)
    assert (caught.value.row, caught.value.column) == (5, "trans_z")


@given(content=st.binary(max_size=300), file=st.sampled_from(["sub-1.par", "sub-1.tsv", "sub-1.npy", "sub-1.mcdat"]))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_random_bytes_are_errors_of_ours(tmp_path_factory, content, file):
    """As motion and as a course, whatever the file's ending."""
    folder, courses = tmp_path_factory.mktemp("motion"), tmp_path_factory.mktemp("courses")
    (folder / file).write_bytes(content)
    (courses / "sub-1_loud.txt").write_bytes(content)
    series = [RegionSeries("sub-1", ("a", "b"), np.zeros((40, 2)), 2.0)]
    with pytest.raises(InputError):
        read_motion_folder(folder, series)
    with pytest.raises(InputError):
        read_regressor_folder(courses, series)


def test_only_known_orders_and_units_are_taken(tmp_path, series):
    """A misspelt one is an error of the configuration, with what there is."""
    for how in ({"order": "ants"}, {"units": "deg"}):
        with pytest.raises(ConfigError) as caught:
            read_motion_folder(tmp_path, series, **how)
        assert "mm-deg" in caught.value.wanted or "afni" in caught.value.wanted


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


@pytest.mark.parametrize("form", ["record", "simulated", "array", "table", "degrees"])
def test_motion_in_memory_is_read_in_every_form(form):
    """A record, the simulation's motion, an array and a table with names in another order give the same motion."""
    simulated = simulate_bold("motion", n_subjects=1, n_volumes=60, seed=2).motion[0]
    wanted = Motion(simulated.parameters, simulated.fd_mm)
    table = pd.DataFrame(simulated.parameters, columns=MOTION)
    degrees = table.copy()
    degrees.iloc[:, 3:] = np.rad2deg(degrees.iloc[:, 3:])
    forms = {
        "record": wanted,
        "simulated": simulated,
        "array": simulated.parameters,
        "table": table.iloc[:, ::-1].assign(csf=0.5),
        "degrees": degrees.rename(columns=lambda name: f"{name}_deg" if name.startswith("rot") else name),
    }
    found = as_motion(forms[form])
    np.testing.assert_allclose(found.parameters, wanted.parameters, atol=1e-12)
    np.testing.assert_allclose(found.displacement_mm, wanted.displacement_mm, atol=1e-12)


@pytest.mark.parametrize(
    "given",
    ["rp_sub-01.txt", np.zeros((60, 5)), np.zeros(60), np.full((60, 6), np.nan), pd.DataFrame({"x": [0.0, 1.0]}), 3],
)
def test_what_is_no_motion_is_an_input_error(given):
    """The error says what was wanted and what came, and names the subject."""
    with pytest.raises(InputError) as refused:
        as_motion(given, "motion of s1")
    assert refused.value.wanted
    assert refused.value.got
    assert refused.value.file == "motion of s1"


def test_an_array_with_the_rotations_first_is_refused():
    """An array has SPM's order; FSL's would turn the head by millimetres."""
    parameters = simulate_bold("motion", n_subjects=1, n_volumes=60, seed=2).motion[0].parameters
    with pytest.raises(InputError):
        as_motion(parameters[:, [3, 4, 5, 0, 1, 2]] * [1, 1, 1, 20, 20, 20])
