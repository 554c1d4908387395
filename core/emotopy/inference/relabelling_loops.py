"""The permutation tests of the comparison by definition: one relabelling and one column at a time (reference mode).

The functions take the place of methods and functions of `welch`, `freedman_lane` and `max_t`, whose docstrings name the
sources. Both ways share the formulas that bend t (`hall`, `t_to_z`, `f_to_z`) and the Wald F. Equal to 1e-8.
"""

from __future__ import annotations

import numpy as np

from emotopy.inference.freedman_lane import FLOOR as LEAST_SQUARE
from emotopy.inference.freedman_lane import ColumnDesign, FreedmanLane, wald_f
from emotopy.inference.max_t import TIE, FamilyTest
from emotopy.inference.permutations import Relabellings, Statistic
from emotopy.inference.welch import FLOOR, PairedZ, WelchF, WelchZ, f_to_z, hall, t_to_z
from emotopy.records.axes import FloatArray, IntArray


def welch_z(statistic: WelchZ, labels: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return what `WelchZ` returns: |z| of Welch's t, corrected for skewness (Hall) and its degrees of freedom."""
    values = statistic.powers.values
    found = np.zeros((len(labels), values.shape[1]))
    for_family = np.zeros_like(found)
    for row, labelling in enumerate(labels):
        for column in range(values.shape[1]):
            groups = _groups(values[:, column], labelling, 2)
            n = [len(group) for group in groups]
            if min(n) >= 2:
                found[row, column] = _welch_z(*groups)
            if min(n) >= max(statistic.fewest, 2):
                for_family[row, column] = found[row, column]
    return found, for_family


def _welch_z(first: FloatArray, second: FloatArray) -> float:
    n, m = len(first), len(second)
    (mean_1, variance_1, third_1), (mean_2, variance_2, third_2) = _moments(first), _moments(second)
    square = variance_1 / n + variance_2 / m
    t = (mean_1 - mean_2) / square**0.5
    skewness = (third_1 / n**2 - third_2 / m**2) / square**1.5
    df = square**2 / ((variance_1 / n) ** 2 / (n - 1) + (variance_2 / m) ** 2 / (m - 1))
    return float(abs(t_to_z(hall(t, skewness), df)))


def welch_f(statistic: WelchF, labels: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what `WelchF.f` returns: Welch's F (1951), its second degrees of freedom, the size of the smallest group.

    F and its degrees of freedom are defined where every group has two values or more; elsewhere they are 0 and 1.
    """
    values, k = statistic.powers.values, statistic.n_groups
    f, df, smallest = np.zeros((3, len(labels), values.shape[1]))
    df += 1
    for row, labelling in enumerate(labels):
        for column in range(values.shape[1]):
            groups = _groups(values[:, column], labelling, k)
            smallest[row, column] = min(len(group) for group in groups)
            if smallest[row, column] < 2:
                continue
            weights = [len(group) / _moments(group)[1] for group in groups]
            centre = sum(w * group.mean() for w, group in zip(weights, groups, strict=True)) / sum(weights)
            between = sum(w * (group.mean() - centre) ** 2 for w, group in zip(weights, groups, strict=True)) / (k - 1)
            uneven = sum((1 - w / sum(weights)) ** 2 / (len(group) - 1)
                         for w, group in zip(weights, groups, strict=True))  # fmt: skip
            f[row, column] = between / (1 + 2 * (k - 2) / (k**2 - 1) * uneven)
            df[row, column] = (k**2 - 1) / (3 * uneven)
    return f, df, smallest


def paired_z(statistic: PairedZ, signs: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return what `PairedZ` returns: |z| of the paired t of differences whose signs are flipped."""
    found = np.zeros((len(signs), statistic.gap.shape[1]))
    for_family = np.zeros_like(found)
    for row, flips in enumerate(signs):
        for column, gap in enumerate(statistic.gap.T):
            present = ~np.isnan(gap)
            flipped, n = (gap * flips)[present], int(present.sum())
            if n and (flipped != 0).any():
                square = np.mean(flipped**2)
                # the variance around the mean, at least a share of the mean square
                spread = max(square - flipped.mean() ** 2, FLOOR * square) / max(n - 1, 1)
                found[row, column] = abs(t_to_z(flipped.mean() / np.sqrt(spread), max(n - 1, 1)))
            if n >= statistic.fewest:
                for_family[row, column] = found[row, column]
    return found, for_family


def freedman_lane(statistic: FreedmanLane, orders: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return what `FreedmanLane` returns: residuals of the reduced model, put in another order and fitted again."""
    found = np.zeros((len(orders), statistic.values.shape[1]))
    for_family = np.zeros_like(found)
    for one in statistic.designs:
        for column in one.columns:
            values = statistic.values[one.units, column]
            residuals = values - _fitted(one.design.reduced, values)
            for row, order in enumerate(orders):
                own = [int(np.flatnonzero(one.units == unit)[0]) for unit in order if unit in one.units]
                found[row, column] = _hc3_statistic(one, residuals[own])
                if one.in_family:
                    for_family[row, column] = found[row, column]
    return found, for_family


def _hc3_statistic(one: ColumnDesign, values: FloatArray) -> float:
    """Fit the full model by least squares; return |z| of one group coefficient, or exp z of the Wald F of more.

    The regressors of the groups come without what covariates tell of them, which changes no coefficient (Frisch &
    Waugh 1933).
    """
    design = one.design
    regressors = np.hstack([design.reduced, design.own])
    q = design.own.shape[1]
    solve = np.linalg.pinv(regressors)  # (XᵀX)⁻¹ Xᵀ
    residuals = values - regressors @ (solve @ values)
    leverage = np.diag(regressors @ solve)
    inflated = residuals / np.maximum(1 - leverage, 1e-6)
    groups = solve[-q:]
    coefficients, covariance = groups @ values, groups @ np.diag(inflated**2) @ groups.T  # HC3
    if q == 1:
        error = np.sqrt(max(covariance[0, 0], LEAST_SQUARE * (groups**2).sum()))
        skewness = (groups[0] ** 3 @ inflated**3) / error**3
        return float(abs(t_to_z(hall(coefficients[0] / error, skewness), design.df)))
    f = wald_f(coefficients[:, None], covariance[None])[0]
    return float(np.exp(f_to_z(f, q, design.df)))


def compare_with_relabellings(statistic: Statistic, relabellings: Relabellings, families: IntArray) -> FamilyTest:
    """Return what `max_t.compare_with_relabellings` does: every labelling's statistic is kept, and then counted."""
    rows = [statistic(labelling[None]) for block in relabellings.blocks for labelling in block]
    every, for_family = (np.array([row[part][0] for row in rows]) for part in (0, 1))
    n, n_columns = every.shape
    p, p_min, p_family, q = np.full((4, n_columns), np.nan)
    for column in range(n_columns):
        observed = every[0, column] * (1 - TIE)
        p[column] = sum(every[:, column] >= observed) / n
        p_min[column] = sum(every[:, column] >= every[:, column].max() * (1 - TIE)) / n
        if for_family[0, column] > 0 or every[0, column] == 0:
            mine = families == families[column]
            p_family[column] = sum(row[mine].max() >= observed for row in for_family) / n
    thresholds = []
    for family in np.unique(families):
        mine = np.flatnonzero(families == family)
        q[mine] = _benjamini_hochberg(p[mine])
        allowed = int(0.05 * n + 1e-9)  # so many may reach the observed, itself included
        maxima = sorted((row[mine].max() for row in for_family), reverse=True)
        thresholds.append(maxima[allowed - 1] if allowed and maxima[allowed - 1] > 0 else np.inf)
    return FamilyTest(p, p_min, p_family, q, np.array(thresholds))


def _benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Q of each p: the smallest p_j · m / rank_j over all p_j that are at least as large."""
    m = len(p)
    share = [one * m / sum(p <= one) for one in p]
    return np.array([min(1.0, *(s for s, other in zip(share, p, strict=True) if other >= one)) for one in p])


def _fitted(regressors: FloatArray, values: FloatArray) -> FloatArray:
    return np.asarray(regressors @ np.linalg.lstsq(regressors, values, rcond=None)[0])


def _groups(values: FloatArray, labelling: IntArray, n_groups: int) -> list[FloatArray]:
    """Return each group's known values; they are standardised over all units."""
    present = ~np.isnan(values)
    return [values[present & (labelling == group)] for group in range(n_groups)]


def _moments(group: FloatArray) -> tuple[float, float, float]:
    """Return mean, sample variance and third central moment.

    A variance below the floor counts as the floor, since 0 would divide; there is no third moment then.
    """
    n, mean = len(group), float(group.sum()) / len(group)
    away = group - mean
    squares = float(away @ away)
    third = float(away @ (away * away)) / n if squares / n > FLOOR else 0.0
    return mean, max(squares / (n - 1), FLOOR), third
