"""The difference of two means, and what it is measured with: of groups, with covariates, of pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np

from emotopy.inference.effect_sizes import average_deviation, bias_correction, noncentral_interval
from emotopy.inference.freedman_lane import ColumnDesign
from emotopy.inference.unit_means import FEWEST_FOR_G, moments
from emotopy.inference.welch import welch_df
from emotopy.records.axes import BoolArray, FloatArray, IntArray


@attrs.frozen(eq=False)
class Contrast:
    """First minus second; arrays (n_columns,), NaN where undefined.

    Attributes
    ----------
    ns, means : (2, n_columns)
    difference, error, df
        Difference, its standard error, and the degrees of freedom of their ratio t.
    scale, scale_df
        The standardiser of g and its degrees of freedom.
    usable
        Columns that can be tested.
    """

    ns: IntArray
    means: FloatArray
    difference: FloatArray
    error: FloatArray
    df: FloatArray
    scale: FloatArray
    scale_df: FloatArray
    usable: BoolArray

    @property
    def t(self) -> FloatArray:
        """Difference over standard error: 0 without a difference, infinite where only the error is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.where(self.difference == 0, 0.0, self.difference / self.error)
        return np.asarray(np.where(self.usable, t, np.nan))

    @property
    def known(self) -> BoolArray:
        """Columns that have an effect size: five units on each side, and they vary."""
        return np.asarray(self.usable & (self.ns.min(axis=0) >= FEWEST_FOR_G) & (self.scale > 0))

    @property
    def ratio(self) -> FloatArray:
        """Standard error in standardisers: from a t to a g."""
        nothing = np.full(len(self.scale), np.nan)
        return np.asarray(np.divide(self.error, self.scale, out=nothing, where=self.known))

    @property
    def g(self) -> FloatArray:
        """Hedges' g."""
        raw = np.divide(self.difference, self.scale, out=np.full(len(self.scale), np.nan), where=self.known)
        return np.asarray(bias_correction(self.scale_df) * raw)

    def normal_interval(self) -> tuple[FloatArray, FloatArray]:
        """Return the ends of g's interval if values are normal: noncentral t (Delacre et al. 2021)."""
        low, high = noncentral_interval(np.where(self.known, self.t, np.nan), self.df)
        return low * self.ratio, high * self.ratio


def contrast_of_groups(values: FloatArray, is_first: BoolArray) -> Contrast:
    """Return the contrast of unit means (n_units, n_columns) between the first group and the others (Welch)."""
    sides = [values[is_first], values[~is_first]]
    ns = np.stack([(~np.isnan(side)).sum(axis=0) for side in sides])
    means, variances = moments(sides)
    usable = ns.min(axis=0) >= 2
    many = np.maximum(ns, 2)  # what isn't usable mustn't divide by zero
    scale, scale_df = average_deviation(variances, many)
    error = np.sqrt((variances / many).sum(axis=0))
    return Contrast(ns, means, means[0] - means[1], error, welch_df(variances, many), scale, scale_df, usable)


def with_covariates(
    contrast: Contrast, values: FloatArray, designs: Sequence[ColumnDesign], n_covariates: int
) -> Contrast:
    """Return the contrast adjusted for covariates: coefficients with HC3 errors, means at the covariates' mean.

    g stays on the spread within groups before adjustment, so that it compares with a g without covariates.
    """
    difference, error = (np.full(values.shape[1], np.nan) for _ in range(2))
    for one in designs:
        own = values[np.ix_(one.units, one.columns)]
        coefficient, inflated = one.design.fit(own - own.mean(axis=0))
        difference[one.columns] = coefficient[0]
        error[one.columns] = np.sqrt(one.design.covariance(inflated)[:, 0, 0])
    # a least-squares fit goes through the mean of everything
    overall = moments([values])[0][0]
    share = contrast.ns[0] / np.maximum(contrast.ns.sum(axis=0), 1)
    return attrs.evolve(
        contrast,
        means=np.stack([overall + difference * (1 - share), overall - difference * share]),
        difference=difference,
        error=error,
        df=np.maximum(contrast.df - n_covariates, 1.0),
        usable=contrast.usable & ~np.isnan(difference),
    )


def contrast_of_pairs(first: FloatArray, second: FloatArray) -> Contrast:
    """Return the contrast within pairs, both (n_pairs, n_columns) and NaN at the same places."""
    ns = np.stack([(~np.isnan(first)).sum(axis=0)] * 2)
    means, variances = moments([first, second])
    difference, spread = (part[0] for part in moments([first - second]))
    many = np.maximum(ns, 2)
    scale, scale_df = average_deviation(variances, many, (variances.sum(axis=0) - spread) / 2)
    return Contrast(ns, means, difference, np.sqrt(spread / many[0]), many[0] - 1.0, scale, scale_df, ns[0] >= 2)


def bootstrap_interval(
    contrast: Contrast,
    ends: Callable[..., tuple[FloatArray, FloatArray]],
    sides: Sequence[FloatArray],
    n_resamples: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of g's interval, by the bootstrap `ends` of the columns that have a g; NaN without resamples."""
    low, high = np.full((2, len(contrast.known)), np.nan)
    if n_resamples:
        own = [side[:, contrast.known] for side in sides]
        low[contrast.known], high[contrast.known] = ends(*own, n_resamples=n_resamples, rng=rng)
    return low, high
