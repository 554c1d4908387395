"""Which images of fMRIPrep an atlas in MNI space reads, with what beside: nilearn's BIDS and fMRIPrep interfaces."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from emotopy.errors import InputError, listed
from emotopy.readers.bold import BoldRun
from emotopy.readers.matrices import run_of, subject_of

SPACES = ("MNI152NLin2009cAsym", "MNI152NLin6Asym", "MNI152NLin2009aSym")
"""The spaces that our atlases may be laid on, the usual one first; they differ by a millimetre or two."""
STRATEGY = ("motion", "wm_csf", "scrub")
"""What is regressed out and censored unless said otherwise; high-passing is the connectivity's business."""


def fmriprep_runs(
    folder: Path,
    task: str,
    *,
    space: str | None = None,
    resolution: str | None = None,
    strategy: Sequence[str] = STRATEGY,
    motion: Literal["basic", "power2", "derivatives", "full"] = "full",
    fd_limit_mm: float = 0.5,
) -> list[BoldRun]:
    """Return the preprocessed runs of a task in MNI space, with confounds and censored volumes.

    Parameters
    ----------
    folder
        Derivatives of fMRIPrep 1.2 or later: `sub-*/[ses-*/]func/*_desc-preproc_bold.nii.gz` with their confounds.
    task
        The label behind `task-`.
    space, resolution
        The labels behind `space-` and `res-`; None takes the first of SPACES that is there, and any resolution, as
        long as there is only one.
    strategy, motion
        As `nilearn.interfaces.fmriprep.load_confounds` has them. By default 24 motion parameters (six, their
        derivatives, the squares of both; Satterthwaite et al. 2013), the means of white matter and CSF; "scrub"
        censors volumes with a framewise displacement above `fd_limit_mm`, and no others for their DVARS or for
        standing between two censored ones. Volumes before the steady state are censored always, not cut off: the
        first row stays the first volume of the image.

    Raises InputError for a folder without such images, several of one run, or confounds that can't be had.
    """
    found = _images(folder, task, space, resolution)
    return [_run(path, strategy, motion, fd_limit_mm) for path in found]


def _images(folder: Path, task: str, space: str | None, resolution: str | None) -> list[Path]:
    from nilearn.interfaces.bids import get_bids_files, parse_bids_filename

    def entity(path: Path, name: str) -> str | None:
        label = parse_bids_filename(str(path))["entities"].get(name)
        return None if label is None else str(label)

    names = get_bids_files(folder, file_tag="bold", file_type="nii*", modality_folder="func", filters=[])
    bold = [Path(name) for name in names if name.endswith((".nii", ".nii.gz"))]
    of_task = [path for path in bold if entity(path, "task") == task]
    if not of_task:
        tasks = {label for path in bold if (label := entity(path, "task")) is not None}
        raise InputError(f"{folder.name}: wanted BOLD images of task {task!r}; tasks that are here: {listed(tasks)}")
    clean = [path for path in of_task if entity(path, "desc") == "preproc"]
    spaces = {label for path in clean if (label := entity(path, "space")) is not None}
    taken = space if space is not None else next((known for known in SPACES if known in spaces), None)
    if taken not in spaces:
        raise InputError(
            f"{folder.name}: wanted preprocessed images (desc-preproc) of task {task!r} in the space "
            f"{taken or ' or '.join(SPACES)}; spaces that are here: {listed(spaces)}; run fMRIPrep with "
            f"--output-spaces {taken or SPACES[0]}"
        )
    images = [
        path
        for path in clean
        if entity(path, "space") == taken and (resolution is None or entity(path, "res") == resolution)
    ]
    if not images:
        raise InputError(f"{folder.name}: wanted images of res-{resolution} in the space {taken}; there is none")
    seen: dict[tuple[str, str], Path] = {}
    for path in images:
        other = seen.setdefault((subject_of(path.name), run_of(path.name)), path)
        if other != path:
            raise InputError(
                f"{other.name} and {path.name}: both are of one run; say which with --bold GLOB --confounds GLOB"
            )
    return images


def _run(path: Path, strategy: Sequence[str], motion: str, fd_limit_mm: float) -> BoldRun:
    from nilearn.interfaces.fmriprep import load_confounds

    options: dict[str, Any] = {"motion": motion, "scrub": 0, "fd_threshold": fd_limit_mm}
    try:
        with warnings.catch_warnings():
            # "all volumes were marked as outliers" is an error of ours, with the subject's name, when they are censored
            warnings.simplefilter("ignore")
            table, sample_mask = load_confounds(
                str(path), strategy=tuple(strategy), std_dvars_threshold=math.inf, demean=False, **options
            )
    except (ValueError, OSError, KeyError) as error:
        raise InputError(
            f"{path.name}: wanted the confounds of fMRIPrep (1.2 or later) beside the image, with what the strategy "
            f"{', '.join(strategy)} needs; nilearn says: {_one_line(error, path)}"
        ) from error
    names = () if table is None else tuple(map(str, table.columns))
    confounds = None if table is None or not names else table.to_numpy(dtype=np.float64)
    keep = None
    if sample_mask is not None and confounds is not None:
        keep = np.zeros(len(confounds), dtype=bool)
        keep[sample_mask] = True
    return BoldRun(path, subject_of(path.name), run_of(path.name), confounds, names, keep)


def _one_line(error: Exception, path: Path) -> str:
    """Return the message on one line, without the folder's path."""
    return " ".join(str(error).replace(f"{path.parent}/", "").split())
