"""How far apart the mean profiles of groups lie, without the bias that noise has on distances.

The squared distance of two noisy means is too large by the noise of both: |x̄_a − x̄_b|² estimates |μ_a − μ_b|² +
tr V, with V = Σ_a/n_a + Σ_b/n_b. Here tr V is taken off. What is left equals the mean, over all ways to take two
different units of each group, of the product of their two differences. Every product is of independent halves, so this
is what cross-validating over ever more splits comes to (as the crossnobis distance of Walther et al. 2016, NeuroImage
137, without its whitening). It is unbiased: groups of one kind scatter around 0, so values below 0 occur and mean that
no distance is seen.

p is of the ANOVA-type statistic |x̄_a − x̄_b|² / tr V, whose null is close to χ²_f / f with f = (tr V)²/tr V²
(Box 1954; Brunner, Dette & Munk 1997). Intervals are of a studentised bootstrap over units.
"""

from __future__ import annotations

from itertools import combinations

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.inference.intervals import bootstrap_deviations
from emotopy.records.axes import FloatArray, IntArray

FEWEST_UNITS = 5
"""Below it in a group there is no interval and no p: so few units don't tell their own spread."""


@attrs.frozen(eq=False)
class Distances:
    """Squared distances of group means, per column; arrays are (n_pairs,), in the order of `itertools.combinations`.

    `first` and `second` are the numbers of the groups; `distance` is unbiased, `low` and `high` its interval; `p` is of
    the null that the means are equal, `p_family` the same corrected for all pairs (Holm 1979).
    """

    first: IntArray
    second: IntArray
    distance: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    p_family: FloatArray


def group_distances(
    values: FloatArray, groups: IntArray, *, n: int = 1000, confidence: float = 0.95, rng: np.random.Generator
) -> Distances:
    """Return the squared distances between the means of all pairs of groups.

    Parameters
    ----------
    values
        (n_units, n_columns): profiles of units, finite.
    groups
        (n_units,): the number of each unit's group, 0 to n_groups − 1, two units or more each.
    n, confidence, rng
        Of the bootstrap.

    Raises ShapeError for axes that don't fit, InputError for a group of fewer than two units.
    """
    values, groups = np.asarray(values, dtype=np.float64), np.asarray(groups)
    if values.ndim != 2 or groups.shape != (len(values),):
        raise ShapeError(
            f"wanted values (n_units, n_columns) and groups (n_units,), got {values.shape}, {groups.shape}"
        )
    sides = [_Mean.of(values[groups == group], n, rng) for group in range(int(groups.max(initial=-1)) + 1)]
    pairs = list(combinations(range(len(sides)), 2))
    found = np.array([_compared(sides[a] - sides[b], confidence) for a, b in pairs]).reshape(len(pairs), 4)
    distance, low, high, p = found.T
    first, second = np.array(pairs, dtype=np.int64).reshape(len(pairs), 2).T
    return Distances(first, second, distance, low, high, p, holm(p))


def paired_distance(
    first: FloatArray, second: FloatArray, *, n: int = 1000, confidence: float = 0.95, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Return distance, low, high and p of the means of two groups whose rows are pairs, both (n_pairs, n_columns)."""
    if first.shape != second.shape or first.ndim != 2:
        raise ShapeError(f"wanted two arrays (n_pairs, n_columns), got {first.shape} and {second.shape}")
    return _compared(_Mean.of(np.asarray(first - second, dtype=np.float64), n, rng), confidence)


def squared_distance(first: FloatArray, second: FloatArray) -> float:
    """Return the unbiased squared distance per column of two groups of units, (n_units, n_columns) each."""
    gap = first.mean(axis=0) - second.mean(axis=0)
    noise = [side.var(axis=0, ddof=1).sum() / len(side) for side in (first, second)]
    return float(gap @ gap - sum(noise)) / len(gap)


def holm(p: FloatArray) -> FloatArray:
    """Return p-values corrected by Holm's step-down; NaN stay NaN and count for nothing."""
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    stepped = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


@attrs.frozen(eq=False)
class _Mean:
    """A mean (n_columns,), the covariance of its error, deviations of its bootstrap (n, n_columns), and of how many."""

    mean: FloatArray
    covariance: FloatArray
    deviations: FloatArray
    n_units: int

    @classmethod
    def of(cls, values: FloatArray, n: int, rng: np.random.Generator) -> _Mean:
        n_units, n_columns = values.shape
        if n_units < 2:
            raise InputError(f"a distance needs two units or more in each group, got {n_units}")
        covariance = np.cov(values, rowvar=False).reshape(n_columns, n_columns) / n_units
        return cls(values.mean(axis=0), covariance, bootstrap_deviations(values, n, rng), n_units)

    def __sub__(self, other: _Mean) -> _Mean:
        return _Mean(
            self.mean - other.mean,
            self.covariance + other.covariance,
            self.deviations - other.deviations,
            min(self.n_units, other.n_units),
        )


def _compared(difference: _Mean, confidence: float) -> tuple[float, float, float, float]:
    """Return the unbiased squared length per column of a difference of means, its interval, and p."""
    from scipy.stats import chi2

    n_columns = len(difference.mean)
    length, noise = float(difference.mean @ difference.mean), float(np.trace(difference.covariance))
    distance = (length - noise) / n_columns
    if difference.n_units < FEWEST_UNITS:
        return distance, np.nan, np.nan, np.nan
    if noise == 0:
        return distance, distance, distance, float(length == 0)
    square_noise = float((difference.covariance**2).sum())

    def error_of(means: FloatArray) -> FloatArray:
        """Return the standard error of the squared lengths that means of these estimate."""
        signal = ((means @ difference.covariance) * means).sum(axis=-1) - square_noise
        return np.asarray(np.sqrt(4 * np.maximum(signal, 0) + 2 * square_noise))

    # A resample's squared length, its own noise taken off too, misses ours as ours misses the true one.
    drawn = difference.mean + difference.deviations
    t = ((drawn**2).sum(axis=1) - length - noise) / error_of(drawn)
    lower, upper = np.quantile(t, [(1 - confidence) / 2, (1 + confidence) / 2]) * error_of(difference.mean) / n_columns
    freedom = noise**2 / square_noise
    return distance, distance - upper, distance - lower, float(chi2.sf(length / noise * freedom, freedom))
