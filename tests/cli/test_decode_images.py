"""`emotopy decode` on images as scanners' pipelines leave them, in processes of its own: from folder to results."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import attrs
import nibabel
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from emotopy.readers.ratings import table_text
from emotopy.registry import Registry
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.slow

_FILES = Path(__file__).parents[1] / "readers" / "fmriprep_files.py"
_SPEC = importlib.util.spec_from_file_location(_FILES.stem, _FILES)
fmriprep = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fmriprep)

MNI = "MNI152NLin2009cAsym"
SHAPE, SIZE_MM = (26, 32, 27), 6.0
AFFINE = np.diag([SIZE_MM, SIZE_MM, SIZE_MM, 1.0])
AFFINE[:3, 3] = (-78, -112, -66)
N_VOLUMES, TR_S, START_S = 280, 2.0, 12.0
KNOWN_S = 540.0
"""On the scan's clock: the story breaks off here, 20 s before the scan does."""
MOVED = [*range(60, 65), 141]
RUNS = ("sub-01_ses-01", "sub-02_ses-01", "sub-03_ses-02", "sub-04_ses-02")
SCRUBBED = 2
WORDS = (*("--atlas", "affect18", "--ratings", "ratings.tsv", "--start", START_S, "--no-cache"),
         *("--set", "null.n=19", "--set", "split=subject"))  # fmt: skip


@pytest.fixture(scope="module")
def atlas():
    """The default atlas, as the command makes it."""
    return Registry.load().make("atlas", "affect18")


@pytest.fixture(scope="module")
def study(atlas):
    """Four listeners; nine of eighteen regions couple as fear rises."""
    found = simulate_bold("coupling", n_subjects=4, n_volumes=N_VOLUMES, n_regions=18, n_carriers=9, coupling=0.45)
    return attrs.evolve(found, series=tuple(attrs.evolve(one, regions=atlas.regions) for one in found.series))


@pytest.fixture(scope="module")
def derivatives(study, atlas, tmp_path_factory):
    """Write the study as fMRIPrep leaves it, with ratings beside it; every voxel has its nearest node's signal."""
    root = tmp_path_factory.mktemp("derivatives")
    (root / "prep").mkdir()
    told = {"Name": "fMRIPrep", "BIDSVersion": "1.9.0", "DatasetType": "derivative"}
    (root / "prep/dataset_description.json").write_text(json.dumps(told))
    voxels = np.argwhere(np.ones(SHAPE))
    centres_mm = np.array([(node.x_mm, node.y_mm, node.z_mm) for node in atlas.nodes])
    nearest = cdist(voxels @ AFFINE[:3, :3] + AFFINE[:3, 3], centres_mm).argmin(axis=1)
    region = np.array([atlas.regions.index(node.region) for node in atlas.nodes])[nearest]
    for i, (run, one) in enumerate(zip(RUNS, study.series, strict=True)):
        rng = np.random.default_rng([7, i])
        moved = MOVED if i == SCRUBBED else []
        drift = rng.standard_normal(N_VOLUMES)
        columns = fmriprep.confounds_columns(rng, N_VOLUMES, moved, csf=drift)
        signal = 1000 + 30 * one.values + 60 * drift[:, None]
        signal[moved] += 3000
        data = np.round(signal.T)[region].reshape(*SHAPE, N_VOLUMES).astype(np.int16)
        func = root / "prep" / Path(*run.split("_")) / "func"
        stem = f"{run}_task-story"
        fmriprep.write_bold(func / f"{stem}_space-{MNI}_desc-preproc_bold.nii.gz", data, AFFINE, TR_S)
        (func / f"{stem}_space-{MNI}_desc-preproc_bold.json").write_text(json.dumps({"RepetitionTime": TR_S}))
        mask = nibabel.Nifti1Image(np.ones(SHAPE, np.uint8), AFFINE)
        nibabel.save(mask, func / f"{stem}_space-{MNI}_desc-brain_mask.nii.gz")
        fmriprep.write_confounds(func / f"{stem}_desc-confounds_timeseries.tsv", columns)
    rest = root / "prep/sub-01/ses-01/func" / f"sub-01_ses-01_task-rest_space-{MNI}_desc-preproc_bold.nii.gz"
    fmriprep.write_bold(rest, np.zeros((2, 2, 2, 5), np.int16), AFFINE, 0.8)
    late = attrs.evolve(study.ratings, onset_s=study.ratings.onset_s + START_S)
    (root / "ratings.tsv").write_text(table_text(late))
    (root / "ratings.json").write_text(json.dumps({"KnownUntil": KNOWN_S + START_S}))
    return root


@pytest.fixture(scope="module")
def known_windows():
    """Onsets of the windows whose rating is known, and of those among them that the scrubbed listener keeps."""
    width = 22
    starts = np.arange(0, N_VOLUMES - width + 1, 4)
    lost = np.array([np.isin(np.arange(start, start + width), MOVED).sum() for start in starts])
    # the last volume that is known has its middle before the end
    known = (starts + width - 0.5) * TR_S <= KNOWN_S
    return starts[known] * TR_S, starts[known & (1 - lost / width >= 0.8)] * TR_S


def test_a_folder_of_derivatives_becomes_a_results_directory(process, derivatives, known_windows, atlas):
    """Listeners of two sessions, one of whom moved; TR from header and sidecar; every file, and what was planted."""
    out = derivatives / "by-folder"
    run = process("decode", "--fmriprep", "prep", "--task", "story", "--out", out, *WORDS, cwd=derivatives)
    assert run.code == 0, run.err
    assert {path.name for path in out.iterdir()} == {
        *(
            "scores.csv",
            "subjects.csv",
            "paired.csv",
            "sensitivity.csv",
            "predictions.parquet",
            "edges.csv",
            "graph.csv",
        ),
        "weights.csv",
        *("provenance.json", "report.html"),
    }
    scores = pd.read_csv(out / "scores.csv").set_index("features")
    assert scores.loc["sliding-window", "r"] > scores.loc["sliding-window", "null_95"]
    assert scores.loc["sliding-window", "n_subjects"] == 4
    weights = pd.read_csv(out / "weights.csv")
    assert tuple(weights["region"]) == atlas.regions

    mine = pd.read_parquet(out / "predictions.parquet").query("features == 'sliding-window'")
    onsets = {subject: set(rows["onset_s"]) for subject, rows in mine.groupby("subject")}
    everybody, scrubbed = known_windows
    assert onsets == {run[:6]: set(scrubbed if i == SCRUBBED else everybody) for i, run in enumerate(RUNS)}

    said = json.loads((out / "provenance.json").read_text("utf-8"))
    assert said["regions"] == list(atlas.regions)
    assert said["input"]["subjects"] == [run[:6] for run in RUNS]
    assert said["input"]["files"] == {"signal": "prep", "ratings": "ratings.tsv"}
    told = said["input"]["atlas"]
    assert (told["use"], told["owner"], told["options"]["level"]) == ("affect18", "emotopy", "region")
    assert len(said["input"]["confounds"]) == 26
    assert "trans_x_derivative1_power2" in said["input"]["confounds"]
    assert str(derivatives) not in json.dumps(said)
    n_unknown = 65 - len(everybody)
    (told,) = [note for note in said["notes"] if "unknown, not zero" in note]
    assert told == (
        "The rating of 10 of 280 volumes (20 s of the scan) is unknown, not zero: "
        f"{n_unknown} of 65 windows that include one of them were left out."
    )
    assert any("are censored: sub-03 " in note for note in said["notes"])


def test_the_same_images_by_name(process, derivatives, known_windows):
    """Patterns in place of the folder: the usual confounds instead of 26, the same volumes censored, the same truth."""
    out = derivatives / "by-name"
    images = ("--bold", f"prep/**/*task-story_space-{MNI}_desc-preproc_bold.nii.gz")
    tables = ("--confounds", "prep/**/*task-story_desc-confounds_timeseries.tsv")
    run = process("decode", *images, *tables, "--out", out, *WORDS, "--set", "reporter=tables", cwd=derivatives)
    assert run.code == 0, run.err
    scores = pd.read_csv(out / "scores.csv").set_index("features")
    assert scores.loc["sliding-window", "r"] > scores.loc["sliding-window", "null_95"]
    mine = pd.read_parquet(out / "predictions.parquet").query("features == 'sliding-window'")
    everybody, scrubbed = known_windows
    assert {len(rows) for _, rows in mine.query("subject != 'sub-03'").groupby("subject")} == {len(everybody)}
    assert set(mine.query("subject == 'sub-03'")["onset_s"]) == set(scrubbed)
    said = json.loads((out / "provenance.json").read_text("utf-8"))["input"]
    assert said["confounds"] == ["csf", "white_matter", *fmriprep.AXES]
    assert said["atlas"]["use"] == "affect18"
    assert {"series_sha256", "confounds_sha256", "targets_sha256", "files_sha256"} <= set(said)


def test_two_visits_of_one_listener_are_an_error(call, derivatives, tmp_path):
    """Which image is meant must be said; nothing is written."""
    for run in (RUNS[0], "sub-01_ses-09"):
        func = tmp_path / "prep" / Path(*run.split("_")) / "func"
        func.mkdir(parents=True)
        for path in (derivatives / "prep" / Path(*RUNS[0].split("_")) / "func").glob("*task-story*"):
            (func / path.name.replace(RUNS[0], run)).symlink_to(path)
    words = ("--fmriprep", "prep", "--task", "story", "--atlas", "affect18", "--start", START_S, "--no-cache")
    run = call("decode", *words, "--ratings", derivatives / "ratings.tsv", "--out", "out")
    assert run.code == 1
    assert "subject sub-01 has two runs, ses-01 and ses-09; wanted one run per subject" in run.error
    assert not (tmp_path / "out").exists()


def test_a_task_of_derivatives_is_a_story(process, derivatives):
    """`--story` names the task; what is designed is what `--task` gives, with the story's name."""
    told, start = ("--story", "story=ratings.tsv"), ("--start", f"story={START_S}")
    words = ("--fmriprep", "prep", "--atlas", "affect18", "--no-cache", "--dry-run", "--set", "split=subject")
    run = process("decode", *words, *told, *start, cwd=derivatives)
    plain = process(
        "decode", *words, "--task", "story", "--ratings", "ratings.tsv", "--start", START_S, cwd=derivatives
    )
    assert (run.code, plain.code) == (0, 0), run.err + plain.err
    # What of the machine's memory is free differs from run to run.
    rows, alone = (
        [line for line in one.out.splitlines() if not line.startswith("expected memory")] for one in (run, plain)
    )
    assert [line for line in rows if not line.startswith("story ")] == alone
    assert len([line for line in rows if line.startswith("story ")]) == 1
