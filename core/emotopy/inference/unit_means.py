"""What every comparison asks of its unit means before anything is computed, and their means and variances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.records.axes import FloatArray, IntArray

FEWEST_FOR_G = 5
"""Units a group below which there is no effect size: so few values don't tell their own spread."""
FEW = 10
"""Units a group below which a reader is warned."""


def checked_values(values: FloatArray, families: IntArray | None, n_units: int) -> tuple[FloatArray, IntArray]:
    """Return unit means as floats (n_units, n_columns) and their families (n_columns,), all one where none are given.

    NaN is a unit without a value. Raises ShapeError for axes that don't fit, InputError for infinite values.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or len(values) != n_units:
        raise ShapeError(f"values: wanted ({n_units}, n_columns), got {values.shape}")
    families = np.zeros(values.shape[1], dtype=np.int64) if families is None else np.asarray(families)
    if families.shape != (values.shape[1],):
        raise ShapeError(f"families: wanted ({values.shape[1]},), a number per column, got {families.shape}")
    if np.isinf(values).any():
        raise InputError(f"values: wanted finite numbers or NaN, got {int(np.isinf(values).sum())} infinite ones")
    return values, families


def check_groups(values: FloatArray, labels: IntArray, n_groups: int) -> None:
    """Raise InputError for a group of fewer than two units with any value; `labels` (n_units,) number the groups."""
    known = ~np.isnan(values).all(axis=1)
    for group in range(n_groups):
        n = int((known & (labels == group)).sum())
        if n < 2:
            raise InputError(
                f"group {group + 1} of {n_groups} has {n} unit{'s' * (n != 1)} with values; a "
                "comparison needs two or more in each group. Check the unit column."
            )


def fewest_in_family(labels: IntArray) -> int:
    """Return how many values a column needs in every group to take part in its family's maximum.

    A column that is thin although the groups are not would widen the maximum for all others.
    """
    return int(min(FEWEST_FOR_G, np.bincount(labels).min()))


def notes_on_few_units(labels: IntArray, values: FloatArray, names: Sequence[str]) -> list[str]:
    """Return a note for every group of few units; `names` (n_groups,) begin the sentence."""
    known = ~np.isnan(values).all(axis=1)
    sizes = [int((known & (labels == group)).sum()) for group in range(len(names))]
    return [
        f"{name} has {n} units, fewer than {FEW}; interpret effects with caution."
        + (f" With fewer than {FEWEST_FOR_G}, there are no effect sizes." if n < FEWEST_FOR_G else "")
        for name, n in zip(names, sizes, strict=True)
        if n < FEW
    ]


def moments(parts: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return means and variances (n_parts, n_columns), NaN without values and with fewer than two."""
    means, variances = [], []
    for part in parts:
        n = (~np.isnan(part)).sum(axis=0)
        start = np.nanmin(part, axis=0, initial=np.inf)
        start = np.where(n > 0, start, np.nan)  # a value of the column's own: constant columns stay exactly so
        shifted = part - start
        mean = np.divide(np.nansum(shifted, axis=0), n, out=np.full(len(n), np.nan), where=n > 0)
        squares = np.nansum((shifted - mean) ** 2, axis=0)
        means.append(start + mean)
        variances.append(np.divide(squares, n - 1, out=np.full(len(n), np.nan), where=n > 1))
    return np.array(means), np.array(variances)


def sum_by_unit(values: FloatArray, codes: IntArray) -> FloatArray:
    """Sum rows by unit.

    Parameters
    ----------
    values : (n_texts, n_columns)
    codes : (n_texts,)
        The unit of each row; codes may have gaps.

    Returns
    -------
    (n_units, n_columns), in ascending order of the codes that occur.
    """
    if len(values) == 0:
        return values
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.add.reduceat(values[order], starts, axis=0)
