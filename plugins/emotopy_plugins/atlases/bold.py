"""Which images of fMRIPrep an atlas in MNI space reads, with what beside: nilearn's BIDS and fMRIPrep interfaces.

nilearn reads the confounds of fMRIPrep 1.2 and later. Those of 1.0 and 1.1 have other names, of files and of columns
(`sub-01_task-x_bold_space-MNI_preproc.nii.gz`, `sub-01_task-x_bold_confounds.tsv`; X, RotX, CSF); they are read here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from emotopy.errors import InputError, listed
from emotopy.readers.bold import BoldRun
from emotopy.readers.column_names import MOTION
from emotopy.readers.confounds import DISPLACEMENT, TISSUES, known_columns
from emotopy.readers.delimited import named
from emotopy.readers.matrices import read_matrix, run_of, subject_of
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.wording import flag
from emotopy_plugins.shared.quiet import NILEARN, silenced

SPACES = ("MNI152NLin2009cAsym", "MNI152NLin6Asym", "MNI152NLin2009aSym")
"""The spaces that our atlases may be laid on, the usual one first; they differ by a millimetre or two."""
STRATEGY = ("motion", "wm_csf", "scrub")
"""What is regressed out and censored unless said otherwise; high-passing is the connectivity's business."""
OLD_ENDINGS = ("_preproc.nii", "_preproc.nii.gz")
"""Images of fMRIPrep 1.0 and 1.1."""
OLD_STRATEGY = frozenset(STRATEGY)
"""What of nilearn's strategies can be had from their tables."""


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
        Derivatives of any fMRIPrep: `sub-*/[ses-*/]func/*_desc-preproc_bold.nii.gz` with their confounds, or
        `*_bold_space-*_preproc.nii.gz` with `*_bold_confounds.tsv` of versions 1.0 and 1.1.
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
    return [
        _old_run(path, strategy, motion, fd_limit_mm)
        if path.name.endswith(OLD_ENDINGS)
        else _run(path, strategy, motion, fd_limit_mm)
        for path in found
    ]


def _images(folder: Path, task: str, space: str | None, resolution: str | None) -> list[Path]:
    from nilearn.interfaces.bids import get_bids_files, parse_bids_filename

    def entity(path: Path, name: str) -> str | None:
        label = parse_bids_filename(str(path))["entities"].get(name)
        return None if label is None else str(label)

    names = [
        name
        for tag in ("bold", "preproc")
        for name in get_bids_files(folder, file_tag=tag, file_type="nii*", modality_folder="func", filters=[])
    ]
    bold = [Path(name) for name in names if name.endswith((".nii", ".nii.gz"))]
    of_task = [path for path in bold if entity(path, "task") == task]
    if not of_task:
        tasks = {label for path in bold if (label := entity(path, "task")) is not None}
        raise InputError.at(
            folder.name, wanted=f"BOLD images of task {task!r}", got=f"tasks that are here: {listed(tasks)}"
        )
    clean = [path for path in of_task if entity(path, "desc") == "preproc" or path.name.endswith(OLD_ENDINGS)]
    spaces = {label for path in clean if (label := entity(path, "space")) is not None}
    taken = space if space is not None else next((known for known in SPACES if known in spaces), None)
    if taken not in spaces:
        raise InputError.at(
            folder.name,
            wanted=f"preprocessed images (desc-preproc) of task {task!r} in the space {taken or ' or '.join(SPACES)}",
            got=f"spaces that are here: {listed(spaces)}",
            advice=f"run fMRIPrep with --output-spaces {taken or SPACES[0]}",
        )
    images = [
        path
        for path in clean
        if entity(path, "space") == taken and (resolution is None or entity(path, "res") == resolution)
    ]
    if not images:
        raise InputError.at(folder.name, wanted=f"images of res-{resolution} in the space {taken}", got="none")
    seen: dict[tuple[str, str], Path] = {}
    for path in images:
        other = seen.setdefault((subject_of(path.name), run_of(path.name)), path)
        if other != path:
            raise InputError.at(
                path.name,
                wanted="one image of a run",
                got=f"{other.name} too",
                advice=f"select one with {flag('--bold', 'GLOB')} {flag('--confounds', 'GLOB')}",
            )
    return images


def _run(path: Path, strategy: Sequence[str], motion: str, fd_limit_mm: float) -> BoldRun:
    from nilearn.interfaces.fmriprep import load_confounds

    options: dict[str, Any] = {"motion": motion, "scrub": 0, "fd_threshold": fd_limit_mm}
    try:
        # "all volumes were marked as outliers" is an error of ours, with the subject's name, when they are censored
        with silenced(module=NILEARN):
            table, sample_mask = load_confounds(
                str(path), strategy=tuple(strategy), std_dvars_threshold=math.inf, demean=False, **options
            )
    except (ValueError, OSError, KeyError) as error:
        raise InputError.at(
            path.name,
            wanted=f"the confounds of fMRIPrep beside the image, with what the strategy {', '.join(strategy)} needs",
            got=f"none; nilearn says: {_one_line(error, path)}",
        ) from error
    names = () if table is None else tuple(map(str, table.columns))
    confounds = None if table is None or not names else table.to_numpy(dtype=np.float64)
    keep = None
    if sample_mask is not None and confounds is not None:
        keep = np.zeros(len(confounds), dtype=bool)
        keep[sample_mask] = True
    return BoldRun(path, subject_of(path.name), run_of(path.name), confounds, names, keep)


def _old_run(path: Path, strategy: Sequence[str], motion: str, fd_limit_mm: float) -> BoldRun:
    """Read a run of fMRIPrep 1.0 or 1.1, with the confounds that nilearn would take of a later version."""
    table = path.with_name(re.sub(r"_bold_space-.*$|_bold_preproc\.nii(\.gz)?$", "_bold", path.name) + "_confounds.tsv")
    if unknown := sorted(set(strategy) - OLD_STRATEGY):
        raise InputError.at(
            path.name,
            wanted=f"a strategy that the confounds of fMRIPrep 1.0 and 1.1 allow ({', '.join(STRATEGY)})",
            got=listed(unknown),
        )
    if not table.is_file():
        raise InputError.at(path.name, wanted=f"the confounds of fMRIPrep beside the image, {table.name}", got="none")
    matrix = read_matrix(table)
    titles = matrix.columns or ()
    known = known_columns(titles)
    wanted = [*(MOTION if "motion" in strategy else ()), *(TISSUES if "wm_csf" in strategy else ())]
    wanted += [DISPLACEMENT] if "scrub" in strategy else []
    if lacking := [name for name in wanted if name not in known]:
        raise InputError.at(table.name, wanted=f"columns {', '.join(lacking)}", got=f"the columns {named(titles)}")
    columns = {name: matrix.values[:, known[name]] for name in wanted if name != DISPLACEMENT}
    if "motion" in strategy:
        columns |= _expanded({name: columns[name] for name in MOTION}, motion)
    unsteady = [i for i, title in enumerate(titles) if title.lower().startswith(("nonsteadystate", "non_steady_state"))]
    lost = (matrix.values[:, unsteady] > 0).any(axis=1)
    if "scrub" in strategy:
        lost |= matrix.values[:, known[DISPLACEMENT]] > fd_limit_mm
    confounds = np.stack(list(columns.values()), axis=1) if columns else None
    _check_finite(table, columns)
    keep: BoolArray | None = ~lost if lost.any() else None
    return BoldRun(path, subject_of(path.name), run_of(path.name), confounds, tuple(columns), keep, table)


def _expanded(six: dict[str, FloatArray], motion: str) -> dict[str, FloatArray]:
    """Return what is derived from the six parameters: their differences, the first taken from the second; squares."""
    found = {}
    if motion in ("derivatives", "full"):
        for name, values in six.items():
            steps = np.diff(values, prepend=np.nan)
            steps[0] = steps[1] if len(steps) > 1 else 0.0
            found[f"{name}_derivative1"] = steps
    if motion in ("power2", "full"):
        found |= {f"{name}_power2": values**2 for name, values in {**six, **found}.items()}
    return found


def _check_finite(table: Path, columns: dict[str, FloatArray]) -> None:
    for name, values in columns.items():
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise InputError.at(table.name, row=row + 1, column=name, wanted="a finite number", got=str(values[row]))


def _one_line(error: Exception, path: Path) -> str:
    """Return the message on one line, without the folder's path."""
    return " ".join(str(error).replace(f"{path.parent}/", "").split())
