"""Welch's F and paired t² under relabellings, against scipy and formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emotopy.inference.paired import PairedF
from emotopy.inference.welch import WelchF, standardise_columns, welch_df

N_UNITS, N_COLUMNS, N_RELABELLINGS = 17, 5, 11


def welch_1951(groups):
    """Welch's F of one column, written out from the paper."""
    n = np.array([len(group) for group in groups])
    mean = np.array([group.mean() for group in groups])
    weight = n / np.array([group.var(ddof=1) for group in groups])
    k, share = len(groups), weight / weight.sum()
    centre = (share * mean).sum()
    below = 1 + 2 * (k - 2) / (k**2 - 1) * ((1 - share) ** 2 / (n - 1)).sum()
    return (weight * (mean - centre) ** 2).sum() / (k - 1) / below


def test_two_groups_give_the_square_of_welch_t(rng):
    """For every relabelling and column, as scipy's t without equal variances."""
    values = rng.standard_normal((N_UNITS, N_COLUMNS)) * [1, 10, 0.1, 1e-6, 1] + [0, 0, 0, 0, 1e6]
    labels = rng.permuted(np.tile(np.repeat([0, 1], [6, 11]), (N_RELABELLINGS, 1)), axis=1)
    f, for_family = WelchF(values, 2)(labels)
    for row, own in zip(f, labels, strict=True):
        t = stats.ttest_ind(values[own == 0], values[own == 1], equal_var=False).statistic
        np.testing.assert_allclose(row, t**2, rtol=1e-6)
    np.testing.assert_array_equal(f, for_family)


def test_more_groups_give_welch_f(rng):
    """Welch 1951, written out; four groups of different sizes and spreads."""
    labels = np.repeat([0, 1, 2, 3], [3, 4, 4, 6])
    values = rng.standard_normal((N_UNITS, N_COLUMNS)) * (1 + labels[:, None])
    f, _ = WelchF(values, 4)(labels[None])
    wanted = [welch_1951([column[labels == group] for group in range(4)]) for column in values.T]
    np.testing.assert_allclose(f[0], wanted, rtol=1e-9)


def test_missing_values_are_as_if_the_unit_were_not_there(rng):
    """In that column alone; 0 where a relabelling leaves a group with fewer than two values."""
    values = rng.standard_normal((N_UNITS, N_COLUMNS))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, 4] = np.nan
    values[[0, 8, 9, 10], 4] = [1.0, 2.0, 3.0, 5.0]
    labels = np.repeat([0, 1], [8, 9])
    f, _ = WelchF(values, 2)(labels[None])
    for column in range(4):
        own = ~np.isnan(values[:, column])
        sides = [values[own & (labels == group), column] for group in (0, 1)]
        assert f[0, column] == pytest.approx(stats.ttest_ind(*sides, equal_var=False).statistic ** 2)
    assert f[0, 4] == 0


def test_thin_columns_stay_out_of_the_family(rng):
    """Where a group has fewer values than `fewest`, the statistic for the family is 0."""
    values = rng.standard_normal((N_UNITS, 2))
    values[3:8, 1] = np.nan
    f, for_family = WelchF(values, 2, fewest=5)(np.repeat([0, 1], [8, 9])[None])
    assert (f > 0).all()
    assert for_family[0].tolist() == [f[0, 0], 0.0]


def test_columns_without_variance_are_defined():
    """Constant: 0. Constant within groups that differ: larger than anything that varies. No warnings."""
    labels = np.repeat([0, 1], [3, 4])
    separated = np.repeat([0.1, 0.7], [3, 4])
    values = np.stack([np.full(7, 0.1), separated, separated + 1e-3 * np.arange(7)], axis=1)
    f, _ = WelchF(values, 2)(labels[None])
    assert f[0, 0] == 0
    assert f[0, 1] > 1e9 > f[0, 2] > 0


def test_standardised_columns(rng):
    """Mean 0, deviation 1; rounding of a constant isn't spread, and small spread beside a large mean is."""
    values = np.stack([rng.standard_normal(9) * 1e-3 + 1e6, np.full(9, 1 / 3), np.full(9, np.nan)], axis=1)
    found = standardise_columns(values)
    np.testing.assert_allclose([found[:, 0].mean(), found[:, 0].std()], [0, 1], atol=1e-6)
    np.testing.assert_array_equal(found[:, 1], 0)
    assert np.isnan(found[:, 2]).all()


def test_welch_df_are_scipys(rng):
    """Welch–Satterthwaite."""
    sides = rng.standard_normal((6, N_COLUMNS)), 3 * rng.standard_normal((11, N_COLUMNS))
    found = welch_df(np.array([side.var(axis=0, ddof=1) for side in sides]), np.array([[6], [11]]))
    np.testing.assert_allclose(found, stats.ttest_ind(*sides, equal_var=False).df)


def test_flipped_signs_give_the_square_of_paired_t(rng):
    """For every flip and column, as scipy's one-sample t of the flipped differences; missing pairs left out."""
    gap = rng.standard_normal((N_UNITS, N_COLUMNS)) + 0.5
    gap[rng.random(gap.shape) < 0.2] = np.nan
    signs = rng.choice([-1, 1], size=(N_RELABELLINGS, N_UNITS))
    f, for_family = PairedF(gap)(signs)
    for row, own in zip(f, signs, strict=True):
        wanted = stats.ttest_1samp(gap * own[:, None], 0, nan_policy="omit").statistic
        np.testing.assert_allclose(row, np.asarray(wanted) ** 2)
    np.testing.assert_array_equal(f, for_family)


def test_pairs_without_variance_are_defined():
    """No differences: 0; the same difference in every pair: larger than anything that varies."""
    gap = np.stack([np.zeros(6), np.full(6, 0.3), np.linspace(0.2, 0.4, 6)], axis=1)
    f, for_family = PairedF(gap, fewest=7)(np.ones((1, 6), dtype=int))
    assert f[0, 0] == 0
    assert f[0, 1] > 1e9 > f[0, 2] > 0
    np.testing.assert_array_equal(for_family, 0)
