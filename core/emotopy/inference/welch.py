"""Welch's t and F of unit means between groups, and paired t, for very many relabellings at once.

Each group's moments are sums over its units, so a block of relabellings is one matrix product per group: (who is in
it) @ (values, squares, cubes). Values are centred and scaled per column first; sums of squares beside a large mean
would lose what is small.

A permutation test is exact where groups differ in nothing. Where they differ in spread, size or shape but not in mean,
it is as good as its statistic is *pivotal*: distributed alike whatever the groups' shapes. Plain Welch t isn't quite:
unit means of few texts are skewed, and with 15 units against 60 the degrees of freedom of the observed labelling are
not those of the relabelled. Both are corrected for in every labelling (docs/evidence-text.md has the rates with and
without): skewness by Hall's transformation, degrees of freedom by going from t to the normal deviate of the same
probability.
Sources: Welch 1938, Biometrika 29:350; Welch 1951, Biometrika 38:330; Hall 1992, J R Stat Soc B 54:221, for two groups
Zhou & Dinh 2005, Biostatistics 6:187; Wallace 1959, Ann Math Stat 30:1121; Paulson 1942, Ann Math Stat 13:233;
pivotal statistics under permutation: Janssen 1997, Stat Probab Lett 36:9; Chung & Romano 2013, Ann Stat 41:484.
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.records.axes import FloatArray, IntArray
from emotopy.reference import defined_by

FLOOR = 1e-12
"""The smallest variance within a group, as a share of the column's: below is rounding, and 0 would divide."""


def standardise_columns(values: FloatArray) -> FloatArray:
    """Centre columns and divide them by their standard deviation; a column that is constant but for rounding is 0."""
    values = np.asarray(values, dtype=np.float64)
    n = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    largest = np.nanmax(np.abs(values), axis=0, initial=0.0)
    centred = values - np.nansum(values, axis=0) / n
    # twice: what the first mean lost to rounding
    centred -= np.nansum(centred, axis=0) / n
    deviation = np.sqrt(np.nansum(centred**2, axis=0) / n)
    varies = deviation > 1e-13 * largest
    return np.asarray(np.where(varies, centred / np.where(varies, deviation, 1.0), centred * 0.0))


@attrs.frozen(eq=False)
class Powers:
    """What group moments are sums of, made once: powers of standardised values, and who has a value.

    `table` is (n_units, (n_powers + 1) · n_columns); where no value is missing it lacks the last n_columns.
    """

    table: FloatArray
    n_columns: int
    n_powers: int

    @classmethod
    def of(cls, values: FloatArray, n_powers: int) -> Powers:
        """Make it from values (n_units, n_columns), NaN = none; `n_powers` 2 or 3."""
        values = standardise_columns(values)
        present = ~np.isnan(values)
        known = np.where(present, values, 0.0)
        parts = [known, known * known, known * known * known][:n_powers]
        if not present.all():
            parts.append(present.astype(np.float64))
        return cls(np.hstack(parts), values.shape[1], n_powers)

    @property
    def values(self) -> FloatArray:
        """The standardised values (n_units, n_columns), NaN = none."""
        known = self.table[:, : self.n_columns]
        if self.table.shape[1] == self.n_powers * self.n_columns:
            return known
        return np.asarray(np.where(self.table[:, self.n_powers * self.n_columns :] > 0, known, np.nan))


def _two_powers(values: FloatArray) -> Powers:
    return Powers.of(values, 2)


def _three_powers(values: FloatArray) -> Powers:
    return Powers.of(values, 3)


@attrs.frozen(eq=False)
class WelchZ:
    """The statistic |z|(labels) of two groups, for `values` (n_units, n_columns), NaN = unit has no value there.

    Attributes
    ----------
    fewest
        A column takes part in its family's maximum only where both groups have so many values there.
    """

    powers: Powers = attrs.field(converter=_three_powers, alias="values")
    fewest: int = 2

    @defined_by("emotopy.inference.relabelling_loops.welch_z")
    def __call__(self, labels: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return |z| (n_in_block, n_columns) for labels 0 and 1 (n_in_block, n_units), and what the family sees.

        It is 0 where a group has fewer than two values.
        """
        sides = group_moments(self.powers, labels, 2)
        parts = [side.variance / np.maximum(side.n, 1) for side in sides]
        square = parts[0] + parts[1]
        error = np.sqrt(square)
        t = (sides[0].mean - sides[1].mean) / error
        thirds = [side.third / np.maximum(side.n * side.n, 1) for side in sides]
        skewness = (thirds[0] - thirds[1]) / (square * error)
        dfs = [part * part / np.maximum(side.n - 1, 1) for part, side in zip(parts, sides, strict=True)]
        df = square * square / (dfs[0] + dfs[1])
        z = t_to_z(hall(t, skewness), df)
        smallest = np.minimum(sides[0].n, sides[1].n)
        z = np.where(smallest >= 2, np.abs(z), 0.0)
        return z, np.where(smallest >= self.fewest, z, 0.0)


@attrs.frozen(eq=False)
class WelchF:
    """The statistic of more groups: Welch's F as an exponentiated normal deviate; otherwise as `WelchZ`.

    Labels are 0 to n_groups − 1. Not corrected for skewness.
    """

    powers: Powers = attrs.field(converter=_two_powers, alias="values")
    n_groups: int
    fewest: int = 2

    def __call__(self, labels: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return exp z (n_in_block, n_columns) for labels (n_in_block, n_units), and what the family sees.

        It is 0 where a group has fewer than two values.
        """
        f, df, smallest = self.f(labels)
        z = np.where(smallest >= 2, np.exp(f_to_z(f, self.n_groups - 1, df)), 0.0)
        return z, np.where(smallest >= self.fewest, z, 0.0)

    @defined_by("emotopy.inference.relabelling_loops.welch_f")
    def f(self, labels: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return F, its second degrees of freedom, and the size of the smallest group, each (n_in_block, n_columns)."""
        groups = group_moments(self.powers, labels, self.n_groups)
        weights = [group.n / group.variance for group in groups]
        total, k = np.add.reduce(weights), self.n_groups
        centre = np.add.reduce([w * group.mean for w, group in zip(weights, groups, strict=True)]) / total
        between = np.add.reduce([w * (group.mean - centre) ** 2 for w, group in zip(weights, groups, strict=True)])
        uneven = np.add.reduce([(1 - w / total) ** 2 / np.maximum(group.n - 1, 1)
                                for w, group in zip(weights, groups, strict=True)])  # fmt: skip
        f = between / (k - 1) / (1 + 2 * (k - 2) / (k**2 - 1) * uneven)
        return f, (k**2 - 1) / (3 * uneven), np.minimum.reduce([group.n for group in groups])


@attrs.frozen(eq=False)
class Moments:
    """A group's number of values, mean, variance and third central moment, each (n_in_block, n_columns)."""

    n: FloatArray
    mean: FloatArray
    variance: FloatArray
    third: FloatArray


def group_moments(powers: Powers, labels: IntArray, n_groups: int) -> list[Moments]:
    """Return each group's moments under each labelling (n_in_block, n_units); two powers leave the third moment 0."""
    sums = [(labels == group).astype(np.float64) @ powers.table for group in range(n_groups - 1)]
    sums.append(powers.table.sum(axis=0) - np.add.reduce(sums))  # the last group is what the others leave
    found = []
    for group, own in enumerate(sums):
        parts = [own[:, start : start + powers.n_columns] for start in range(0, own.shape[1], max(powers.n_columns, 1))]
        # without missing values a group is as large in every column
        complete = len(parts) == powers.n_powers
        n = (labels == group).sum(axis=1, keepdims=True).astype(np.float64) if complete else parts[-1]
        many = np.maximum(n, 1)
        mean, square = parts[0] / many, parts[1] / many
        spread = square - mean * mean
        variance = np.maximum(spread * many / np.maximum(n - 1, 1), FLOOR)
        third = np.zeros_like(mean)
        if powers.n_powers == 3:
            third = np.where(spread > FLOOR, parts[2] / many - mean * (3 * square - 2 * mean * mean), 0.0)
        found.append(Moments(n, mean, variance, third))
    return found


def hall(t: FloatArray, skewness: FloatArray) -> FloatArray:
    """Return t corrected for the skewness of the difference of means (that of one value ÷ √n); monotone in t."""
    bent = skewness * t / 3
    return np.asarray(t * (1 + bent * (1 + bent / 3)) + skewness / 6)


def t_to_z(t: FloatArray, df: FloatArray | float) -> FloatArray:
    """Return the normal deviate that is as improbable as t (Wallace's approximation)."""
    size = (8 * df + 1) / (8 * df + 3) * np.sqrt(df * np.log1p(t * t / df))
    return np.asarray(np.sign(t) * size)


def z_to_t(z: float, df: float) -> float:
    """Return the t of a normal deviate, the inverse of `t_to_z`; z ≥ 0."""
    return float(np.sqrt(df * np.expm1((z * (8 * df + 3) / (8 * df + 1)) ** 2 / df)))


def f_to_z(f: FloatArray, df_1: float, df_2: FloatArray | float) -> FloatArray:
    """Return the normal deviate that is as improbable as F (Paulson's approximation)."""
    root, a, b = np.cbrt(f), 2 / (9 * df_1), 2 / (9 * df_2)
    return np.asarray(((1 - b) * root - (1 - a)) / np.sqrt(b * root * root + a))


def welch_df(variances: FloatArray, ns: FloatArray) -> FloatArray:
    """Return Welch–Satterthwaite degrees of freedom of a difference of means; both (2, …), 0 where nothing varies."""
    parts = variances / ns
    denominator = (parts**2 / (ns - 1)).sum(axis=0)
    return np.asarray(
        np.divide(parts.sum(axis=0) ** 2, denominator, out=np.zeros_like(denominator), where=denominator > 0)
    )


@attrs.frozen(eq=False)
class PairedZ:
    """The statistic |z|(signs) of differences (n_pairs, n_columns): as `WelchZ`, for signs (n_in_block, n_pairs).

    Degrees of freedom don't change with flips, and differences whose signs can be flipped are symmetric: nothing else
    needs correcting.
    """

    gap: FloatArray
    fewest: int = 2

    @defined_by("emotopy.inference.relabelling_loops.paired_z")
    def __call__(self, signs: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return |z| (n_in_block, n_columns), and |z| for the family's maximum."""
        present = ~np.isnan(self.gap)
        gap = np.where(present, self.gap, 0.0)
        n = np.maximum(present.sum(axis=0), 1)
        size = np.sqrt((gap**2).sum(axis=0) / n)
        mean = signs.astype(np.float64) @ np.divide(gap, size, out=np.zeros_like(gap), where=size > 0) / n
        # flips don't change the mean square, which is 1 here
        t = mean * np.sqrt(np.maximum(n - 1, 1) / np.maximum(1 - mean**2, FLOOR))
        z = np.abs(t_to_z(t, np.maximum(n - 1, 1)))
        return z, np.where(n >= self.fewest, z, 0.0)
