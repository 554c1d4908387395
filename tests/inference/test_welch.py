"""Statistics of unit means under relabellings, against scipy and formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emotopy.inference.welch import PairedZ, WelchF, WelchZ, f_to_z, hall, standardise_columns, t_to_z, welch_df, z_to_t

pytestmark = pytest.mark.fast_path

N_UNITS, N_COLUMNS, N_RELABELLINGS = 17, 5, 11


def welch_z(first, second):
    """|z| of one column: scipy's Welch t, Hall's correction from the paper, the normal deviate as probable as t."""
    found = stats.ttest_ind(first, second, equal_var=False)
    error = np.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
    a = sum(sign * stats.moment(side, 3) / len(side) ** 2 for sign, side in ((1, first), (-1, second))) / error**3
    t = found.statistic + a / 3 * found.statistic**2 + a**2 / 27 * found.statistic**3 + a / 6
    return stats.norm.isf(stats.t.sf(abs(t), found.df))


def welch_1951(groups):
    """Welch's F of one column and its second degrees of freedom, written out from the paper."""
    n = np.array([len(group) for group in groups])
    mean = np.array([group.mean() for group in groups])
    weight = n / np.array([group.var(ddof=1) for group in groups])
    k, share = len(groups), weight / weight.sum()
    centre = (share * mean).sum()
    uneven = ((1 - share) ** 2 / (n - 1)).sum()
    below = 1 + 2 * (k - 2) / (k**2 - 1) * uneven
    return (weight * (mean - centre) ** 2).sum() / (k - 1) / below, (k**2 - 1) / (3 * uneven)


def test_two_groups(rng):
    """Every relabelling and column, skewed ones too, whatever their scale."""
    values = rng.exponential(size=(N_UNITS, N_COLUMNS)) * [1, 10, 0.1, 1e-6, 1] + [0, 0, 0, 0, 1e6]
    labels = rng.permuted(np.tile(np.repeat([0, 1], [6, 11]), (N_RELABELLINGS, 1)), axis=1)
    z, for_family = WelchZ(values)(labels)
    for row, own in zip(z, labels, strict=True):
        wanted = [welch_z(column[own == 0], column[own == 1]) for column in values.T]
        np.testing.assert_allclose(row, wanted, rtol=5e-3, atol=1e-4)  # Wallace's approximation
    np.testing.assert_array_equal(z, for_family)


def test_exchanging_groups_changes_nothing(rng):
    """Two-sided: labels 0 and 1 may be swapped."""
    values = rng.exponential(size=(N_UNITS, N_COLUMNS))
    labels = np.repeat([0, 1], [6, 11])[None]
    np.testing.assert_allclose(WelchZ(values)(labels)[0], WelchZ(values)(1 - labels)[0])


def test_more_groups_give_welch_f(rng):
    """Welch 1951, written out; four groups of different sizes and spreads; the statistic rises with it."""
    labels = np.repeat([0, 1, 2, 3], [3, 4, 4, 6])
    values = rng.standard_normal((N_UNITS, N_COLUMNS)) * (1 + labels[:, None])
    f, df, smallest = WelchF(values, 4).f(labels[None])
    wanted = [welch_1951([column[labels == group] for group in range(4)]) for column in values.T]
    np.testing.assert_allclose(np.stack([f[0], df[0]], axis=1), wanted, rtol=1e-9)
    assert (smallest == 3).all()
    np.testing.assert_allclose(np.log(WelchF(values, 4)(labels[None])[0]), f_to_z(f, 3, df))


def test_two_groups_by_f_are_the_square_of_t(rng):
    """And its second degrees of freedom are Welch–Satterthwaite's."""
    values = rng.standard_normal((N_UNITS, N_COLUMNS))
    labels = np.repeat([0, 1], [6, 11])
    f, df, _ = WelchF(values, 2).f(labels[None])
    wanted = stats.ttest_ind(values[:6], values[6:], equal_var=False)
    np.testing.assert_allclose(f[0], wanted.statistic**2)
    np.testing.assert_allclose(df[0], wanted.df)


def test_normal_deviates_are_as_improbable():
    """As t and F by scipy's distributions, nearly; `z_to_t` is the inverse; monotone throughout."""
    t, df = np.linspace(0, 9, 31), 7.5
    np.testing.assert_allclose(t_to_z(t, df), stats.norm.isf(stats.t.sf(t, df)), atol=0.03)
    np.testing.assert_allclose(t_to_z(-t, df), -t_to_z(t, df))
    np.testing.assert_allclose([z_to_t(z, df) for z in t_to_z(t, df)], t)
    f = np.linspace(0.5, 9, 31)
    np.testing.assert_allclose(f_to_z(f, 3, 12.0), stats.norm.isf(stats.f.sf(f, 3, 12)), atol=0.03)
    assert (np.diff(f_to_z(np.linspace(0, 500, 999), 3, 4.0)) > 0).all()
    assert (np.diff(hall(np.linspace(-50, 50, 999), np.array(0.7))) > 0).all()


def test_the_correction_takes_the_skewness_out(rng):
    """t of exponential values leans to the left; corrected, both tails are about as heavy, and nearer to nominal."""
    draws = 20_000
    first, second = rng.exponential(size=(15, draws)), 0.3 * rng.exponential(size=(60, draws)) + 0.7
    error = np.sqrt(first.var(axis=0, ddof=1) / 15 + second.var(axis=0, ddof=1) / 60)
    t = (first.mean(axis=0) - second.mean(axis=0)) / error
    a = (stats.moment(first, 3) / 15**2 - stats.moment(second, 3) / 60**2) / error**3
    tails = [[(x < -2).mean(), (x > 2).mean()] for x in (t, hall(t, a))]
    assert tails[0][0] > 8 * tails[0][1]
    assert tails[1][0] < 0.7 * tails[0][0]
    assert tails[1][0] < 5 * tails[1][1]


def test_missing_values_are_as_if_the_unit_were_not_there(rng):
    """In that column alone; 0 where a relabelling leaves a group with fewer than two values."""
    values = rng.standard_normal((N_UNITS, N_COLUMNS))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, 4] = np.nan
    values[[0, 8, 9, 10], 4] = [1.0, 2.0, 3.0, 5.0]
    labels = np.repeat([0, 1], [8, 9])
    z, _ = WelchZ(values)(labels[None])
    f, _, _ = WelchF(values, 2).f(labels[None])
    for column in range(4):
        own = ~np.isnan(values[:, column])
        alone = values[own, column][:, None]
        assert z[0, column] == pytest.approx(WelchZ(alone)(labels[own][None])[0][0, 0])
        assert f[0, column] == pytest.approx(WelchF(alone, 2).f(labels[own][None])[0][0, 0])
    assert z[0, 4] == WelchF(values, 2)(labels[None])[0][0, 4] == 0


def test_thin_columns_stay_out_of_the_family(rng):
    """Where a group has fewer values than `fewest`, the statistic for the family is 0."""
    values = rng.standard_normal((N_UNITS, 2))
    values[3:8, 1] = np.nan
    labels = np.repeat([0, 1], [8, 9])[None]
    for statistic in (WelchZ(values, fewest=5), WelchF(values, 2, fewest=5)):
        found, for_family = statistic(labels)
        assert (found > 0).all()
        assert for_family[0].tolist() == [found[0, 0], 0.0]


def test_columns_without_variance_are_defined():
    """Constant: no difference. Constant within groups that differ: larger than what varies. No warnings."""
    labels = np.repeat([0, 1], [3, 4])
    separated = np.repeat([0.1, 0.7], [3, 4])
    values = np.stack([np.full(7, 0.1), separated, separated + 1e-3 * np.arange(7)], axis=1)
    z, _ = WelchZ(values)(labels[None])
    assert z[0, 0] == 0
    assert z[0, 1] > z[0, 2] > 0
    f, _, _ = WelchF(values, 2).f(labels[None])
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


def test_flipped_signs(rng):
    """For every flip and column, scipy's one-sample t of the flipped differences; missing pairs left out."""
    gap = rng.standard_normal((N_UNITS, N_COLUMNS)) + 0.5
    gap[rng.random(gap.shape) < 0.2] = np.nan
    signs = rng.choice([-1, 1], size=(N_RELABELLINGS, N_UNITS))
    z, for_family = PairedZ(gap)(signs)
    for row, own in zip(z, signs, strict=True):
        t = np.asarray(stats.ttest_1samp(gap * own[:, None], 0, nan_policy="omit").statistic)
        np.testing.assert_allclose(row, np.abs(t_to_z(t, (~np.isnan(gap)).sum(axis=0) - 1)))
    np.testing.assert_array_equal(z, for_family)


def test_pairs_without_variance_are_defined():
    """No differences: 0; the same difference in every pair: larger than what varies."""
    gap = np.stack([np.zeros(6), np.full(6, 0.3), np.linspace(0.2, 0.4, 6)], axis=1)
    z, for_family = PairedZ(gap, fewest=7)(np.ones((1, 6), dtype=int))
    assert z[0, 0] == 0
    assert z[0, 1] > z[0, 2] > 0
    np.testing.assert_array_equal(for_family, 0)
