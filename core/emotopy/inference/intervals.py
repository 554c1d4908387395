"""Intervals for ratio means by a studentised bootstrap over units.

A group's value is a ratio of sums over its texts (a plain mean has the number of texts as its denominator). Units, not
texts, are drawn with replacement, since texts of one writer resemble each other. Percentile intervals of so few units
cover too little (0.86 at n = 5, 0.92 at 20), so the bootstrap is of t = (estimate* − estimate) / se*.
Source: Davison & Hinkley (1997), Bootstrap Methods and their Application, §5.2; linearised variance of a ratio §2.7.
"""

from __future__ import annotations

import numpy as np

from emotopy.errors import ShapeError
from emotopy.host import checkpoint
from emotopy.records import FloatArray, IntArray

BLOCK = 4_000_000
"""Counts at a time, 32 MB, so that memory doesn't grow with the number of resamples."""
FEWEST_AT_ONCE = 8
"""A matrix product of fewer resamples takes as long as one of so many."""
CACHED = 1 << 16
"""Draws that are counted at a time: they, and their counts, fit the processor's cache."""


def draw_counts(n_units: int, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Return how often each unit is in each resample of as many units with replacement, (n_draws, n_units).

    Draws come from one stream, resample after resample, so it doesn't matter how many are asked for at a time.
    """
    found = np.empty((n_draws, n_units))
    size = max(1, CACHED // n_units)
    for start in range(0, n_draws, size):
        counts = found[start : start + size]
        picks = rng.integers(0, n_units, size=counts.shape)
        picks += np.arange(len(counts))[:, None] * n_units
        counts[:] = np.bincount(picks.ravel(), minlength=counts.size).reshape(counts.shape)
    return found


def resampled_sums(table: FloatArray, n: int, rng: np.random.Generator, *, n_at_once: int | None = None) -> FloatArray:
    """Return the sums of a table (n_units, n_columns) over each resample of its units, (n, n_columns)."""
    size = max(FEWEST_AT_ONCE, BLOCK // len(table)) if n_at_once is None else n_at_once
    found = np.empty((n, table.shape[1]))
    for start in range(0, n, size):
        checkpoint()
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
    # Means over the same texts have the same denominator: one column stands for all of them.
    own, of = _distinct_columns(denominator)
    moments = [deviation, deviation**2, deviation * denominator, own, own**2]
    sums = resampled_sums(np.hstack(moments), n, rng)
    ends = np.cumsum([part.shape[1] for part in moments])[:-1]
    deviations, deviation2, cross, denominators, denominator2 = np.split(sums, ends, axis=1)
    denominators, denominator2 = denominators[:, of], denominator2[:, of]
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


def _distinct_columns(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the distinct columns of values (n, n_columns), and the place of each column among them."""
    place: dict[bytes, int] = {}
    of = [place.setdefault(column.tobytes(), len(place)) for column in values.T]
    first = [of.index(i) for i in range(len(place))]
    return values[:, first], np.array(of, dtype=np.int64)


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
