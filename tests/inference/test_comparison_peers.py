"""Group comparison beside nilearn and statsmodels (figures: tests/benchmarks/comparison_peers.py)."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from nilearn.mass_univariate import permuted_ols

from emotopy.inference.freedman_lane import Design
from emotopy.inference.group_comparison import compare_groups, compare_many, indicators
from emotopy.inference.max_t import compare_with_relabellings
from emotopy.inference.permutations import Relabellings
from emotopy.inference.welch import welch_df

N_UNITS, N_COLUMNS, N_COVARIATES, N_PERMUTATIONS = 23, 5, 2, 300


@attrs.frozen(eq=False)
class PooledT:
    """|t| of ordinary least squares, from the fits of our Freedman–Lane: what nilearn tests."""

    design: Design
    values: np.ndarray

    def __call__(self, orders):
        coefficients, inflated = self.design.fit(self.design.reduced_residuals(self.values)[orders])
        residuals = inflated * (1 - self.design.leverage)[:, None]
        error = np.sqrt((residuals**2).sum(axis=1) / self.design.df * (self.design.solve[0] ** 2).sum())
        t = np.abs(coefficients[:, 0]) / error
        return t, t


def orders_of_nilearn(seed):
    """The orders of residuals that `permuted_ols(random_state=seed)` draws: it reorders the design, step by step."""
    rng = np.random.RandomState(np.random.RandomState(seed).randint(1, np.iinfo(np.int32).max - 1))
    order, found = np.arange(N_UNITS), [np.arange(N_UNITS)]
    for _ in range(N_PERMUTATIONS):
        order = order[rng.permutation(N_UNITS)]
        found.append(np.argsort(order))
    return np.array(found)


@pytest.fixture
def data(rng):
    """Values with effects of all sizes, labels of two groups, covariates that differ between them."""
    labels = np.repeat([0, 1], [9, 14])
    covariates = rng.standard_normal((N_UNITS, N_COVARIATES)) + 0.5 * labels[:, None]
    values = rng.standard_normal((N_UNITS, N_COLUMNS)) + np.linspace(0, 1.5, N_COLUMNS) * labels[:, None]
    return values + covariates[:, [0]], labels, covariates


@pytest.mark.parametrize("adjusted", [False, True], ids=["without covariates", "Freedman-Lane"])
def test_with_its_statistic_p_equals_that_of_permuted_ols(data, adjusted):
    """The same permutations and the t of equal variances: the same t, and the same family-wise p of every column."""
    values, labels, covariates = data
    own = covariates if adjusted else np.zeros((N_UNITS, 0))
    statistic = PooledT(Design.of(indicators(labels, 2), own), values)
    theirs = permuted_ols(
        indicators(labels, 2),
        values,
        confounding_vars=own if adjusted else None,
        n_perm=N_PERMUTATIONS,
        random_state=7,
    )
    np.testing.assert_allclose(statistic(np.arange(N_UNITS)[None])[0][0], np.abs(theirs["t"][0]))
    relabellings = Relabellings(iter([orders_of_nilearn(7)]), N_PERMUTATIONS, exact=False)
    ours = compare_with_relabellings(statistic, relabellings, np.zeros(N_COLUMNS, dtype=int))
    np.testing.assert_allclose(ours.p_family, 10.0 ** -theirs["logp_max_t"][0])
    assert ours.p_family.min() < 0.05 < ours.p_family.max()


@pytest.mark.extra
def test_welch_and_hc3_are_those_of_statsmodels(data, rng):
    """T, F, degrees of freedom and q, with and without covariates, for two groups and three."""
    sm = pytest.importorskip("statsmodels.api")
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.oneway import anova_oneway
    from statsmodels.stats.weightstats import CompareMeans

    values, labels, covariates = data
    plain = compare_groups(values, labels == 0, n_permutations=99, n_resamples=0, rng=rng)
    sides = values[labels == 0], values[labels == 1]
    t, _, df = CompareMeans.from_data(*sides).ttest_ind(usevar="unequal")
    np.testing.assert_allclose(plain.t, t)
    np.testing.assert_allclose(welch_df(np.array([s.var(axis=0, ddof=1) for s in sides]), np.array([[9], [14]])), df)
    np.testing.assert_allclose(plain.q, multipletests(plain.p, method="fdr_bh")[1])

    adjusted = compare_groups(values, labels == 0, covariates=covariates, n_permutations=99, n_resamples=0, rng=rng)
    three = np.arange(N_UNITS) % 3
    several = compare_many(values, three, n_permutations=99, rng=rng)
    several_adjusted = compare_many(values, three, covariates=covariates, n_permutations=99, rng=rng)
    for column, y in enumerate(values.T):
        fit = sm.OLS(y, sm.add_constant(np.column_stack([labels == 0, covariates]))).fit(cov_type="HC3")
        np.testing.assert_allclose([adjusted.difference[column], adjusted.t[column]], [fit.params[1], fit.tvalues[1]])
        f = anova_oneway([y[three == group] for group in range(3)], use_var="unequal").statistic
        np.testing.assert_allclose(several.f[column], f)
        wald = sm.OLS(y, sm.add_constant(np.column_stack([indicators(three, 3), covariates]))).fit(cov_type="HC3")
        np.testing.assert_allclose(several_adjusted.f[column], wald.f_test(np.eye(2, 5, 1)).fvalue)
