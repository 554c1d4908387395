"""Welch's F of unit means between groups, for very many relabellings at once.

With two groups it is the square of Welch's t. Each group's mean and variance are its sum and sum of squares, so a block
of relabellings is one matrix product per group: (who is in it) @ (values, squares). Values are centred and scaled per
column first; sums of squares of values beside a large mean would lose what is small.
Sources: Welch 1938, Biometrika 29:350; Welch 1951, Biometrika 38:330.
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.records.axes import FloatArray, IntArray

_FLOOR = 1e-12
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
class WelchF:
    """The statistic F(labels) for `values` (n_units, n_columns), NaN = unit has no value in that column.

    Attributes
    ----------
    n_groups
        Labels are 0 to n_groups − 1.
    fewest
        A column takes part in its family's maximum only where every group has so many values there; a t of two values
        has tails so heavy that it would hide every other column.
    """

    values: FloatArray = attrs.field(converter=standardise_columns)
    n_groups: int
    fewest: int = 2

    def __call__(self, labels: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return F (n_in_block, n_columns) for labels (n_in_block, n_units), and F for the family's maximum.

        F is 0 where a group has fewer than two values.
        """
        present = ~np.isnan(self.values)
        values = np.where(present, self.values, 0.0)
        complete = bool(present.all())
        parts = [values, values**2] if complete else [values, values**2, present.astype(np.float64)]
        sums = _group_sums(np.hstack(parts), labels, self.n_groups)
        n_columns = values.shape[1]
        ns, means, weights = [], [], []
        for group, table in enumerate(sums):
            total, squares = table[:, :n_columns], table[:, n_columns : 2 * n_columns]
            n = (labels == group).sum(axis=1, keepdims=True).astype(float) if complete else table[:, 2 * n_columns :]
            mean = total / np.maximum(n, 1)
            variance = np.maximum((squares - total * mean) / np.maximum(n - 1, 1), _FLOOR)
            ns.append(n)
            means.append(mean)
            weights.append(n / variance)
        f = _welch_f(ns, means, weights)
        smallest = np.minimum.reduce(ns)
        f = np.where(smallest >= 2, f, 0.0)
        return f, np.where(smallest >= self.fewest, f, 0.0)


def welch_df(variances: FloatArray, ns: FloatArray) -> FloatArray:
    """Return Welch–Satterthwaite degrees of freedom of a difference of means; both (2, …), 0 where nothing varies."""
    parts = variances / ns
    below = (parts**2 / (ns - 1)).sum(axis=0)
    return np.asarray(np.divide(parts.sum(axis=0) ** 2, below, out=np.zeros_like(below), where=below > 0))


def _group_sums(table: FloatArray, labels: IntArray, n_groups: int) -> list[FloatArray]:
    """Return each group's column sums of the table (n_units, …) per relabelling; the last is what the others leave."""
    sums = [(labels == group).astype(np.float64) @ table for group in range(n_groups - 1)]
    rest = table.sum(axis=0) - np.add.reduce(sums)
    return [*sums, rest]


def _welch_f(ns: list[FloatArray], means: list[FloatArray], weights: list[FloatArray]) -> FloatArray:
    k = len(ns)
    if k == 2:
        return np.asarray((means[0] - means[1]) ** 2 / (1 / weights[0] + 1 / weights[1]))
    total = np.add.reduce(weights)
    centre = np.add.reduce([weight * mean for weight, mean in zip(weights, means, strict=True)]) / total
    squares = [weight * (mean - centre) ** 2 for weight, mean in zip(weights, means, strict=True)]
    uneven = [(1 - weight / total) ** 2 / np.maximum(n - 1, 1) for weight, n in zip(weights, ns, strict=True)]
    between = np.add.reduce(squares) / (k - 1)
    return np.asarray(between / (1 + 2 * (k - 2) / (k**2 - 1) * np.add.reduce(uneven)))
