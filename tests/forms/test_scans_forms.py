"""Scans as other people's programs write them: region series, motion, confounds, headers of BOLD images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.forms.form import Form

pytestmark = pytest.mark.usefixtures("flags")

N_VOLUMES = 60
USUAL = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")
NAMES = ("amygdala", "insula", "caudate", "putamen")


# What stands in the files --------------------------------------------------------------------------------------------


def recorded(seed=0, n_columns=4):
    """Signals with fractions, (n_volumes, n_columns)."""
    return np.round(np.random.default_rng(seed).normal(500, 9, (N_VOLUMES, n_columns)), 4)


def head(seed=0):
    """Motion of a head, (n_volumes, 6): mm, then radians, other steps in each column; a jerk at the 31st volume."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, [0.02, 0.03, 0.04, 0.0004, 0.0005, 0.0006], (N_VOLUMES, 6))
    steps[30, 1] = 0.9
    return np.round(steps.cumsum(axis=0), 7)


def in_degrees(six):
    return np.concatenate([six[:, :3], np.rad2deg(six[:, 3:])], axis=1)


def of_afni(six):
    """Roll (z), pitch (x), yaw (y) in degrees, then superior (z), left (x), posterior (y)."""
    return in_degrees(six)[:, [5, 3, 4, 2, 0, 1]]


def power(six):
    """Framewise displacement (Power et al. 2012), in mm."""
    return np.r_[0, (np.abs(np.diff(six, axis=0)) * [1, 1, 1, 50, 50, 50]).sum(axis=1)]


def lines(table, names=None, separator="\t", end=""):
    """Write cells as text, NaN as n/a."""
    rows = [
        [cell if isinstance(cell, str) else "n/a" if np.isnan(cell) else f"{cell:.9g}" for cell in row] for row in table
    ]
    return "".join(separator.join(row) + end + "\n" for row in ([list(names)] if names else []) + rows)


# How it is read ------------------------------------------------------------------------------------------------------


def series_are(folder, values, titles, **how):
    """The folder's only recording is these values in these regions."""
    from emotopy.readers.series import read_series_folder

    found, exclusions = read_series_folder(folder, 2.0, **how)
    assert exclusions == []
    assert [one.regions for one in found] == [tuple(titles)]
    np.testing.assert_allclose(found[0].values, values, rtol=1e-8)


def motion_is(folder, six, *, n_columns=6, subject="sub-01", **how):
    """The folder's only file holds this motion: the displacement, the parameters in whatever order."""
    from emotopy.readers.motion import read_motion_folder
    from emotopy.records.brain import RegionSeries

    only = [RegionSeries(subject, ("a", "b"), np.zeros((len(six), 2)), 2.0)]
    (found,) = read_motion_folder(folder, only, **how)
    np.testing.assert_allclose(found.displacement_mm, power(six), atol=1e-5)
    for wanted in six.T:
        assert min(np.abs(found.parameters[:, :6] - wanted[:, None]).max(axis=0)) < 1e-6
    assert found.parameters.shape[1] == n_columns


def confounds_are(path, columns, censored):
    """What is regressed out are these columns, in any order; these volumes are censored."""
    from emotopy.readers.confounds import read_confounds

    found = read_confounds(path)
    assert found.values.shape == (N_VOLUMES, len(columns))
    for wanted in columns:
        assert min(np.abs(found.values - wanted[:, None]).max(axis=0)) < 1e-6
    assert ([] if found.keep is None else np.flatnonzero(~found.keep).tolist()) == censored


def confounds_are_asked_about(path):
    """Nothing is regressed out unasked; what was looked for is said."""
    from emotopy.errors import InputError
    from emotopy.readers.confounds import read_confounds

    with pytest.raises(InputError) as caught:
        read_confounds(path)
    assert caught.value.file == path.name
    assert "trans_x" in caught.value.wanted
    assert read_confounds(path, ["*"]).values.shape[0] == N_VOLUMES


class Slabs:
    """An atlas of three slabs along the first axis."""

    regions = ("low", "middle", "high")

    def extract(self, image):
        import nibabel

        return np.asarray(nibabel.load(image).dataobj).mean(axis=(1, 2)).T


def write_bold(path, tr_s, unit="sec", sidecar=None):
    import nibabel

    data = 900 + np.random.default_rng(0).standard_normal((3, 2, 2, N_VOLUMES))
    image = nibabel.Nifti1Image(data.astype(np.float32), np.diag([3.0, 3, 3, 1]))
    image.header.set_zooms((3, 3, 3, tr_s))
    image.header.set_xyzt_units("mm", unit)
    nibabel.save(image, path)
    if sidecar is not None:
        (path.parent / path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))


def bold(folder, tr_s=None):
    from emotopy.readers.bold import find_runs, read_bold

    return read_bold(find_runs(f"{folder}/*_bold.nii.gz"), Slabs(), tr_s)


def story(until_s):
    from emotopy.records.brain import Ratings

    onset = np.arange(0.0, until_s, 4.0)
    values = np.random.default_rng(1).random((len(onset), 1))
    return Ratings(("joy",), onset, np.full(len(onset), 4.0), values, until_s)


# Series --------------------------------------------------------------------------------------------------------------


def roistats(folder: Path) -> None:
    values = recorded()
    names = ["File", "Sub-brick", *(f"Mean_{i}  " for i in range(1, 5))]
    rows = [["rest+tlrc", f"{i}[#{i}]", *map(str, row)] for i, row in enumerate(values)]
    (folder / "sub-01_rois.1D").write_text(lines(rows, names, end="\t"))
    series_are(folder, values, [f"Mean_{i}" for i in range(1, 5)])


def counted_csv(folder: Path) -> None:
    values = recorded()
    (folder / "sub-01_rois_aal.csv").write_text(lines(values, ["1", "2", "3", "4"], ","))
    series_are(folder, values, ["1", "2", "3", "4"])


def blanks_in_tsv_names(folder: Path) -> None:
    values = recorded()
    (folder / "sub-01_rois.tsv").write_text(lines(values, ["Col 1", "Col 2", "Col 3", "Col 4"]))
    series_are(folder, values, ["Col 1", "Col 2", "Col 3", "Col 4"])


def fslmeants(folder: Path) -> None:
    values = recorded()
    (folder / "sub-01_schaefer.txt").write_text(lines(values, separator="  ", end="  "))
    series_are(folder, values, NAMES, regions=NAMES)


def harvard_oxford(folder: Path) -> None:
    values = recorded()
    names = ["Frontal Pole", '"Temporal Pole, left"', "Cuneal Cortex", "Planum Polare"]
    (folder / "sub-01.csv").write_text(lines(values, names, ","))
    series_are(folder, values, ["Frontal Pole", "Temporal Pole, left", "Cuneal Cortex", "Planum Polare"])


# Motion --------------------------------------------------------------------------------------------------------------


def fsl_par_still(folder: Path) -> None:
    six = head()
    six[:20, :5] = 0
    six[:20, 5] = 0
    text = lines(six[:, [3, 4, 5, 0, 1, 2]], separator="  ", end="  ").replace("  0  0  0", "  -0  0  0", 8)
    (folder / "sub-01_mcf.par").write_text(text)
    motion_is(folder, six)


def studyforrest(folder: Path) -> None:
    (folder / "sub-01_moco.txt").write_text(lines(head()[:, [3, 4, 5, 0, 1, 2]], separator=" "))
    motion_is(folder, head(), order="fsl")


def spm_rp(folder: Path) -> None:
    (folder / "rp_s01.txt").write_text(lines(head(), separator="  "))
    motion_is(folder, head(), subject="s01")


def hcp(folder: Path) -> None:
    six = head()
    table = np.column_stack([in_degrees(six), np.gradient(in_degrees(six), axis=0)])
    (folder / "sub-01_Movement_Regressors.txt").write_text(lines(table, separator=" "))
    motion_is(folder, six, n_columns=12, units="mm-deg")


def afni_1dfile(folder: Path) -> None:
    (folder / "sub-01_dfile.r1.1D").write_text(lines(of_afni(head()), separator="  "))
    motion_is(folder, head())


def cpac_24(folder: Path) -> None:
    six = of_afni(head())
    before = np.vstack([np.zeros(6), six[:-1]])
    (folder / "sub-01_movement_parameters.1D").write_text(lines(np.column_stack([six, before, six**2, before**2])))
    motion_is(folder, head(), n_columns=24)


def mcdat(folder: Path) -> None:
    table = np.column_stack([np.arange(N_VOLUMES), of_afni(head()), np.random.default_rng(2).random((N_VOLUMES, 3))])
    (folder / "sub-01_fmc.mcdat").write_text(lines(table, separator=" "))
    motion_is(folder, head())


def deepprep_columns(six):
    afni = in_degrees(six)[:, [0, 1, 2, 3, 4, 5]]
    names = ["dL", "dP", "dS", "pitch", "yaw", "roll"]
    steps = np.vstack([np.zeros(6), np.diff(afni, axis=0)])
    rng = np.random.default_rng(3)
    rest = ["WB", "WB_d", "vent", "vent_d", "wm", "wm_d", "comp1"]
    table = np.column_stack([np.arange(N_VOLUMES), afni, steps, rng.random((N_VOLUMES, len(rest)))])
    return table, ["Frame", *names, *(f"{name}_d" for name in names), *rest]


def deepprep_motion(folder: Path) -> None:
    (folder / "sub-01_desc-confounds_timeseries.txt").write_text(lines(*deepprep_columns(head())))
    motion_is(folder, head(), n_columns=12)


def xcpd_motion(folder: Path) -> None:
    six = head()
    table = np.column_stack([np.r_[np.nan, power(six)[1:]], np.r_[np.nan, power(six)[1:] / 2], six])
    names = ["framewise_displacement", "rmsd", *USUAL]
    (folder / "sub-01_task-story_motion.tsv").write_text(lines(table, names))
    motion_is(folder, six)


def old_fmriprep_motion(folder: Path) -> None:
    table = np.column_stack([recorded(1, 2), head()[:, ::-1]])
    names = ["CSF", "WhiteMatter", "RotZ", "RotY", "RotX", "Z", "Y", "X"]
    (folder / "sub-01_bold_confounds.tsv").write_text(lines(table, names))
    motion_is(folder, head())


# Confounds -----------------------------------------------------------------------------------------------------------


def old_fmriprep(folder: Path) -> None:
    six, tissues = head(), recorded(1, 3)
    displacement = np.r_[np.nan, power(six)[1:]]
    names = ["CSF", "WhiteMatter", "GlobalSignal", "stdDVARS", "FramewiseDisplacement", "aCompCor00", "Cosine00"]
    names += ["NonSteadyStateOutlier00", "X", "Y", "Z", "RotX", "RotY", "RotZ", "AROMAAggrComp01"]
    noise = recorded(2, 5)
    table = np.column_stack([tissues, noise[:, :1], displacement, noise[:, 1:4], six, noise[:, 4:]])
    path = folder / "sub-01_task-story_run-01_bold_confounds.tsv"
    path.write_text(lines(table, names))
    confounds_are(path, [*six.T, *tissues.T[:2]], [30])


def old_fmriprep_folder(folder: Path) -> None:
    from emotopy_plugins.atlases.bold import fmriprep_runs

    func = folder / "fmriprep/sub-01/func"
    func.mkdir(parents=True)
    write_bold(func / "sub-01_task-story_bold_space-MNI152NLin2009cAsym_preproc.nii.gz", 2.0)
    old_fmriprep(func)
    path = next(func.glob("*_confounds.tsv"))
    path.rename(func / "sub-01_task-story_bold_confounds.tsv")
    (run,) = fmriprep_runs(folder / "fmriprep", "story", motion="basic")
    six, tissues = head(), recorded(1, 3)
    for wanted in (*six.T, *tissues.T[:2]):
        assert min(np.abs(run.confounds - wanted[:, None]).max(axis=0)) < 1e-5
    assert run.confounds.shape == (N_VOLUMES, 8)


def deepprep_confounds(folder: Path) -> None:
    six = head()
    table, names = deepprep_columns(six)
    path = folder / "sub-01_confounds_series.txt"
    path.write_text(lines(table, names))
    wanted = [*in_degrees(six).T, table[:, names.index("vent")], table[:, names.index("wm")]]
    confounds_are(path, wanted, [30])


def cpac_regressors(folder: Path) -> None:
    values = recorded(4, 4)
    names = ["GlobalSignalMean0", "WhiteMatterMean0", "aCompCorPC0", "CerebrospinalFluidMean0"]
    path = folder / "sub-01_regressors.tsv"
    path.write_text(lines(values, names))
    confounds_are(path, [values[:, 1], values[:, 3]], [])


def three_rows_of_comments(folder: Path) -> None:
    from emotopy.readers.confounds import read_confounds

    values = recorded()
    path = folder / "sub-01_regressors.1D"
    path.write_text("# first row\n# second row\n# third row of comments here\n" + lines(values))
    np.testing.assert_allclose(read_confounds(path, ["*"], None).values, values, rtol=1e-8)


def without_names(folder: Path) -> None:
    path = folder / "sub-010005_ses-02_task-rest_acq-AP_run-02_confounds.txt"
    path.write_text(lines(recorded(5, 12), separator=" "))
    confounds_are_asked_about(path)


def components(folder: Path) -> None:
    path = folder / "sub-01_rejected.1D"
    path.write_text(lines(recorded(6, 9), separator=" "))
    confounds_are_asked_about(path)


# BOLD ----------------------------------------------------------------------------------------------------------------


def lost_tr_said(folder: Path) -> None:
    write_bold(folder / "sub-01_desc-denoised_bold.nii.gz", 1.0)
    assert bold(folder, 2.2).series[0].tr_s == 2.2


def lost_tr_in_sidecar(folder: Path) -> None:
    write_bold(folder / "sub-01_bold.nii.gz", 1.0, sidecar={"RepetitionTime": 0.72})
    assert bold(folder).series[0].tr_s == pytest.approx(0.72)


def lost_tr_questioned(folder: Path) -> None:
    from emotopy.errors import InputError

    write_bold(folder / "sub-01_bold.nii.gz", 1.0)
    found = bold(folder)
    with pytest.raises(InputError) as caught:
        found.check_tr(story(2.0 * N_VOLUMES))
    assert "--tr" in caught.value.advice


def start_time(folder: Path) -> None:
    from emotopy.inference.rating_courses import volume_course
    from emotopy.pathways.brain.rows import target_courses
    from emotopy.pathways.brain.study import Study

    told = {"RepetitionTime": 2.0, "StartTime": 0.35, "SliceTimingCorrected": True}
    name = "sub-01_task-story_space-MNI152NLin2009cAsym_desc-preproc_bold.nii.gz"
    write_bold(folder / name, 2.0, sidecar=told)
    rated = story(2.0 * N_VOLUMES)
    (heard,) = Study.of(bold(folder).series, rated, start_s=6.0).stories
    found = target_courses(heard).courses[0][:, 0]
    # the volumes' times are 6.35, 8.35, …: those of a story that starts 0.65 s before the middle of the first volume
    wanted = volume_course(rated, 2.0, N_VOLUMES, 6.0 + 0.35 - 1.0).values[:, 0]
    known = np.isfinite(wanted)
    np.testing.assert_array_equal(np.isfinite(found), known)
    trend = np.polynomial.Polynomial.fit(np.flatnonzero(known), wanted[known] - found[known], 1)
    np.testing.assert_allclose(wanted[known] - found[known], trend(np.flatnonzero(known)), atol=1e-9)


AFNI = "https://afni.nimh.nih.gov/pub/dist/doc/htmldoc/programs/3dROIstats_sphx.html"
FORMS = (
    Form("3dROIstats", "series", AFNI, "names of file and sub-brick before the means", roistats),
    Form(
        "ABIDE's .1D saved as CSV",
        "series",
        "Ritney97/fmri_preprocessing_visualization docs/convert1D_to_csv.py",
        "columns named 1, 2, …",
        counted_csv,
    ),
    Form(
        "TSV with blanks in names",
        "series",
        "FCP-INDI/C-PAC#1268",
        "only tabs separate values; names may contain spaces",
        blanks_in_tsv_names,
    ),
    Form(
        "three rows of comments",
        "confounds",
        "FCP-INDI/C-PAC#2152",
        "a .1D file whose header rows are comments; its first volumes are kept",
        three_rows_of_comments,
    ),
    Form(
        "fslmeants",
        "series",
        "baxpr/ccalc-thal src/schaefer_to_csv.py",
        "spaces at the ends of lines, names from another file",
        fslmeants,
    ),
    Form(
        "labels with commas",
        "series",
        "sadiredwan/fmri-pcnp src/timeseries.py",
        "Harvard-Oxford's names as the header of a CSV",
        harvard_oxford,
    ),
    Form(
        "mcflirt .par of a still head",
        "motion",
        "Washington-University/HCPpipelines#205",
        "rows of zeros, some of them -0",
        fsl_par_still,
    ),
    Form(
        "mcflirt as .txt",
        "motion",
        "psychoinformatics-de/studyforrest-data#16",
        "the file doesn't show the order; a flag gives it",
        studyforrest,
    ),
    Form(
        "SPM rp_*.txt",
        "motion",
        "maartenmennes/ICA-AROMA#17",
        "rp_ before the subject; mm, then radians",
        spm_rp,
    ),
    Form(
        "HCP Movement_Regressors.txt",
        "motion",
        "https://mvpa.blogspot.com/2019/01/comparing-fmriprep-and-hcp-pipelines_9.html",
        "x, y, z, roll, pitch, yaw and six derivatives; degrees",
        hcp,
    ),
    Form(
        "3dvolreg -1Dfile",
        "motion",
        "FCP-INDI/C-PAC#463",
        "roll, pitch, yaw in degrees, then dS, dL, dP",
        afni_1dfile,
    ),
    Form(
        "C-PAC movement_parameters.1D",
        "motion",
        "FCP-INDI/C-PAC#556",
        "24 columns, of which the first six are those of 3dvolreg",
        cpac_24,
    ),
    Form(
        "FreeSurfer .mcdat",
        "motion",
        "https://surfer.nmr.mgh.harvard.edu/fswiki/FsFastTutorialV4.5/700_Motion_correct_the_data",
        "a time point, then the six parameters of 3dvolreg, then residuals",
        mcdat,
    ),
    Form(
        "DeepPrep's confounds as motion",
        "motion",
        "pBFSLab/DeepPrep#111",
        "Frame dL dP dS pitch yaw roll, derivatives _d, tissues",
        deepprep_motion,
    ),
    Form(
        "XCP-D motion.tsv",
        "motion",
        "PennLINC/xcp_d#592",
        "displacement first, then the parameters by name",
        xcpd_motion,
    ),
    Form(
        "fMRIPrep 1.0's confounds as motion",
        "motion",
        "https://mvpa.blogspot.com/2019/01/comparing-fmriprep-and-hcp-pipelines_9.html",
        "X, Y, Z, RotX, RotY, RotZ among others",
        old_fmriprep_motion,
    ),
    Form(
        "fMRIPrep 1.0 confounds",
        "confounds",
        "nipreps/fmriprep#1301",
        "names of columns before their standardisation",
        old_fmriprep,
    ),
    Form(
        "fMRIPrep 1.0 derivatives",
        "confounds",
        "nipreps/fmriprep#1301",
        "func/…_bold_confounds.tsv beside …_preproc.nii.gz",
        old_fmriprep_folder,
    ),
    Form(
        "DeepPrep confounds",
        "confounds",
        "pBFSLab/DeepPrep#111",
        "vent and wm for CSF and white matter, no displacement",
        deepprep_confounds,
    ),
    Form(
        "C-PAC regressors",
        "confounds",
        "shnizzedy/CPAC_regtest_pack configs/defaults.py",
        "CerebrospinalFluidMean0, WhiteMatterMean0",
        cpac_regressors,
    ),
    Form(
        "confounds without names",
        "confounds",
        "SIMEXP/load_confounds#145",
        "columns without meaning; they aren't all used unless requested",
        without_names,
    ),
    Form(
        "tedana's rejected components",
        "confounds",
        "https://pypi.org/project/tedana-regressors/",
        "accepted and rejected components; they aren't all used unless requested",
        components,
    ),
    Form("a TR of 1 s, --tr", "BOLD", "PennLINC/xcp_d#1038", "nilearn overwrites the TR with 1 s", lost_tr_said),
    Form(
        "a TR of 1 s, sidecar",
        "BOLD",
        "adolphslab/HCP_MRI-behavior#5",
        "an image that was written without its header; the sidecar has the TR",
        lost_tr_in_sidecar,
    ),
    Form(
        "a TR of 1 s, nothing else",
        "BOLD",
        "nilearn/nilearn#3155",
        "1 s may be a default; the length of the story shows it",
        lost_tr_questioned,
    ),
    Form(
        "StartTime",
        "BOLD",
        "nipreps/nibabies#137",
        "slice timing correction moves the volumes' times",
        start_time,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_form(form, tmp_path):
    """Read the form and compare with the right answer."""
    form.check(tmp_path)
