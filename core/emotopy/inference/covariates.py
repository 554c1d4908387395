"""Covariates of a group comparison: checked at the door, and turned into a design per set of units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.inference.freedman_lane import ColumnDesign, Design, inflation
from emotopy.records.axes import BoolArray, FloatArray, IntArray

LARGEST_INFLATION = 10.0
"""Variance inflation from which on a group can't be told from its covariates."""

NOT_EXACT = (
    "With covariates p comes from permuted residuals (Freedman-Lane) and is no longer exact; means and differences are "
    "those at the covariates' mean."
)


def checked_covariates(covariates: FloatArray, names: Sequence[str], groups: FloatArray) -> FloatArray:
    """Return covariates (n_units, n_covariates) as float64.

    `groups` are the indicators (n_units, n_groups − 1).

    Raises ShapeError for another shape, InputError for missing values, a covariate that is the same for all units, more
    columns than units allow, and groups that the covariates all but tell (variance inflation above 10).
    """
    covariates = np.asarray(covariates, dtype=np.float64)
    n_units = len(groups)
    if covariates.ndim != 2 or len(covariates) != n_units or not covariates.shape[1]:
        raise ShapeError(f"covariates: wanted ({n_units}, n_covariates), got {covariates.shape}")
    if not names:
        names = [f"covariate {i + 1}" for i in range(covariates.shape[1])]
    if len(names) != covariates.shape[1]:
        raise ShapeError(f"covariate_names: wanted {covariates.shape[1]} names, got {len(names)}")
    for name, column in zip(names, covariates.T, strict=True):
        if n_bad := int((~np.isfinite(column)).sum()):
            raise InputError(f"covariate {name!r}: {n_bad} of {n_units} units have no number; leave them or it out")
        if np.ptp(column) <= 1e-12 * np.abs(column).max():
            raise InputError(f"covariate {name!r} is {column[0]:g} for every unit; leave it out")
    if n_units - covariates.shape[1] - groups.shape[1] - 1 < 2:
        raise InputError(f"{covariates.shape[1]} covariates are too many for {n_units} units; leave some out")
    if inflation(groups, covariates) > LARGEST_INFLATION:
        alone = [
            n for n, c in zip(names, covariates.T, strict=True) if inflation(groups, c[:, None]) > LARGEST_INFLATION
        ]
        told = " and ".join(map(repr, alone or names))
        raise InputError(
            f"groups can't be told from covariate {told} (variance inflation above {LARGEST_INFLATION:g}): what one "
            "does can't be separated from what the other does; leave it out, or match the groups on it"
        )
    return covariates


def column_designs(values: FloatArray, labels: IntArray, covariates: FloatArray, fewest: int) -> list[ColumnDesign]:
    """Return a design for each set of columns with the same missing units.

    Leaves out columns in which a group has fewer than two values, or can't be told from the covariates any more.
    A column is in its family where every group has `fewest` values.
    """
    present = ~np.isnan(values)
    patterns, which = np.unique(present, axis=1, return_inverse=True)
    n_groups = int(labels.max()) + 1
    found = []
    for number, pattern in enumerate(patterns.T):
        units = np.flatnonzero(pattern)
        sizes = np.bincount(labels[units], minlength=n_groups)
        if sizes.min() < 2:
            continue
        groups, own = indicators(labels[units], n_groups), covariates[units]
        if inflation(groups, own) > LARGEST_INFLATION:
            continue
        design = Design.of(groups, own)
        if design.df >= 2:
            columns = np.flatnonzero(which.ravel() == number)
            found.append(ColumnDesign(columns, units, design, in_family=bool(sizes.min() >= fewest)))
    return found


def indicators(labels: IntArray, n_groups: int) -> FloatArray:
    """Return (n_units, n_groups − 1): 1 in column g where the label is g; the last group is the one compared with."""
    return np.asarray(labels[:, None] == np.arange(n_groups - 1), dtype=np.float64)


def notes_on_lost_columns(lost: BoolArray) -> list[str]:
    if not lost.any():
        return []
    return [f"{int(lost.sum())} columns have too few units to tell the groups from the covariates."]
