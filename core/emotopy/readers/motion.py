"""Head motion that comes beside region series: a folder of parameters, and the volumes that a jerk spoils."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError
from emotopy.readers.matrices import files_in, read_matrix, run_of, subject_of
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.records.brain import RegionSeries

HEAD_MM = 50.0
"""Radius of the sphere on which a rotation becomes a path (Power et al. 2012)."""
MOST_RAD = 1.0
"""No head turns further in a scanner; larger rotations are degrees, or aren't rotations."""


@attrs.frozen(eq=False)
class Motion:
    """Head motion of one run: `parameters` (n_volumes, 6 or more), `displacement_mm` (n_volumes,) from the one before.

    The first six columns are what the file gives as translations and rotations; others (derivatives, squares) follow.
    """

    parameters: FloatArray
    displacement_mm: FloatArray


def framewise_displacement(
    parameters: FloatArray, order: Literal["spm", "fsl"] = "spm", radius_mm: float = HEAD_MM
) -> FloatArray:
    """Return how far the head moved since the volume before, in mm, (n_volumes,); 0 for the first.

    `parameters` (n_volumes, 6): translations in mm, then rotations in radians ("spm"), or the rotations first ("fsl").
    The sum of the absolute steps, rotations as paths on a sphere of `radius_mm` (Power et al. 2012, NeuroImage
    59:2142, FD).

    >>> framewise_displacement(np.array([[0.0, 0, 0, 0, 0, 0], [0.1, -0.2, 0, 0, 0, 0.01]]))
    array([0. , 0.8])
    """
    steps = np.abs(np.diff(parameters[:, :6], axis=0))
    rotations = slice(3, 6) if order == "spm" else slice(3)
    steps[:, rotations] *= radius_mm
    return np.concatenate([[0.0], steps.sum(axis=1)])


def read_motion_folder(
    folder: Path, series: Sequence[RegionSeries], *, skip: int = 0, order: Literal["spm", "fsl"] = "spm"
) -> list[Motion]:
    """Read `<subject>-motion.txt` (or any one file per subject and run) for each of `series`, in their order.

    `skip` rows in front belong to volumes that the series no longer hold; they still say how far the head had moved
    before the first volume kept. Files of other subjects are left alone.

    Raises InputError naming file and subject for a file that is missing, doubled, has fewer than six columns, rows that
    don't fit the series, numbers that aren't finite, or rotations that can't be radians.
    """
    if skip < 0:
        raise ConfigError(f"motion skip: wanted 0 or more rows, got {skip}")
    paths = _by_subject(folder)
    found = []
    for each in series:
        path = paths.get((each.subject, each.run)) or paths.get((each.subject, ""))
        if path is None:
            raise InputError(
                f"{folder.name}: wanted the motion of subject {each.subject}{' ' + each.run if each.run else ''}, a "
                f"file such as {each.subject}-motion.txt; there is none"
            )
        values = read_matrix(path).values
        _check(path.name, values, skip, each.n_volumes, each.subject, order)
        displacement = framewise_displacement(values, order)
        found.append(Motion(values[skip:], displacement[skip:]))
    return found


def censored(series: RegionSeries, displacement_mm: FloatArray, limit_mm: float = 0.5) -> RegionSeries:
    """Return the series with rows of NaN, and `keep` False, where the head moved by more than `limit_mm`.

    Raises ConfigError where no volume is left.
    """
    still = displacement_mm <= limit_mm
    return without_volumes(series, ~still, f"moved by more than {limit_mm:g} mm")


def without_volumes(series: RegionSeries, lost: BoolArray, why: str) -> RegionSeries:
    """Return the series with NaN in the rows where `lost` (n_volumes,) is True, on top of those censored before."""
    keep = ~np.asarray(lost, dtype=bool)
    if series.keep is not None:
        keep &= series.keep
    if not keep.any():
        raise ConfigError(
            f"subject {series.subject}: no volume is left of {series.n_volumes}, all {why}; allow more, or leave the "
            "subject out"
        )
    if keep.all():
        return series
    return attrs.evolve(series, values=np.where(keep[:, None], series.values, np.nan), keep=keep)


def _by_subject(folder: Path) -> dict[tuple[str, str], Path]:
    paths: dict[tuple[str, str], Path] = {}
    for path in files_in(folder, "motion parameters"):
        key = subject_of(path.name), run_of(path.name)
        if key in paths:
            raise InputError(
                f"{paths[key].name} and {path.name}: both are of subject {key[0]}; wanted one file of motion each"
            )
        paths[key] = path
    return paths


def _check(file: str, values: FloatArray, skip: int, n_volumes: int, subject: str, order: str) -> None:
    n_rows, n_columns = values.shape
    if n_columns < 6:
        raise InputError(f"{file}: wanted 3 translations and 3 rotations, 6 columns or more, got {n_columns}")
    if n_rows - skip != n_volumes:
        surplus = n_rows - n_volumes
        advice = (
            f"if the first {surplus} rows are of volumes that were dropped, say --motion-skip {surplus}"
            if surplus >= 0
            else "rows are missing; correct the file, or go without --motion"
        )
        raise InputError(
            f"{file}: wanted a row for each of the {n_volumes} volumes of subject {subject}, got {n_rows} rows, of "
            f"which {skip} are skipped; {advice}"
        )
    if not np.isfinite(values).all():
        row, column = map(int, np.argwhere(~np.isfinite(values))[0])
        raise InputError(
            f"{file}, row {row + 1}, column {column + 1}: wanted a finite number, got {values[row, column]}"
        )
    rotations = values[:, 3:6] if order == "spm" else values[:, :3]
    if np.abs(rotations).max() > MOST_RAD:
        raise InputError(
            f"{file}: wanted rotations in radians in columns {'4 to 6' if order == 'spm' else '1 to 3'}, got up to "
            f"{np.abs(rotations).max():.3g}; degrees, or in other columns?"
        )
