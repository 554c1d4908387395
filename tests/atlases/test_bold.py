"""fMRIPrep derivatives through nilearn's interfaces: which images, which confounds, which volumes."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from emotopy.errors import ConfigError, InputError
from emotopy.readers.bold import find_fmriprep, read_bold
from emotopy.records import Node
from emotopy_plugins.atlases.bold import fmriprep_runs
from emotopy_plugins.atlases.coordinates import CoordinateAtlas
from emotopy_plugins.atlases.node_table import PlacedNode

pytestmark = pytest.mark.usefixtures("flags")

AFFINE = np.array([[4.0, 0, 0, -42], [0, 4, 0, -38], [0, 0, 4, -36], [0, 0, 0, 1]])
SHAPE = (22, 20, 19)
N_VOLUMES = 61
MNI = "MNI152NLin2009cAsym"
AXES = [f"{kind}_{axis}" for kind in ("trans", "rot") for axis in "xyz"]


@pytest.fixture
def atlas():
    """Three nodes in two regions, in the middle of the brain."""
    nodes = [Node("a_left", "a", -15, 0, 0, 7), Node("b", "b", 0, 0, 10, 9), Node("a_right", "a", 15, 0, 0, 5)]
    return CoordinateAtlas.from_nodes("toy", [PlacedNode(node) for node in nodes])


@pytest.fixture
def derivatives(tmp_path, rng):
    """Write a run as fMRIPrep leaves it: image, confounds (TSV and JSON); return its folder and confounds."""

    def write(run="sub-01_task-story", space=MNI, moved=(), dummies=0, n_volumes=N_VOLUMES, loud=(), confounds=True):
        subject = run.split("_")[0]
        folder = tmp_path / subject / "func"
        if "_ses-" in run:
            folder = tmp_path / subject / run.split("_")[1] / "func"
        folder.mkdir(parents=True, exist_ok=True)
        image = nibabel.Nifti1Image((900 + rng.standard_normal((*SHAPE, n_volumes))).astype(np.float32), AFFINE)
        image.header.set_zooms((4, 4, 4, 2.0))
        image.header.set_xyzt_units("mm", "sec")
        nibabel.save(image, folder / f"{run}_space-{space}_desc-preproc_bold.nii.gz")
        volumes = np.arange(n_volumes)
        columns = {name: rng.standard_normal(n_volumes) for name in [*AXES, "csf", "white_matter", "global_signal"]}
        for name in AXES:
            derivative = np.diff(columns[name], prepend=np.nan)
            columns[f"{name}_derivative1"] = derivative
            columns[f"{name}_power2"] = columns[name] ** 2
            columns[f"{name}_derivative1_power2"] = derivative**2
        columns["framewise_displacement"] = np.where(np.isin(volumes, moved), 0.9, 0.1)
        columns["std_dvars"] = np.where(np.isin(volumes, loud), 9.0, 1.0)
        for column in ("framewise_displacement", "std_dvars"):
            columns[column][0] = np.nan
        for dummy in range(dummies):
            columns[f"non_steady_state_outlier{dummy:02d}"] = (volumes == dummy).astype(float)
        cells = [["n/a" if np.isnan(v) else f"{v:.17g}" for v in values] for values in columns.values()]
        lines = ["\t".join(columns), *("\t".join(row) for row in zip(*cells, strict=True))]
        if confounds:
            (folder / f"{run}_desc-confounds_timeseries.tsv").write_text("\n".join(lines) + "\n")
            (folder / f"{run}_desc-confounds_timeseries.json").write_text("{}")
        return columns

    return write


def test_runs_come_with_confounds_and_what_moved(tmp_path, derivatives):
    """24 motion parameters and two tissues; volumes before the steady state and above 0.5 mm are censored, in place."""
    columns = derivatives(moved=[20, 22, 40], dummies=2, loud=[30])
    (run,) = fmriprep_runs(tmp_path, "story")
    assert (run.subject, run.run, run.path.name) == (
        "sub-01",
        "",
        f"sub-01_task-story_space-{MNI}_desc-preproc_bold.nii.gz",
    )
    assert np.flatnonzero(~run.keep).tolist() == [0, 1, 20, 22, 40]
    assert len(run.confound_names) == run.confounds.shape[1] == 26
    for name in ("trans_x", "rot_z_power2", "csf", "white_matter"):
        np.testing.assert_allclose(run.confounds[:, run.confound_names.index(name)], columns[name])
    derivative = run.confounds[:, run.confound_names.index("rot_y_derivative1")]
    np.testing.assert_allclose(derivative[1:], columns["rot_y_derivative1"][1:])
    assert derivative[0] == derivative[1]


def test_without_outliers_all_volumes_are_kept(tmp_path, derivatives):
    """No mask where none is needed; an empty strategy has no confounds but still the unsteady volumes."""
    derivatives()
    (run,) = fmriprep_runs(tmp_path, "story")
    assert run.keep is None
    (run,) = fmriprep_runs(tmp_path, "story", strategy=("motion",), motion="basic")
    assert sorted(run.confound_names) == sorted(AXES)


def test_an_atlas_reads_them(tmp_path, derivatives, atlas):
    """From folder to series: subjects, sessions and runs, the header's TR, censored rows of NaN, the same regions."""
    derivatives("sub-02_task-story", moved=[9])
    derivatives("sub-01_task-story")
    derivatives("sub-01_task-rest")
    found = read_bold(find_fmriprep(tmp_path, "story", atlas), atlas, 2.0)
    assert [each.subject for each in found.series] == ["sub-01", "sub-02"]
    assert {each.regions for each in found.series} == {("a", "b")}
    assert found.series[0].keep is None
    assert np.flatnonzero(~found.series[1].keep).tolist() == [9]
    assert np.isnan(found.series[1].values[9]).all()
    image = nibabel.load(next(tmp_path.glob("sub-01/func/*story*bold.nii.gz")))
    np.testing.assert_array_equal(found.series[0].values, atlas.extract(image))
    assert [table.shape for table in found.confounds] == [(N_VOLUMES, 26)] * 2


def test_sessions_and_runs_are_told_apart(tmp_path, derivatives):
    """ses- and run- of the file names, each with its own confounds."""
    for run in ("sub-01_ses-1_task-story_run-1", "sub-01_ses-1_task-story_run-2", "sub-01_ses-2_task-story"):
        derivatives(run)
    found = fmriprep_runs(tmp_path, "story")
    assert [run.run for run in found] == ["ses-1_run-1", "ses-1_run-2", "ses-2"]
    assert len({run.confounds.tobytes() for run in found}) == 3


def test_the_usual_space_is_taken_or_the_one_that_is_named(tmp_path, derivatives):
    """2009c before 6th generation; another on request; native space alone is an error that lists what is there."""
    derivatives(space="T1w")
    with pytest.raises(InputError) as caught:
        fmriprep_runs(tmp_path, "story")
    assert f"space {MNI} or " in caught.value.wanted
    assert "T1w" in caught.value.got
    assert f"--output-spaces {MNI}" in caught.value.advice
    derivatives(space="MNI152NLin6Asym")
    assert "NLin6Asym" in fmriprep_runs(tmp_path, "story")[0].path.name
    derivatives(space=MNI)
    assert MNI in fmriprep_runs(tmp_path, "story")[0].path.name
    assert "NLin6Asym" in fmriprep_runs(tmp_path, "story", space="MNI152NLin6Asym")[0].path.name
    with pytest.raises(InputError) as caught:
        fmriprep_runs(tmp_path, "story", space="MNIPediatricAsym")
    assert "MNIPediatricAsym" in caught.value.wanted


def test_one_resolution_is_taken_or_named(tmp_path, derivatives):
    """Two of one run are an error that names both, unless one is asked for."""
    derivatives(space=f"{MNI}_res-2")
    assert len(fmriprep_runs(tmp_path, "story")) == 1
    derivatives(space=f"{MNI}_res-3")
    with pytest.raises(InputError) as caught:
        fmriprep_runs(tmp_path, "story")
    assert "res-3" in caught.value.file
    assert "res-2" in caught.value.got
    assert "res-3" in fmriprep_runs(tmp_path, "story", resolution="3")[0].path.name
    with pytest.raises(InputError, match="wanted images of res-4"):
        fmriprep_runs(tmp_path, "story", resolution="4")


def test_a_task_that_is_not_there_is_named_with_those_that_are(tmp_path, derivatives):
    """A misspelt task, and a folder that holds no derivatives."""
    with pytest.raises(InputError, match="tasks that are here: none"):
        fmriprep_runs(tmp_path, "story")
    derivatives("sub-01_task-rest")
    with pytest.raises(InputError) as caught:
        fmriprep_runs(tmp_path, "story")
    assert caught.value.got == "tasks that are here: rest"


def test_missing_confounds_are_named_without_the_folder(tmp_path, derivatives):
    """Absent table, or a table without what the strategy needs: the image, the strategy, nilearn's words, no path."""
    derivatives(confounds=False)
    with pytest.raises(InputError, match="wanted the confounds of fMRIPrep") as caught:
        fmriprep_runs(tmp_path, "story")
    assert str(tmp_path) not in str(caught.value)
    derivatives()
    with pytest.raises(InputError, match="what the strategy motion, ica_aroma needs"):
        fmriprep_runs(tmp_path, "story", strategy=("motion", "ica_aroma"))


OLD = {"csf": "CSF", "white_matter": "WhiteMatter", "framewise_displacement": "FramewiseDisplacement",
       "non_steady_state_outlier00": "NonSteadyStateOutlier00", "std_dvars": "stdDVARS",
       **{f"trans_{axis}": axis.upper() for axis in "xyz"},
       **{f"rot_{axis}": f"Rot{axis.upper()}" for axis in "xyz"}}  # fmt: skip


@pytest.mark.parametrize("motion", ["basic", "power2", "derivatives", "full"])
def test_derivatives_of_the_first_versions_give_the_same(tmp_path, derivatives, motion):
    """Files and columns as fMRIPrep 1.0 calls them: the confounds and volumes that nilearn finds under later names."""
    derivatives(moved=[20, 22], dummies=1)
    (wanted,) = fmriprep_runs(tmp_path, "story", motion=motion)
    func = tmp_path / "sub-01/func"
    table = next(func.glob("*confounds_timeseries.tsv"))
    header, *rows = table.read_text().splitlines()
    names = header.split("\t")
    places = [i for i, name in enumerate(names) if name in OLD]
    lines = ["\t".join(OLD[names[i]] for i in places)]
    lines += ["\t".join(row.split("\t")[i] for i in places) for row in rows]
    (func / "sub-01_task-story_bold_confounds.tsv").write_text("\n".join(lines) + "\n")
    table.unlink()
    table.with_suffix(".json").unlink()
    image = next(func.glob("*_desc-preproc_bold.nii.gz"))
    image.rename(func / f"sub-01_task-story_bold_space-{MNI}_preproc.nii.gz")
    (found,) = fmriprep_runs(tmp_path, "story", motion=motion)
    assert sorted(found.confound_names) == sorted(wanted.confound_names)
    order = [found.confound_names.index(name) for name in wanted.confound_names]
    np.testing.assert_allclose(found.confounds[:, order], wanted.confounds, rtol=1e-9)
    np.testing.assert_array_equal(found.keep, wanted.keep)
    assert found.files[-1].name == "sub-01_task-story_bold_confounds.tsv"
    with pytest.raises(InputError):
        fmriprep_runs(tmp_path, "story", strategy=("motion", "compcor"))


def test_both_names_of_new_tables_are_read(tmp_path, derivatives):
    """`desc-confounds_regressors` as of 1.2 to 20.1, `desc-confounds_timeseries` since."""
    columns = derivatives()
    for end in ("tsv", "json"):
        path = next((tmp_path / "sub-01/func").glob(f"*.{end}"))
        path.rename(path.with_name(path.name.replace("timeseries", "regressors")))
    (run,) = fmriprep_runs(tmp_path, "story", motion="basic")
    np.testing.assert_allclose(run.confounds[:, run.confound_names.index("csf")], columns["csf"])


def test_a_run_that_moves_throughout_is_an_error(tmp_path, derivatives, atlas):
    """Nothing left to analyse: the subject is named."""
    derivatives(moved=range(N_VOLUMES), dummies=1)
    with pytest.raises(ConfigError, match="subject sub-01: no volume is left of 61"):
        read_bold(find_fmriprep(tmp_path, "story", atlas), atlas)
