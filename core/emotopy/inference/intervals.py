"""Intervals for ratio means by a studentised bootstrap over units.

A group's value is a ratio of sums over its texts (a plain mean has the number of texts as its denominator). Units, not
texts, are drawn with replacement, since texts of one writer resemble each other. Percentile intervals of so few units
cover too little (0.86 at n = 5, 0.92 at 20), so the bootstrap is of t = (estimate* − estimate) / se*.
Source: Davison & Hinkley (1997), Bootstrap Methods and their Application, §5.2; linearised variance of a ratio §2.7.
"""

from __future__ import annotations

import numpy as np

from emotopy.errors import ShapeError
from emotopy.records import FloatArray

BLOCK = 20_000_000
"""Draws at a time, so that memory doesn't grow with the number of resamples."""


def draw_counts(n_units: int, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Return how often each unit is in each resample of as many units with replacement, (n_draws, n_units)."""
    picks = rng.integers(0, n_units, size=(n_draws, n_units))
    picks += np.arange(n_draws)[:, None] * n_units
    return np.bincount(picks.ravel(), minlength=n_draws * n_units).reshape(n_draws, n_units).astype(np.float64)


def resampled_sums(table: FloatArray, n: int, rng: np.random.Generator, *, n_at_once: int | None = None) -> FloatArray:
    """Return the sums of a table (n_units, n_columns) over each resample of its units, (n, n_columns)."""
    size = max(1, BLOCK // len(table)) if n_at_once is None else n_at_once
    found = np.empty((n, table.shape[1]))
    for start in range(0, n, size):
        found[start : start + size] = draw_counts(len(table), min(size, n - start), rng) @ table
    return found


def bootstrap_deviations(values: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """Return by how much resampled means differ from the mean, (n, n_columns), of units with replacement.

    Deviations of m units are stretched by √(m/(m − 1)), so that their variance estimates that of the mean without bias.
    `values` is (n_units, n_columns), two units or more.
    """
    n_units = len(values)
    found = resampled_sums(values - values.mean(axis=0), n, rng)
    return np.asarray(found / n_units * np.sqrt(n_units / (n_units - 1)))


FEWEST_UNITS = 5
"""Below this no interval is given: five values say too little about the spread of their own mean."""


def ratio_intervals(
    numerator: FloatArray, denominator: FloatArray, *, n: int = 1000, confidence: float = 0.95, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper ends, each (n_columns,), for the ratios of sums Σ numerator / Σ denominator.

    Parameters
    ----------
    numerator, denominator
        Sums per unit, both (n_units, n_columns). The denominator is ≥ 0; a column may be 0 for some units, but not for
        all.
    n
        Number of bootstrap resamples.
    confidence
        Confidence level of the interval, between 0 and 1.
    rng
        Source of the resamples; the order of units matters to it, so bring them into a canonical one.

    Returns NaN where fewer than five units contribute (`denominator` > 0) or the resamples leave an end open;
    a width of zero where all units are alike.

    Raises ShapeError where the two arrays differ in shape.
    """
    numerator, denominator = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    if numerator.ndim != 2 or numerator.shape != denominator.shape:
        raise ShapeError(
            "numerator, denominator: wanted two arrays (n_units, n_columns), got "
            f"{numerator.shape} and {denominator.shape}"
        )
    low, high = np.full((2, numerator.shape[1]), np.nan)
    usable = (denominator > 0).sum(axis=0) >= FEWEST_UNITS
    if not usable.any():
        return low, high
    numerator, denominator = numerator[:, usable], denominator[:, usable]
    total = denominator.sum(axis=0)
    estimate = numerator.sum(axis=0) / total
    # Deviations, not the values themselves: their squares would lose what is small beside a large mean.
    deviation = numerator - estimate * denominator
    error = np.sqrt((deviation**2).sum(axis=0)) / total
    spread = error > 1e-12 * np.sqrt((numerator**2).sum(axis=0)) / total  # less is rounding

    # Everything that a resample needs is a weighted sum over units, so all resamples are one matrix product per block.
    moments = np.hstack([deviation, denominator, deviation**2, deviation * denominator, denominator**2])
    deviations, denominators, deviation2, cross, denominator2 = np.split(resampled_sums(moments, n, rng), 5, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = deviations / denominators
        squares = deviation2 - 2 * shift * cross + shift**2 * denominator2
        # One unit drawn over and over has no spread but for rounding; its t is infinite on its side. So is that of a
        # spread so small beside its parts that rounding is more than 1e-9 of it.
        errors = np.sqrt(np.where(squares > 1e-6 * deviation2, squares, 0)) / denominators
        t = shift / errors
    for i, column in zip(np.flatnonzero(usable), range(t.shape[1]), strict=True):
        known = t[~np.isnan(t[:, column]), column]  # a resample without any text of the column tells nothing
        if not spread[column]:
            low[i] = high[i] = estimate[column]
        elif len(known):
            lower, upper = _tails(known, (1 - confidence) / 2)
            low[i], high[i] = estimate[column] - upper * error[column], estimate[column] - lower * error[column]
    low[~np.isfinite(low)], high[~np.isfinite(high)] = np.nan, np.nan
    return low, high


def _tails(values: FloatArray, tail: float) -> tuple[float, float]:
    """Return the quantiles `tail` and 1 − `tail` of the values (n,): order statistics (n + 1)·p, interpolated.

    Symmetric, and an infinite neighbour makes an infinite quantile, where `np.quantile` makes NaN of some.
    """
    ordered = np.sort(values)
    place = min(max(tail * (len(ordered) + 1) - 1, 0.0), (len(ordered) - 1) / 2)
    first, share = int(place), place - int(place)
    found = []
    next_ = min(first + 1, len(ordered) - 1)
    for outer, inner in ((ordered[first], ordered[next_]), (ordered[-1 - first], ordered[-1 - next_])):
        between = outer if np.isinf(outer) or np.isinf(inner) else outer + share * (inner - outer)
        found.append(float(between))
    return found[0], found[1]
