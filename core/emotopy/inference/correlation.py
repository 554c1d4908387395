"""Pearson's r, with one rule for values that have none.

r of a constant is NaN, and so is r of fewer than two points: nothing is known of how a constant varies with anything.
It isn't 0, which would say that two courses are known to be unrelated. Whoever averages r leaves NaN out and says of
how many. A column counts as constant where its deviations are no larger than rounding leaves: where their root mean
square is at most 1e-12 of the largest absolute value.
"""

from __future__ import annotations

import numpy as np

from emotopy.records.axes import BoolArray, FloatArray, IntArray

ROUNDING = 1e-12
"""Deviations this small beside the values are rounding."""


def pearson(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return r over the last axis, (...), of x (..., n_points) and y (..., n_points), whose other axes broadcast.

    >>> pearson(np.array([1.0, 2.0, 4.0]), np.array([[2.0, 4.0, 8.0], [5.0, 5.0, 5.0]]))
    array([ 1., nan])
    """
    if x.shape[-1] < 2:
        return np.full(np.broadcast_shapes(x.shape[:-1], y.shape[:-1]), np.nan)
    return np.asarray(np.clip((_unit(x) * _unit(y)).sum(axis=-1), -1.0, 1.0))


def pearson_matrix(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return r of every row of x (n_x, n_points) with every row of y (n_y, n_points), (n_x, n_y)."""
    if x.shape[1] < 2:
        return np.full((len(x), len(y)), np.nan)
    return np.asarray(np.clip(_unit(x) @ _unit(y).T, -1.0, 1.0))


def pearson_in_cells(x: FloatArray, y: FloatArray, begins: IntArray) -> FloatArray:
    """Return r within cells, (n_cells, n_columns), of x and y (n_rows, n_columns), whose rows are sorted by cell.

    `begins` (n_cells,) are the first rows of the cells, ascending from 0; no cell is empty.
    """
    r = np.empty((len(begins), x.shape[1]))
    for number, (start, stop) in enumerate(zip(begins, [*begins[1:], len(x)], strict=True)):
        cell = slice(int(start), int(stop))  # one by one, as a cell of many columns stays in the processor's cache
        x_away, x_spread = _deviations(x[cell])
        y_away, y_spread = _deviations(y[cell])
        r[number] = np.einsum("ij,ij->j", x_away, y_away) / np.sqrt(x_spread * y_spread)
    return np.asarray(np.clip(r, -1.0, 1.0, out=r))


def mean_of_known(values: FloatArray, axis: int = -1) -> FloatArray:
    """Return the mean over an axis of what isn't NaN; NaN where nothing is."""
    known = np.isfinite(values)
    n = known.sum(axis=axis)
    sums = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(n > 0, sums / np.maximum(n, 1), np.nan)


def is_constant(values: FloatArray) -> BoolArray:
    """Return whether values (..., n_points) are constant over the last axis, (...)."""
    values = np.asarray(values, dtype=np.float64)
    if values.shape[-1] < 2:
        return np.ones(values.shape[:-1], dtype=bool)
    spread = ((values - values.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return is_rounding(spread, np.abs(values).max(axis=-1), values.shape[-1])


def is_rounding(spread: FloatArray, largest: FloatArray, n_points: int | IntArray) -> BoolArray:
    """Return whether sums of squared deviations over `n_points` are no more than rounding of values up to `largest`."""
    return np.asarray(spread <= n_points * (ROUNDING * largest) ** 2)


def _deviations(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return deviations from each column's mean and their sums of squares, NaN where the column is constant."""
    away = values - values.mean(axis=0)
    spread = np.einsum("ij,ij->j", away, away)
    largest = np.maximum(values.max(axis=0), -values.min(axis=0))
    return away, np.where(is_rounding(spread, largest, len(values)), np.nan, spread)


def _unit(values: FloatArray) -> FloatArray:
    """Return deviations from the mean of the last axis at length 1; NaN where the values are constant."""
    values = np.asarray(values, dtype=np.float64)  # a mean of float32 is further from its values than rounding is
    away = values - values.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(away, axis=-1, keepdims=True)
    flat = is_rounding(length**2, np.abs(values).max(axis=-1, keepdims=True), values.shape[-1])
    return np.asarray(away / np.where(flat, np.nan, length))
