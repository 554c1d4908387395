"""A course through texts that lie in time: kernel-weighted means, how wide the kernel is, and an interval.

The course at a moment is a ratio of weighted sums over texts, weights falling with their distance from the moment as a
Gaussian does (Nadaraya 1964, Theory of Probability and Its Applications 9:141; Watson 1964, Sankhyā A 26:359). As the
kernel grows it becomes the plain mean over texts that `regions.csv` holds. Beyond three bandwidths a text doesn't
count, so that a gap in time is a gap in the course.

The interval is for the course *as smoothed*: a kernel flattens what is narrower than itself (Wasserman 2006, All of
Nonparametric Statistics, §5.7). From five units on, units are drawn anew; below, the noise between neighbouring texts
of the one series says how far its means stray.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.host import checkpoint
from emotopy.inference.autocorrelated_noise import CHOICES, column_variances, fit_noise, power
from emotopy.inference.intervals import FEWEST_UNITS, ratio_intervals
from emotopy.records.axes import FloatArray, IntArray

REACH = 3.0
"""Bandwidths beyond which a text has no weight."""
FEWEST_EFFECTIVE_UNITS = 4.0
"""Where fewer units share the weight, an interval over units says nothing."""
FEWEST_FREQUENCIES = 5
"""Fewer frequencies than these above those of the course don't tell the noise."""
BANDWIDTHS = tuple(float(share) for share in np.geomspace(0.02, 0.5, 12))
"""What cross-validation chooses from, as shares of the span."""
MOST_LEFT_OUT = 400
"""Texts that cross-validation predicts, spread evenly over a longer series."""


def kernel_weights(moments: FloatArray, times: FloatArray, bandwidth: float) -> FloatArray:
    """Return the weight of each text at each moment, (n_moments, n_texts); 1 at distance 0.

    >>> kernel_weights(np.array([0.0]), np.array([0.0, 2.0, 7.0]), bandwidth=2.0).round(3)
    array([[1.   , 0.607, 0.   ]])
    """
    distance = (moments[:, None] - times[None, :]) / bandwidth
    return np.asarray(np.where(np.abs(distance) <= REACH, np.exp(-0.5 * distance**2), 0.0))


@attrs.frozen(eq=False)
class Course:
    """A course at `n_moments` moments: `values`, `low`, `high` (n_moments, n_columns), NaN where nothing is known.

    `n_effective` (n_moments,) is the number of texts of equal weight that would tell as much (Kish 1965).
    """

    values: FloatArray
    low: FloatArray
    high: FloatArray
    n_effective: FloatArray


def smooth(numerator: FloatArray, denominator: FloatArray, weights: FloatArray) -> FloatArray:
    """Return Σ weight · numerator / Σ weight · denominator, (n_moments, n_columns), NaN where the denominator is 0.

    Parameters
    ----------
    numerator, denominator
        (n_texts, n_columns); a plain mean has a denominator of ones.
    weights
        (n_moments, n_texts) of `kernel_weights`.

    Raises ShapeError where the three don't fit.
    """
    if numerator.ndim != 2 or numerator.shape != denominator.shape or weights.shape[1:] != numerator.shape[:1]:
        raise ShapeError(
            "numerator, denominator, weights: wanted (n_texts, n_columns) twice and (n_moments, n_texts), got "
            f"{numerator.shape}, {denominator.shape}, {weights.shape}"
        )
    total = weights @ denominator
    return np.asarray(np.divide(weights @ numerator, total, out=np.full_like(total, np.nan), where=total > 0))


def unit_course(
    numerator: FloatArray,
    denominator: FloatArray,
    weights: FloatArray,
    units: IntArray,
    *,
    n: int = 1000,
    confidence: float = 0.95,
    seed: Sequence[int] = (0,),
) -> Course:
    """Return the course with an interval from drawing units anew, the same draws at every moment.

    `units` (n_texts,) number the units. As `ratio_intervals`; NaN, too, where the weight lies with fewer than four
    effective units.
    """
    order = np.argsort(units, kind="stable")
    numerator, denominator, weights = numerator[order], denominator[order], weights[:, order]
    starts = np.flatnonzero(np.diff(units[order], prepend=-1))
    values = smooth(numerator, denominator, weights)
    low, high = np.full_like(values, np.nan), np.full_like(values, np.nan)
    for i, weight in enumerate(weights):
        by_unit = np.add.reduceat(weight, starts)
        if effective(by_unit[None])[0] < FEWEST_EFFECTIVE_UNITS:
            continue
        sums = [np.add.reduceat(weight[:, None] * part, starts, axis=0) for part in (numerator, denominator)]
        low[i], high[i] = ratio_intervals(sums[0], sums[1], n=n, confidence=confidence, rng=np.random.default_rng(seed))
    return Course(values, low, high, effective(weights))


def serial_course(
    numerator: FloatArray,
    denominator: FloatArray,
    weights: FloatArray,
    residuals: FloatArray,
    *,
    first: int,
    longest: float,
    confidence: float = 0.95,
) -> Course:
    """Return the course of one series with an interval from the noise between its texts; rows are in time order.

    Parameters
    ----------
    residuals
        (n_texts, n_columns), as `residuals_of` gives them.
    first
        The lowest frequency (cosine coefficient) that is noise; the course holds those below.
    longest
        The longest memory of the noise, in texts; what lasts longer than the kernel is course.

    The noise's variance is taken as the same all along. NaN where fewer than five frequencies are left.
    """
    from scipy.stats import t

    values = smooth(numerator, denominator, weights)
    powers = power(residuals)
    n_frequencies = len(powers) - first + 1
    if n_frequencies < FEWEST_FREQUENCIES:
        unknown = np.full_like(values, np.nan)
        return Course(values, unknown, unknown, effective(weights))
    size = powers[first - 1 :].mean(axis=0)
    moves = size > 1e-18 * np.nanmax(values**2, axis=0, initial=1e-300)
    scaled = powers[:, moves] / size[moves]
    choice, _ = fit_noise(scaled.sum(axis=1)[None], max(1, int(moves.sum())), first=first, longest=longest)
    noise = CHOICES[int(choice[0])]
    variances = np.where(moves, column_variances(powers, noise, first=first), 0.0)
    total = np.where(weights.any(axis=1), weights.sum(axis=1), np.nan)[:, None]
    error = np.sqrt(noise.variance_of_sums(weights)[:, None] * variances) / total
    reach = float(t.ppf(0.5 + confidence / 2, n_frequencies)) * error
    return Course(values, values - reach, values + reach, effective(weights))


def residuals_of(numerator: FloatArray, denominator: FloatArray, times: FloatArray, bandwidth: float) -> FloatArray:
    """Return (numerator − course · denominator) / mean denominator at each text, (n_texts, n_columns).

    Course and mean are smoothed. The result is what the text adds to the course where it stands (the linearised
    ratio), in the unit of the course. A region that few texts are assigned to early on, and many later, so has noise
    of one size all along.
    """
    block = max(1, 4_000_000 // len(times))
    parts = []
    for start in range(0, len(times), block):
        checkpoint()
        here = slice(start, start + block)
        weights = kernel_weights(times[here], times, bandwidth)
        usual = smooth(denominator, np.ones_like(denominator), weights)
        left = numerator[here] - np.nan_to_num(smooth(numerator, denominator, weights)) * denominator[here]
        parts.append(np.divide(left, usual, out=np.zeros_like(left), where=usual > 0))
    return np.concatenate(parts)


def first_frequency(span: float, bandwidth: float) -> int:
    """Return the lowest cosine coefficient of a series that its smoothing leaves in the residuals, nine tenths of it.

    >>> first_frequency(span=100.0, bandwidth=10.0)
    7
    """
    return max(1, int(np.ceil(np.sqrt(2 * np.log(10)) * span / (np.pi * bandwidth) - 1e-9)))


def choose_bandwidth(series: Sequence[tuple[FloatArray, FloatArray, IntArray]], span: float) -> float:
    """Choose the bandwidth that best predicts texts from others, out of twelve between 2 % and 50 % of the span.

    Parameters
    ----------
    series
        One per group: times (n_texts,) ascending, values (n_texts, n_columns), units (n_texts,). Each text is predicted
        from its own group without its unit, or, where there are fewer than five units, without its unit's nearest
        neighbours: texts that resemble each other because they are neighbours would call for a kernel too narrow
        (Chu & Marron 1991, Annals of Statistics 19:1906).
    span
        From the first to the last time of all, > 0.
    """
    errors = np.zeros(len(BANDWIDTHS))
    for times, values, units in series:
        n_texts = len(times)
        targets = np.unique(np.arange(min(n_texts, MOST_LEFT_OUT)) * n_texts // min(n_texts, MOST_LEFT_OUT))
        near = units[targets][:, None] == units[None, :]
        if len(np.unique(units)) < FEWEST_UNITS:
            place = np.empty(n_texts, dtype=np.int64)
            for unit in np.unique(units):
                place[units == unit] = np.arange(np.count_nonzero(units == unit))
            near &= np.abs(place[targets][:, None] - place[None, :]) <= np.ceil(n_texts ** (1 / 3) / 2)
        ones, everywhere = np.ones_like(values), (~near).astype(np.float64)
        plain = smooth(values, ones, everywhere)
        for i, share in enumerate(BANDWIDTHS):
            checkpoint()
            weights = np.where(near, 0.0, kernel_weights(times[targets], times, share * span))
            predicted = smooth(values, ones, weights)
            missed = values[targets] - np.where(np.isnan(predicted), plain, predicted)
            errors[i] += np.nansum(missed**2) * n_texts / len(targets)
    return BANDWIDTHS[int(np.argmin(errors))] * span


def effective(weights: FloatArray) -> FloatArray:
    """Return (Σ weights)² / Σ weights² of each row, 0 where there is no weight."""
    squares = (weights**2).sum(axis=1)
    return np.asarray(np.divide(weights.sum(axis=1) ** 2, squares, out=np.zeros_like(squares), where=squares > 0))
