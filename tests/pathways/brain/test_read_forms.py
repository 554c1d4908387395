"""A planted study, written in every form that region series come in: what is decoded is the same in all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotopy import decode
from emotopy.readers.motion import read_motion_folder
from emotopy.readers.series import read_series_folder
from emotopy.simulate import simulate_bold

N_VOLUMES, TR_S = 200, 2.0
CONFIG = {"null": {"n": 19}, "split": "subject", "reporter": [], "connectivity": "sliding-window"}
CONFIG |= {"compare": {"features": [], "remove_evoked": False, "baselines": True}}


@pytest.fixture(scope="module")
def study():
    """Eight listeners of 200 volumes, eight regions, five of which couple as fear rises."""
    return simulate_bold("coupling", n_subjects=8, n_volumes=N_VOLUMES, n_regions=8, n_carriers=5, seed=4)


def decoded(series, study, motion=None):
    """Decode and return r of each set of features."""
    scores = decode(series, study.ratings, motion=motion, config=CONFIG).scores
    return scores.set_index("features")["r"]


@pytest.fixture(scope="module")
def clean(study):
    """What the series themselves give."""
    return decoded(study.series, study)


def frame(one):
    return pd.DataFrame(one.values, columns=list(one.regions))


def with_time(one, title="time", scale=TR_S):
    table = frame(one)
    table.insert(0, title, np.arange(N_VOLUMES) * scale)
    return table


def numbered(one, names):
    table = frame(one)
    table.columns = names
    return table


def with_commas(table):
    return table.map(lambda value: f"{value!r}".replace(".", ","))


def tabs_at_the_end(one):
    rows = [one.regions, *(map(repr, map(float, row)) for row in one.values)]
    return "".join("\t".join(row) + "\t\n" for row in rows)


WINDOWS = {"lineterminator": "\r\n", "encoding": "utf-8-sig"}
AAL = [2001, 2002, 2101, 2102, 2111, 2112, 2201, 2202]
FORMS = {
    "CSV": ("csv", lambda one, path: frame(one).to_csv(path, index=False)),
    "TSV": ("tsv", lambda one, path: frame(one).to_csv(path, index=False, sep="\t")),
    "text": ("txt", lambda one, path: np.savetxt(path, one.values)),
    "text with names": ("txt", lambda one, path: frame(one).to_csv(path, index=False, sep=" ")),
    "1D": ("1D", lambda one, path: np.savetxt(path, one.values, header="written by a program")),
    "1D with names behind hashes": (
        "1D",
        lambda one, path: np.savetxt(
            path, one.values, delimiter="\t", comments="", header="\t".join(f"#{name}" for name in one.regions)
        ),
    ),
    "NPY": ("npy", lambda one, path: np.save(path, one.values)),
    "row numbers of pandas": ("csv", lambda one, path: frame(one).to_csv(path)),
    "row numbers saved again": ("csv", lambda one, path: frame(one).reset_index().to_csv(path)),
    "index": ("csv", lambda one, path: frame(one).to_csv(path, index_label="index")),
    "time": ("csv", lambda one, path: with_time(one).to_csv(path, index=False)),
    "time in milliseconds": ("csv", lambda one, path: with_time(one, "time_ms", 2e3).to_csv(path, index=False)),
    "time without a name": ("csv", lambda one, path: with_time(one).set_index("time").to_csv(path, index_label="")),
    "numbers of pandas": ("csv", lambda one, path: pd.DataFrame(one.values).to_csv(path, index=False)),
    "numbers and rows of pandas": ("csv", lambda one, path: pd.DataFrame(one.values).to_csv(path)),
    "header of floats": ("csv", lambda one, path: numbered(one, np.arange(1.0, 9.0)).to_csv(path, index=False)),
    "header of codes": ("csv", lambda one, path: numbered(one, AAL).to_csv(path, index=False)),
    "codes beside a time": (
        "csv",
        lambda one, path: numbered(one, AAL).set_index(TR_S * np.arange(N_VOLUMES)).to_csv(path, index_label="time"),
    ),
    "semicolons": ("csv", lambda one, path: frame(one).to_csv(path, index=False, sep=";")),
    "decimal commas": ("csv", lambda one, path: with_commas(frame(one)).to_csv(path, index=False, sep=";")),
    "names in quotes": ("csv", lambda one, path: frame(one).to_csv(path, index=False, quoting=2)),
    "Windows": ("csv", lambda one, path: frame(one).to_csv(path, index=False, **WINDOWS)),
    "tabs at the end": ("txt", lambda one, path: path.write_text(tabs_at_the_end(one))),
    "names of images": ("txt", lambda one, path: of_afni(one).to_csv(path, index=False, sep="\t")),
}  # fmt: skip


def of_afni(one):
    table = frame(one)
    table.insert(0, "File", "rest+tlrc")
    table.insert(1, "Sub-brick", [f"{i}[?]" for i in range(N_VOLUMES)])
    return table


@pytest.mark.slow
@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_of_series_decodes_alike(tmp_path, study, clean, form):
    """The same series, the same r to 1e-6; the planted coupling is found."""
    ending, write = FORMS[form]
    for one in study.series:
        write(one, tmp_path / f"{one.subject}_timeseries.{ending}")
    series, exclusions = read_series_folder(tmp_path, TR_S)
    assert exclusions == []
    for one, wanted in zip(series, study.series, strict=True):
        np.testing.assert_allclose(one.values, wanted.values, rtol=1e-12)
    r = decoded(series, study)
    pd.testing.assert_series_equal(r, clean, atol=1e-6, rtol=0)
    assert r["sliding-window"] > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("mark", ["n/a", "NA", "", "NaN", "."])
def test_missing_marks_are_censored_volumes(tmp_path, study, mark):
    """A volume without values is left out of its windows, whichever way the file says so."""
    lost = [40, 41, 120]
    for one in study.series:
        table = frame(one).astype(object)
        table.loc[lost] = mark
        table.to_csv(tmp_path / f"{one.subject}.csv", index=False)
    series, _ = read_series_folder(tmp_path, TR_S)
    assert [np.flatnonzero(~one.keep).tolist() for one in series] == [lost] * 8
    for one, wanted in zip(series, study.series, strict=True):
        np.testing.assert_array_equal(np.delete(one.values, lost, axis=0), np.delete(wanted.values, lost, axis=0))


AXES = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"]


@pytest.mark.slow
@pytest.mark.parametrize("program", ["SPM", "FSL", "AFNI", "HCP", "names", "fMRIPrep 1.0"])
def test_every_form_of_motion_is_the_same_baseline(tmp_path, study, program):
    """Order, units and names of each program: the baseline of motion decodes as the simulated motion does."""
    how = {"units": "mm-deg"} if program == "HCP" else {}
    for one, motion in zip(study.series, study.motion, strict=True):
        six = motion.parameters
        degrees = np.concatenate([six[:, :3], np.rad2deg(six[:, 3:])], axis=1)
        if program == "SPM":
            np.savetxt(tmp_path / f"rp_{one.subject}.txt", six)
        elif program == "FSL":
            np.savetxt(tmp_path / f"{one.subject}_mcf.par", six[:, [3, 4, 5, 0, 1, 2]])
        elif program == "AFNI":
            np.savetxt(tmp_path / f"{one.subject}_dfile.1D", degrees[:, [5, 3, 4, 2, 0, 1]])
        elif program == "HCP":
            np.savetxt(tmp_path / f"{one.subject}_Movement_Regressors.txt", degrees)
        else:
            names = AXES if program == "names" else ["X", "Y", "Z", "RotX", "RotY", "RotZ"]
            table = pd.DataFrame(six, columns=names).iloc[:, ::-1]
            table.assign(FramewiseDisplacement=motion.fd_mm).to_csv(
                tmp_path / f"{one.subject}_bold_confounds.tsv", sep="\t", index=False
            )
    found = read_motion_folder(tmp_path, study.series, **how)
    for one, wanted in zip(found, study.motion, strict=True):
        np.testing.assert_allclose(one.parameters, wanted.parameters, atol=1e-12)
        np.testing.assert_allclose(one.displacement_mm, wanted.fd_mm, atol=1e-9)
