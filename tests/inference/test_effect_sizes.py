"""Hedges' g, its intervals, and the g that can be found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emotopy.inference.effect_sizes import (
    average_deviation,
    bias_correction,
    detectable_effect,
    g_interval_of_groups,
    g_interval_of_pairs,
    noncentral_interval,
)

N_A, N_B, N_COLUMNS = 9, 13, 4


def one_g(first, second):
    """The standardised difference of one column, and its standard error by the jackknife of every unit's influence."""
    return (first.mean() - second.mean()) / np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)


def test_bias_correction_is_hedges(rng):
    """His table: J(10) ≈ 0.923, J(38) ≈ 0.980; close to 1 − 3/(4 df − 1); NaN at one degree of freedom."""
    np.testing.assert_allclose(bias_correction(np.array([10.0, 38.0])), [0.9228, 0.9801], atol=1e-4)
    df = np.arange(6.0, 200.0)
    np.testing.assert_allclose(bias_correction(df), 1 - 3 / (4 * df - 1), atol=1e-3)
    assert np.isnan(bias_correction(np.array([1.0]))[0])


def test_bias_correction_removes_the_bias(rng):
    """Mean of g over many samples of eight a group is the shift, of d it isn't."""
    first, second = rng.standard_normal((8, 40_000)) + 1.0, rng.standard_normal((8, 40_000))
    scale, df = average_deviation(
        np.stack([first.var(axis=0, ddof=1), second.var(axis=0, ddof=1)]), np.array([[8], [8]])
    )
    d = (first.mean(axis=0) - second.mean(axis=0)) / scale
    error = d.std() / 200
    assert abs((bias_correction(df) * d).mean() - 1) < 4 * error + 0.005  # df are estimated, which costs a little
    assert d.mean() - 1 > 8 * error


def test_equal_variances_give_the_degrees_of_freedom_of_the_pooled(rng):
    """n − 2 for groups of equal size and spread; n − 1 for pairs that are the same but for a shift."""
    variances, ns = np.full((2, 3), 2.5), np.full((2, 3), 11)
    scale, df = average_deviation(variances, ns)
    np.testing.assert_allclose(scale, np.sqrt(2.5))
    np.testing.assert_allclose(df, 20)
    np.testing.assert_allclose(average_deviation(variances, ns, 2.5)[1], 10)


def test_the_standardiser_does_not_depend_on_the_ratio_of_sizes():
    """Average of both variances, whoever is more."""
    variances = np.array([[1.0], [9.0]])
    for ns in ([[5], [50]], [[50], [5]]):
        assert average_deviation(variances, np.array(ns))[0][0] == pytest.approx(np.sqrt(5.0))


def test_noncentral_interval_inverts_the_distribution(rng):
    """At its ends the observed t stands at the 2.5 % points; NaN where t or df say nothing."""
    t, df = np.array([2.0, -0.7, 6.0]), np.array([18.0, 5.5, 187.0])
    low, high = noncentral_interval(t, df)
    np.testing.assert_allclose(stats.nct.sf(t, df, low), 0.025, rtol=1e-4)
    np.testing.assert_allclose(stats.nct.cdf(t, df, high), 0.025, rtol=1e-4)
    assert np.isnan(noncentral_interval(np.array([np.nan, np.inf, 1.0]), np.array([5.0, 5.0, 0.0]))).all()


def test_detectable_effect_has_its_power():
    """80 % of noncentral t at that g reach the threshold, by scipy's distribution; infinite and unknown stay so."""
    g = detectable_effect(2.9, 38.0, np.sqrt(2 / 20))
    assert stats.nct.sf(2.9, 38.0, g / np.sqrt(2 / 20)) == pytest.approx(0.8, abs=1e-4)
    assert detectable_effect(np.inf, 38.0, 0.3) == np.inf
    assert np.isnan(detectable_effect(np.nan, 38.0, 0.3))
    assert np.isnan(detectable_effect(2.9, 38.0, np.nan))


def plain_bootstrap(first, second, paired, seed=0, n=4000):
    """Studentised bootstrap of one column, resample by resample, with influences written out."""
    rng = np.random.default_rng(seed)

    def both(a, b):
        d = one_g(a, b)
        square = (a.var(ddof=1) + b.var(ddof=1)) / 2
        parts = [sign * (x - x.mean()) / np.sqrt(square)
                 - d / (4 * square) * ((x - x.mean()) ** 2 - x.var()) * len(x) / (len(x) - 1)
                 for sign, x in ((1, a), (-1, b))]  # fmt: skip
        if paired:
            return d, np.sqrt((parts[0] + parts[1]).var() / (len(a) - 1))
        return d, np.sqrt(sum(part.var() / (len(part) - 1) for part in parts))

    d, error = both(first, second)
    t = []
    for _ in range(n):
        i = rng.integers(0, len(first), len(first))
        j = i if paired else rng.integers(0, len(second), len(second))
        again, its = both(first[i], second[j])
        t.append((again - d) / its)
    low, high = np.quantile(t, [0.025, 0.975])
    return d - high * error, d - low * error


def test_bootstrap_of_groups_is_the_plain_one(rng):
    """Within what resampling leaves to chance."""
    first, second = rng.exponential(size=(30, 1)), rng.standard_normal((41, 1)) * 2
    found = g_interval_of_groups(np.vstack([first, second]), np.arange(71) < 30, rng=rng)
    np.testing.assert_allclose(np.ravel(found), plain_bootstrap(first[:, 0], second[:, 0], paired=False), atol=0.05)


def test_bootstrap_of_pairs_is_the_plain_one(rng):
    """Pairs stay together."""
    first = rng.exponential(size=(37, 1))
    second = 0.8 * first + rng.standard_normal((37, 1))
    found = g_interval_of_pairs(first, second, rng=rng)
    np.testing.assert_allclose(np.ravel(found), plain_bootstrap(first[:, 0], second[:, 0], paired=True), atol=0.05)


def test_bootstrap_leaves_out_missing_values(rng):
    """A column with missing units has about the interval of its units alone; a NaN column has none."""
    values = rng.standard_normal((80, N_COLUMNS))
    values[:40] += 1
    is_first = np.arange(80) < 40
    values[::2, 1] = np.nan
    values[:, 2] = np.nan
    values[:, 3] = 4.0
    low, high = g_interval_of_groups(values, is_first, rng=rng)
    alone = g_interval_of_groups(values[1::2], is_first[1::2], rng=rng)
    np.testing.assert_allclose([low[1], high[1]], [alone[0][1], alone[1][1]], atol=0.12)
    assert np.isnan([low[2:], high[2:]]).all()


def test_exchanging_the_groups_exchanges_the_ends(rng):
    """Exactly, with the same seed."""
    values = rng.exponential(size=(N_A + N_B, N_COLUMNS))
    is_first = rng.permutation(np.arange(N_A + N_B) < N_A)
    low, high = g_interval_of_groups(values, is_first, rng=np.random.default_rng(3))
    other_low, other_high = g_interval_of_groups(values, ~is_first, rng=np.random.default_rng(3))
    np.testing.assert_allclose([low, high], [-other_high, -other_low])


DRAWS = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "skewed": lambda rng, size: rng.exponential(size=size) - 1,
}


@pytest.mark.parametrize("population", DRAWS)
def test_bootstrap_covers(population, rng):
    """The true shift of 0.8 lies in nine of ten intervals and more, 40 units a group, the second twice as spread."""
    draw, shape = DRAWS[population], (40, 300)
    values = np.vstack([draw(rng, shape) + 0.8 * np.sqrt((1 + 4) / 2), 2 * draw(rng, shape)])
    low, high = g_interval_of_groups(values, np.arange(80) < 40, rng=rng)
    assert ((low <= 0.8) & (high >= 0.8)).mean() > 0.89
