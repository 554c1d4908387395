"""Cases of scans that were read wrongly or refused, each by its number: written anew, with the right answer."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("flags")

N_VOLUMES = 60
CODES = ("2001", "2002", "2101", "2102")


@pytest.fixture
def series(tmp_path, rng):
    """Write three subjects' series under a header; return their values."""

    def write(header, first=None, end="timeseries.csv", separator=","):
        found = {}
        for subject in ("sub-01", "sub-02", "sub-03"):
            values = np.round(rng.standard_normal((N_VOLUMES, 4)), 4)
            table = values if first is None else np.column_stack([first, values])
            rows = [separator.join(f"{cell:g}" for cell in row) for row in table]
            (tmp_path / f"{subject}_{end}").write_text("\n".join([separator.join(header), *rows]) + "\n")
            found[subject] = values
        return found

    return write


def read(folder, **how):
    from emotopy.readers.series import read_series_folder

    told = []
    found, exclusions = read_series_folder(folder, 2.0, notify=told.append, **how)
    return found, exclusions, told


def six(rng, n_rows=50):
    """Six parameters: mm, then radians; a jerk of 0.8 mm at the 21st volume."""
    values = rng.normal(0, [0.012] * 3 + [0.0003] * 3, (n_rows, 6)).cumsum(axis=0)
    values[20:, 1] += 0.8
    return values


def power(values):
    """Framewise displacement by Power et al. 2012, in mm."""
    return np.r_[0, (np.abs(np.diff(values, axis=0)) * [1, 1, 1, 50, 50, 50]).sum(axis=1)]


def motion_of(folder, n_volumes, **how):
    from emotopy.readers.motion import read_motion_folder
    from emotopy.records.brain import RegionSeries

    only = [RegionSeries("sub-01", ("a", "b"), np.zeros((n_volumes, 2)), 2.0)]
    return read_motion_folder(folder, only, **how)[0]


@pytest.mark.parametrize(
    ("header", "regions"),
    [(("1.0", "2.0", "3.0", "4.0"), ("1", "2", "3", "4")), (CODES, CODES)],
    ids=["case-06", "case-07"],
)
def test_cases_06_07_headers_of_numbers(tmp_path, series, header, regions):
    """60 volumes, regions named by the header, and told."""
    values = series(header)
    found, _, told = read(tmp_path)
    assert [one.regions for one in found] == [regions] * 3
    for one in found:
        np.testing.assert_array_equal(one.values, values[one.subject])
    assert len(told) == 1


@pytest.mark.parametrize(("title", "step"), [("time", 2.0), ("index", 1.0)])
def test_case_08_time_and_index_are_no_regions(tmp_path, series, title, step):
    """Four regions are left, and what was left out is told."""
    values = series((title, "V1_L", "V1_R", "A1_L", "A1_R"), step * np.arange(N_VOLUMES))
    found, _, told = read(tmp_path)
    for one in found:
        assert one.regions == ("V1_L", "V1_R", "A1_L", "A1_R")
        np.testing.assert_array_equal(one.values, values[one.subject])
    assert len(told) == 1


@pytest.mark.parametrize("is_confounds", [False, True])
def test_case_09_motion_by_name(tmp_path, rng, is_confounds):
    """Rotations first under a header, or a table of confounds: displacement by name, not by place."""
    values = six(rng)
    names = ["rot_x", "rot_y", "rot_z", "trans_x", "trans_y", "trans_z"]
    table = values[:, [3, 4, 5, 0, 1, 2]]
    if is_confounds:
        names = ["csf", "framewise_displacement", *names]
        table = np.column_stack([rng.random(50), rng.random(50), table])
    np.savetxt(tmp_path / "sub-01_motion.tsv", table, delimiter="\t", header="\t".join(names), comments="", fmt="%.9f")
    found = motion_of(tmp_path, 50)
    np.testing.assert_allclose(found.displacement_mm, power(values), atol=1e-6)
    assert np.flatnonzero(found.displacement_mm > 0.5).tolist() == [20]
    assert found.displacement_mm.max() < 1


def test_case_10_confounds_of_the_first_fmriprep(tmp_path, rng):
    """X to RotZ, CSF and WhiteMatter of 33 columns; the volume that moved is censored."""
    from emotopy.readers.confounds import read_confounds

    names = ["CSF", "WhiteMatter", "GlobalSignal", "stdDVARS", "non-stdDVARS", "vx-wisestdDVARS"]
    names += ["FramewiseDisplacement"]
    names += [f"{kind}CompCor{i:02d}" for kind in "ta" for i in range(6)]
    names += [*(f"Cosine{i:02d}" for i in range(3)), "NonSteadyStateOutlier00"]
    names += ["X", "Y", "Z", "RotX", "RotY", "RotZ", *(f"AROMAAggrComp{i:02d}" for i in range(1, 5))]
    table = rng.random((50, len(names)))
    displacement = np.full(50, 0.1)
    displacement[20] = 0.85
    table[:, names.index("FramewiseDisplacement")] = displacement
    rows = [[f"{cell:.6f}" for cell in row] for row in table]
    for name in ("stdDVARS", "non-stdDVARS", "vx-wisestdDVARS", "FramewiseDisplacement"):
        rows[0][names.index(name)] = "n/a"
    content = "\n".join("\t".join(row) for row in [names, *rows]) + "\n"
    (tmp_path / "sub-01_task-story_bold_confounds.tsv").write_text(content)
    found = read_confounds(tmp_path / "sub-01_task-story_bold_confounds.tsv")
    wanted = ["X", "Y", "Z", "RotX", "RotY", "RotZ", "CSF", "WhiteMatter"]
    columns = {tuple(np.round(column, 6)) for column in found.values.T}
    assert columns == {tuple(np.round(table[:, names.index(name)], 6)) for name in wanted}
    assert np.flatnonzero(~found.keep).tolist() == [20]


def test_case_11_the_order_of_fsl(tmp_path, rng):
    """Noticed without a word, right when it is said; the volumes of a head that nods between two translations."""
    from emotopy.errors import InputError

    values = six(rng)
    np.savetxt(tmp_path / "sub-01_moco.txt", values[:, [3, 4, 5, 0, 1, 2]], fmt="%.9f")
    with pytest.raises(InputError) as caught:
        motion_of(tmp_path, 50)
    assert caught.value.file == "sub-01_moco.txt"
    assert "--motion-order fsl" in caught.value.advice
    np.testing.assert_allclose(motion_of(tmp_path, 50, order="fsl").displacement_mm, power(values), atol=1e-6)


def test_case_30_series_of_xcpd(tmp_path, rng):
    """Censored volumes are rows of n/a, a parcel without signal is one column of it, a flat one a constant."""
    names = ("LH_Vis_1", "LH_Amygdala", "RH_Vis_1", "Cerebellar_Region1")
    for subject in ("sub-01", "sub-02", "sub-03"):
        cells = np.round(rng.standard_normal((50, 4)), 4).astype(object)
        cells[:, 3] = "n/a" if subject == "sub-02" else cells[:, 3]
        cells[:, 1] = "0.0" if subject == "sub-03" else cells[:, 1]
        cells[10:13] = "n/a" if subject == "sub-03" else cells[10:13]
        name = f"{subject}_task-story_space-MNI152NLin2009cAsym_seg-4S156Parcels_stat-mean_timeseries.tsv"
        (tmp_path / name).write_text("\n".join("\t".join(map(str, row)) for row in [names, *cells]) + "\n")
    found, exclusions, told = read(tmp_path, on_bad="drop-regions")
    assert exclusions == []
    assert {one.regions for one in found} == {("LH_Vis_1", "RH_Vis_1")}
    assert [None if one.keep is None else np.flatnonzero(~one.keep).tolist() for one in found] == [
        None,
        None,
        [10, 11, 12],
    ]
    assert len(told) == 2


def test_case_31_two_tasks_of_a_subject(tmp_path, series):
    """The message names the tasks and how to choose; the one that is chosen is read."""
    from emotopy.errors import InputError

    pieman = series(("a", "b", "c", "d"), end="task-pieman_timeseries.csv")
    series(("a", "b", "c", "d"), end="task-tunnel_timeseries.csv")
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert "pieman" in caught.value.got
    assert "tunnel" in caught.value.got
    assert "--task" in caught.value.advice
    for one in read(tmp_path, task="pieman")[0]:
        np.testing.assert_array_equal(one.values, pieman[one.subject])


def test_case_33_rotations_in_degrees(tmp_path, rng):
    """Noticed without a word, right when it is said."""
    from emotopy.errors import InputError

    values = rng.normal(0, [0.01] * 3 + [0.0002] * 3, (60, 6)).cumsum(axis=0)
    degrees = np.concatenate([values[:, :3], np.rad2deg(values[:, 3:])], axis=1)
    np.savetxt(tmp_path / "sub-01_Movement_Regressors.txt", degrees, fmt="%.9f")
    with pytest.raises(InputError) as caught:
        motion_of(tmp_path, 60)
    assert "--motion-units mm-deg" in caught.value.advice
    found = motion_of(tmp_path, 60, units="mm-deg")
    np.testing.assert_allclose(found.displacement_mm, power(values), atol=1e-6)
    assert found.displacement_mm.mean() < 0.1
