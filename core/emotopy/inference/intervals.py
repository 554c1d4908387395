"""Intervals for ratio means by a studentised bootstrap over units.

A group's value is a ratio of sums over its texts (a plain mean has the number of texts below the line). Units, not
texts, are drawn with replacement, since texts of one writer resemble each other. Percentile intervals of so few units
cover too little (0.86 at n = 5, 0.92 at 20), so the bootstrap is of t = (estimate* − estimate) / se*.
Source: Davison & Hinkley (1997), Bootstrap Methods and their Application, §5.2; linearised variance of a ratio §2.7.
"""

from __future__ import annotations

import numpy as np

from emotopy.errors import ShapeError
from emotopy.records import FloatArray

FEWEST_UNITS = 5
"""Below this no interval is given: five values say too little about the spread of their own mean."""


def ratio_intervals(
    above: FloatArray, below: FloatArray, *, n: int = 1000, coverage: float = 0.95, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper ends, each (n_columns,), for the ratios of sums Σ above / Σ below.

    Parameters
    ----------
    above, below
        Sums per unit, both (n_units, n_columns); `below` ≥ 0, and a column may be 0 for some units but not for all.
    n
        Number of bootstrap resamples.
    coverage
        Nominal coverage, between 0 and 1.
    rng
        Source of the resamples; the order of units matters to it, so bring them into a canonical one.

    Returns NaN where there are fewer than five units or the denominator is zero; a width of zero where all units are
    alike.

    Raises ShapeError where the two arrays differ in shape.
    """
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    if above.ndim != 2 or above.shape != below.shape:
        raise ShapeError(f"above, below: wanted two arrays (n_units, n_columns), got {above.shape} and {below.shape}")
    n_units, n_columns = above.shape
    low, high = np.full(n_columns, np.nan), np.full(n_columns, np.nan)
    usable = below.sum(axis=0) > 0
    if n_units < FEWEST_UNITS or not usable.any():
        return low, high
    above, below = above[:, usable], below[:, usable]
    total = below.sum(axis=0)
    estimate = above.sum(axis=0) / total
    error = np.sqrt(((above - estimate * below) ** 2).sum(axis=0)) / total

    # Everything that a resample needs is a weighted sum over units, so all resamples are one matrix product per block.
    moments = np.hstack([above, below, above**2, above * below, below**2])
    drawn = np.empty((n, moments.shape[1]))
    block = max(1, 20_000_000 // n_units)
    for start in range(0, n, block):
        stop = min(start + block, n)
        drawn[start:stop] = _counts(n_units, stop - start, rng) @ moments
    sum_above, sum_below, above2, cross, below2 = np.split(drawn, 5, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = sum_above / sum_below
        squares = above2 - 2 * resampled * cross + resampled**2 * below2
        errors = np.sqrt(np.maximum(squares, 0)) / sum_below
        t = (resampled - estimate) / errors
    # A resample of one unit over and over has no spread: its t is infinite on the side where its estimate lies.
    t = np.where(np.isnan(t), 0.0, t)
    tail = (1 - coverage) / 2
    lower, upper = np.quantile(t, [tail, 1 - tail], axis=0, method="inverted_cdf")
    with np.errstate(invalid="ignore"):
        low[usable] = np.where(error > 0, estimate - upper * error, estimate)
        high[usable] = np.where(error > 0, estimate - lower * error, estimate)
    low[~np.isfinite(low)], high[~np.isfinite(high)] = np.nan, np.nan
    return low, high


def _counts(n_units: int, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """How often each unit is in each resample, (n_draws, n_units)."""
    picks = rng.integers(0, n_units, size=(n_draws, n_units))
    picks += np.arange(n_draws)[:, None] * n_units
    return np.bincount(picks.ravel(), minlength=n_draws * n_units).reshape(n_draws, n_units).astype(np.float64)
