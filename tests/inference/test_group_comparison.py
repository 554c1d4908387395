"""Comparisons of groups, pairs and many groups: against scipy, brute force, planted truth; properties; bad input."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.inference.group_comparison import compare_groups, compare_many, compare_pairs
from emotopy.inference.welch import WelchZ

pytestmark = pytest.mark.fast_path

N_A, N_B, N_REGIONS = 12, 17, 5
N_UNITS, N_COLUMNS = N_A + N_B, 2 * N_REGIONS
FAMILIES = np.repeat([0, 1], N_REGIONS)
IS_FIRST = np.arange(N_UNITS) < N_A
ARRAYS = ("n_a", "n_b", "mean_a", "mean_b", "difference", "t", "g", "g_low", "g_high", "p", "p_min", "p_family", "q")


def seeded(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def values(rng):
    """Unit means of two measures, spread and size unequal; the third region of each is higher in the first group."""
    found = rng.standard_normal((N_UNITS, N_COLUMNS)) * np.where(IS_FIRST, 1.5, 1.0)[:, None]
    found[:N_A, [2, 7]] += 1
    return found


def test_difference_and_t_are_welchs(values):
    """As scipy gives them without equal variances."""
    found = compare_groups(values, IS_FIRST, families=FAMILIES, n_permutations=50, rng=seeded())
    np.testing.assert_allclose(found.t, stats.ttest_ind(values[:N_A], values[N_A:], equal_var=False).statistic)
    np.testing.assert_allclose(found.difference, values[:N_A].mean(axis=0) - values[N_A:].mean(axis=0))
    np.testing.assert_allclose(found.mean_a - found.mean_b, found.difference)
    np.testing.assert_array_equal([found.n_a, found.n_b], [[N_A] * N_COLUMNS, [N_B] * N_COLUMNS])


def test_p_is_near_scipys(values):
    """Ten thousand relabellings against scipy's permutation test of plain Welch t, and its t distribution."""
    found = compare_groups(values, IS_FIRST, families=FAMILIES, rng=seeded())
    assert (found.n_permutations, found.exact) == (10_000, False)

    def welch_t(a, b, axis):
        return stats.ttest_ind(a, b, equal_var=False, axis=axis).statistic

    permuted = stats.permutation_test((values[:N_A], values[N_A:]), welch_t, n_resamples=2000, axis=0, rng=seeded(1))
    np.testing.assert_allclose(found.p, permuted.pvalue, atol=0.05)
    np.testing.assert_allclose(found.p, stats.ttest_ind(values[:N_A], values[N_A:], equal_var=False).pvalue, atol=0.05)


def test_few_units_are_relabelled_completely(rng):
    """p, p_min and p_family are shares of all 35 relabellings, one by one."""
    values = rng.exponential(size=(7, N_COLUMNS))
    is_first = np.array([True, False, False, True, False, True, False])
    found = compare_groups(values, is_first, families=FAMILIES, n_permutations=35, rng=rng)
    statistic = WelchZ(values)
    observed = statistic(np.where(is_first, 0, 1)[None])[0][0] * (1 - 1e-9)
    every = [
        statistic(np.where(np.isin(np.arange(7), chosen), 0, 1)[None])[0][0] for chosen in combinations(range(7), 3)
    ]
    assert (found.n_permutations, found.exact) == (35, True)
    np.testing.assert_allclose(found.p, np.mean(np.array(every) >= observed, axis=0))
    assert set(found.p_min.tolist()) == {1 / 35}
    for family in (0, 1):
        own = family == FAMILIES
        largest = np.array(every)[:, own].max(axis=1)
        np.testing.assert_allclose(found.p_family[own], (largest[:, None] >= observed[own]).mean(axis=0))


def test_a_planted_difference_is_found(rng):
    """In its region of its measure, with its size; nowhere else."""
    values = rng.standard_normal((80, N_COLUMNS))
    values[:40, 3] += 1.5
    found = compare_groups(values, np.arange(80) < 40, families=FAMILIES, n_permutations=2000, rng=rng)
    np.testing.assert_array_equal(found.p_family < 0.05, np.arange(N_COLUMNS) == 3)
    assert found.g_low[3] < 1.5 < found.g_high[3]
    assert found.p[3] == found.p_min[3] == 1 / 2001


def test_q_is_benjamini_hochberg_within_the_measure(values):
    """As scipy computes it from each family's p."""
    found = compare_groups(values, IS_FIRST, families=FAMILIES, n_permutations=500, rng=seeded())
    for family in (0, 1):
        own = family == FAMILIES
        np.testing.assert_allclose(found.q[own], stats.false_discovery_control(found.p[own]))


def test_every_column_has_its_own_permutation_p(values):
    """The same relabellings serve all columns: a column alone has the p that it has among others."""
    found = compare_groups(values, IS_FIRST, families=FAMILIES, n_permutations=200, rng=seeded())
    alone = compare_groups(values[:, [4]], IS_FIRST, n_permutations=200, rng=seeded())
    np.testing.assert_array_equal(alone.p, found.p[[4]])


def test_g_is_on_the_average_variance(values):
    """Difference ÷ √ of the mean of both variances, less Hedges' bias; inside its interval."""
    found = compare_groups(values, IS_FIRST, n_permutations=50, rng=seeded())
    scale = np.sqrt((values[:N_A].var(axis=0, ddof=1) + values[N_A:].var(axis=0, ddof=1)) / 2)
    ratio = found.g / (found.difference / scale)
    assert ((ratio > 0.93) & (ratio < 0.98)).all()
    assert ((found.g_low < found.g) & (found.g < found.g_high)).all()


def test_detectable_g_is_the_power_of_these_permutations(rng):
    """Populations that differ by it are found family-wise in about 80 %."""
    n, runs = 20, 200
    g = compare_groups(rng.standard_normal((2 * n, 6)), np.arange(2 * n) < n, n_permutations=1000, rng=rng).detectable_g
    assert g.shape == (1,)
    found = 0
    for _ in range(runs):
        values = rng.standard_normal((2 * n, 6))
        values[:n, 0] += g[0]
        found += compare_groups(values, np.arange(2 * n) < n, n_permutations=199, rng=rng).p_family[0] <= 0.05
    assert abs(found / runs - 0.8) < 0.1


def test_no_effect_is_detectable_with_too_few_relabellings(rng):
    """Ten relabellings of five units can't reach 0.05: p_min says so, and so does a note."""
    found = compare_groups(rng.standard_normal((5, 3)), np.arange(5) < 2, rng=rng)
    assert found.p_min.tolist() == [0.1] * 3
    assert any("Only 10 permutations exist" in note for note in found.notes)
    six = compare_groups(rng.standard_normal((12, 3)), np.arange(12) < 6, n_permutations=10, rng=rng)
    assert np.isinf(six.detectable_g).all()


def test_intervals_can_be_left_out(values):
    """Without resamples g has no interval, and everything else stays."""
    found = compare_groups(values, IS_FIRST, n_permutations=50, n_resamples=0, rng=seeded())
    full = compare_groups(values, IS_FIRST, n_permutations=50, rng=seeded())
    assert np.isnan([found.g_low, found.g_high]).all()
    np.testing.assert_array_equal([found.g, found.p], [full.g, full.p])


# Few units, empty cells, no variance ------------------------------------------------------------------------------


def test_few_units_are_noted(rng):
    """Below ten a warning; below five no effect size, but p."""
    values = rng.standard_normal((15, 3))
    found = compare_groups(values, np.arange(15) < 6, n_permutations=50, rng=rng)
    assert [note.split(",")[0] for note in found.notes] == [
        "The first group has 6 units",
        "The second group has 9 units",
    ]
    assert np.isfinite(found.g_low).all()
    few = compare_groups(values, np.arange(15) >= 4, n_permutations=50, rng=rng)
    few_units = (
        "The second group has 4 units, fewer than 10; interpret effects with caution. "
        "With fewer than 5, there are no effect sizes."
    )
    assert few.notes == (few_units,)
    assert np.isnan([few.g, few.g_low, few.g_high]).all()
    assert np.isfinite([few.p, few.t]).all()
    assert np.isnan(few.detectable_g).all()


def test_empty_cells_leave_units_out_of_their_column(values, rng):
    """n counts values; t is scipy's of those; fewer than two are NaN, with their n; other columns are untouched."""
    full = compare_groups(values, IS_FIRST, n_permutations=50, rng=seeded())
    values[:4, 1] = values[20:, 1] = np.nan
    values[1:N_A, 6] = np.nan
    found = compare_groups(values, IS_FIRST, n_permutations=50, rng=seeded())
    wanted = stats.ttest_ind(values[4:N_A, 1], values[N_A:20, 1], equal_var=False).statistic
    assert (found.n_a[1], found.n_b[1], found.t[1]) == (8, 8, pytest.approx(wanted))
    assert (found.n_a[6], found.n_b[6]) == (1, N_B)
    for name in ARRAYS[5:]:
        column = getattr(found, name)
        assert np.isnan(column[6]), name
        assert np.isfinite(np.delete(column, 6)).all(), name
    np.testing.assert_array_equal(np.delete(found.p, [1, 6]), np.delete(full.p, [1, 6]))


def test_thin_columns_stay_out_of_the_family(values):
    """Three values in a group: p, but no p_family and no g; the rest of the family doesn't suffer; a note says it."""
    values[3:N_A, 1] = np.nan
    found = compare_groups(values, IS_FIRST, n_permutations=200, rng=seeded())
    rest = compare_groups(np.delete(values, 1, axis=1), IS_FIRST, n_permutations=200, rng=seeded())
    assert np.isnan([found.p_family[1], found.g[1]]).all()
    assert np.isfinite(found.p[1])
    np.testing.assert_allclose(np.delete(found.p_family, 1), rest.p_family, atol=0.1)
    assert any("In 1 columns, a group has fewer than 5 values" in note for note in found.notes)


def test_a_column_without_values_is_nan(values):
    """And a family of such columns has no detectable g."""
    values[:, FAMILIES == 1] = np.nan
    found = compare_groups(values, IS_FIRST, families=FAMILIES, n_permutations=50, rng=seeded())
    assert np.isnan(found.p[FAMILIES == 1]).all()
    assert np.isnan(found.mean_a[FAMILIES == 1]).all()
    assert np.isfinite(found.p[FAMILIES == 0]).all()
    assert np.isfinite(found.detectable_g).tolist() == [True, False]


def test_columns_without_variance_are_defined(values):
    """Constant: t 0, p 1, no g. Constant within groups that differ: t infinite, the smallest p there is, no g."""
    values[:, 0] = 0.1
    values[:, 1] = np.where(IS_FIRST, 0.1, 0.3)
    found = compare_groups(values, IS_FIRST, n_permutations=200, rng=seeded())
    assert (found.t[0], found.p[0], found.difference[0]) == (0, 1, 0)
    assert (found.t[1], found.p[1]) == (-np.inf, 1 / 201)
    assert np.isnan([found.g[:2], found.g_low[:2], found.g_high[:2]]).all()
    many = compare_many(values, np.arange(N_UNITS) % 3, n_permutations=50, rng=seeded())
    assert (many.f[0], many.p[0]) == (0, 1)


# Properties -------------------------------------------------------------------------------------------------------

SEEDS = st.integers(0, 2**31)


def made(seed):
    """Values with ties and gaps."""
    rng = seeded(seed)
    values = rng.exponential(size=(N_UNITS, N_COLUMNS)).round(1)
    values[rng.random(values.shape) < 0.1] = np.nan
    return values, rng.permutation(IS_FIRST)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_exchanging_groups_flips_signs_and_keeps_p(seed):
    """Exactly, interval and all."""
    values, is_first = made(seed)
    one, other = (compare_groups(values, mask, families=FAMILIES, n_permutations=99, rng=seeded(seed))
                  for mask in (is_first, ~is_first))  # fmt: skip
    for name in ("p", "p_min", "p_family", "q"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name, swapped in (
        ("difference", "difference"),
        ("t", "t"),
        ("g", "g"),
        ("g_low", "g_high"),
        ("g_high", "g_low"),
    ):
        np.testing.assert_allclose(getattr(one, name), -getattr(other, swapped), atol=1e-12)
    np.testing.assert_array_equal(one.mean_a, other.mean_b)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_unit_and_origin_of_a_measure_make_no_difference(seed, scale, shift):
    """p, t and g stay; the difference scales."""
    values, is_first = made(seed)
    one, other = (compare_groups(table, is_first, families=FAMILIES, n_permutations=99, rng=seeded(seed))
                  for table in (values, scale * values + shift))  # fmt: skip
    for name in ("t", "g", "g_low", "g_high", "p", "p_min", "p_family", "q"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(scale * one.difference, other.difference, rtol=1e-6, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_the_order_of_columns_makes_no_difference(seed):
    """Each column's row goes along with it, whichever family it is in."""
    values, is_first = made(seed)
    order = seeded(seed + 1).permutation(N_COLUMNS)
    one = compare_groups(values, is_first, families=FAMILIES, n_permutations=99, rng=seeded(seed))
    other = compare_groups(values[:, order], is_first, families=FAMILIES[order], n_permutations=99, rng=seeded(seed))
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(one, name)[order], getattr(other, name), rtol=1e-9)
    np.testing.assert_allclose(one.detectable_g, other.detectable_g)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_p_values_keep_their_order(seed):
    """1/(1 + N) ≤ p_min ≤ p ≤ p_family ≤ 1, and p ≤ q."""
    values, is_first = made(seed)
    found = compare_groups(values, is_first, families=FAMILIES, n_permutations=99, rng=seeded(seed))
    assert (found.p_min >= 1 / 100).all()
    assert (found.p >= found.p_min).all()
    assert (found.p_family >= found.p).all()
    assert (found.q >= found.p - 1e-12).all()
    assert (found.p_family <= 1).all()


def test_nominal_under_the_null(rng):
    """Groups that differ in nothing: 5 % below 0.05 per column, and for any column of a family."""
    runs = 300
    found = [
        compare_groups(rng.exponential(size=(16, 4)), np.arange(16) < 5, n_permutations=99, rng=rng)
        for _ in range(runs)
    ]
    assert abs(np.mean([one.p <= 0.05 for one in found]) - 0.05) < 0.03
    assert abs(np.mean([one.p_family.min() <= 0.05 for one in found]) - 0.05) < 0.033  # 99 % binomial


# Covariates -------------------------------------------------------------------------------------------------------


def test_covariates_adjust_the_difference(rng):
    """A covariate that explains the difference away; means at its mean; noted as isn't exact."""
    age = rng.standard_normal(60) + 2 * (np.arange(60) < 30)
    values = 2 * age[:, None] + rng.standard_normal((60, 3))
    values[:, 2] += 3 * (np.arange(60) < 30)
    raw = compare_groups(values, np.arange(60) < 30, n_permutations=500, rng=rng)
    found = compare_groups(
        values, np.arange(60) < 30, covariates=age[:, None], covariate_names=["age"], n_permutations=500, rng=rng
    )
    assert (raw.p < 0.01).all()
    assert (found.p[:2] > 0.05).all()
    assert found.p[2] < 0.01
    x = np.column_stack([np.arange(60) < 30, np.ones(60), age - age.mean()])
    beta = np.linalg.lstsq(x, values, rcond=None)[0]
    np.testing.assert_allclose(found.difference, beta[0])
    np.testing.assert_allclose(found.mean_a, beta[0] + beta[1])
    np.testing.assert_allclose(found.mean_b, beta[1])
    assert any("isn't exact" in note for note in found.notes)
    assert not found.exact


def test_an_irrelevant_covariate_changes_little(values, rng):
    """p, t and g stay near what they are without it."""
    covariate = rng.standard_normal((N_UNITS, 1))
    covariate -= covariate[IS_FIRST].mean() * IS_FIRST[:, None] + covariate[~IS_FIRST].mean() * ~IS_FIRST[:, None]
    raw = compare_groups(values, IS_FIRST, n_permutations=999, rng=rng)
    found = compare_groups(values, IS_FIRST, covariates=covariate, n_permutations=999, rng=rng)
    np.testing.assert_allclose(found.difference, raw.difference)
    np.testing.assert_allclose(found.t, raw.t, rtol=0.2)
    np.testing.assert_allclose(found.p, raw.p, atol=0.1)
    np.testing.assert_allclose(found.g, raw.g, rtol=0.01)


def test_covariates_and_empty_cells(values, rng):
    """A column with gaps has the t of its units alone; one that can't be told from the covariate is NaN, and noted."""
    covariates = rng.standard_normal((N_UNITS, 2))
    covariates[:, 1] = np.where(np.arange(N_UNITS) < 20, IS_FIRST, rng.random(N_UNITS) < 0.5)
    values[[3, 15], 0] = np.nan
    values[20:, 4] = np.nan
    found = compare_groups(values, IS_FIRST, covariates=covariates, n_permutations=50, rng=seeded())
    kept = np.delete(np.arange(N_UNITS), [3, 15])
    alone = compare_groups(values[kept], IS_FIRST[kept], covariates=covariates[kept], n_permutations=50, rng=seeded())
    assert found.t[0] == pytest.approx(alone.t[0])
    assert np.isnan([found.t[4], found.p[4], found.g[4]]).all()
    assert any(
        "1 columns have too few units to separate the groups from the covariates" in note for note in found.notes
    )


# Pairs ------------------------------------------------------------------------------------------------------------


def test_pairs_are_compared_by_paired_t(rng):
    """scipy's; p near its; g on the average variance, so that a strong pairing doesn't inflate it."""
    first = rng.standard_normal((25, 4)) * 3
    second = first + 0.3 * rng.standard_normal((25, 4)) + [0, 0.1, 0.2, 0.5]
    found = compare_pairs(first, second, rng=rng)
    wanted = stats.ttest_rel(first, second)
    np.testing.assert_allclose(found.t, wanted.statistic)
    np.testing.assert_allclose(found.p, wanted.pvalue, atol=0.02)
    assert found.p[3] < 0.001
    assert -0.3 < found.g[3] < -0.1
    assert (found.g_low < found.g).all()
    assert (found.g_high > found.g).all()


def test_few_pairs_are_flipped_completely(rng):
    """p is the share of all 64 flips, one by one."""
    first, second = rng.standard_normal((2, 6, 3))
    found = compare_pairs(first, second, n_permutations=64, rng=rng)
    gap = first - second
    t = [abs(stats.ttest_1samp(gap * np.array(signs)[:, None], 0).statistic) for signs in product([1, -1], repeat=6)]
    np.testing.assert_allclose(found.p, (np.array(t) >= t[0] * (1 - 1e-9)).mean(axis=0))
    assert (found.exact, found.n_permutations) == (True, 64)
    np.testing.assert_allclose(found.p_min, 2 / 64)


def test_unmatched_values_leave_the_pair_out(rng):
    """Of that column, on both sides."""
    first, second = rng.standard_normal((2, 12, 3))
    first[2, 1], second[5, 1] = np.nan, np.nan
    found = compare_pairs(first, second, n_permutations=50, rng=rng)
    kept = np.delete(np.arange(12), [2, 5])
    assert found.n_a.tolist() == found.n_b.tolist() == [12, 10, 12]
    assert found.t[1] == pytest.approx(stats.ttest_rel(first[kept, 1], second[kept, 1]).statistic)
    assert found.mean_a[1] == pytest.approx(first[kept, 1].mean())


def test_pairs_without_difference_are_defined(rng):
    """No difference in any pair: p 1. The same in every pair: t infinite."""
    first = rng.standard_normal((8, 2))
    found = compare_pairs(first, first - [0, 1], rng=rng)
    assert (found.t[0], found.p[0]) == (0, 1)
    assert found.p[1] == found.p_min[1] == 2 / 256


# More than two groups ---------------------------------------------------------------------------------------------


def test_many_groups_are_compared_by_welch_f(rng):
    """Two groups: the square of Welch t. Three: near what the F distribution says, and planted truth is found."""
    values = rng.standard_normal((45, 4))
    groups = np.repeat([7, 3, 5], 15)
    values[groups == 5, 1] += 2
    two = compare_many(values[:30], groups[:30], n_permutations=50, rng=rng)
    np.testing.assert_allclose(two.f, stats.ttest_ind(values[:15], values[15:30], equal_var=False).statistic ** 2)
    found = compare_many(values, groups, rng=rng)
    np.testing.assert_array_equal(found.p_family < 0.05, [False, True, False, False])
    wanted = [stats.f_oneway(*(column[groups == g] for g in (3, 5, 7)), equal_var=False).pvalue for column in values.T]
    np.testing.assert_allclose(found.p, wanted, atol=0.03)


def test_many_groups_with_covariates(rng):
    """A covariate explains the groups' differences away."""
    groups = np.repeat([0, 1, 2], 20)
    age = groups + rng.standard_normal(60)
    values = 2 * age[:, None] + rng.standard_normal((60, 3))
    values[:, 2] += 3 * (groups == 1)
    raw = compare_many(values, groups, n_permutations=500, rng=rng)
    found = compare_many(values, groups, covariates=age[:, None], n_permutations=500, rng=rng)
    assert (raw.p < 0.01).all()
    assert (found.p[:2] > 0.05).all()
    assert found.p[2] < 0.01
    assert any("isn't exact" in note for note in found.notes)


def test_few_units_of_many_groups_are_relabelled_completely(rng):
    """Ninety labellings of two, two and two units; a column where a group has one value is NaN."""
    values = rng.standard_normal((6, 3))
    values[0, 1] = np.nan
    found = compare_many(values, np.array([0, 0, 1, 1, 2, 2]), rng=rng)
    assert (found.exact, found.n_permutations) == (True, 90)
    assert np.isnan([found.f[1], found.p[1]]).all()
    assert found.p_min[0] == pytest.approx(6 / 90)  # groups can be renamed in six ways


# Bad input --------------------------------------------------------------------------------------------------------

BAD = {
    "one unit": (
        lambda v: compare_groups(v, np.arange(N_UNITS) < 1, rng=seeded()),
        InputError,
        "group 1 of 2 has 1 unit with values",
    ),
    "no unit": (
        lambda v: compare_groups(v, np.ones(N_UNITS, bool), rng=seeded()),
        InputError,
        "group 2 of 2 has 0 units",
    ),
    "units without values": (
        lambda v: compare_groups(np.where(np.arange(N_UNITS)[:, None] < N_A - 1, np.nan, v), IS_FIRST, rng=seeded()),
        InputError,
        "group 1 of 2 has 1 unit with values",
    ),
    "infinite": (
        lambda v: compare_groups(np.where(v > 1, np.inf, v), IS_FIRST, rng=seeded()),
        InputError,
        "infinite ones",
    ),
    "axes": (
        lambda v: compare_groups(v.T, IS_FIRST, rng=seeded()),
        ShapeError,
        r"wanted \(29, n_columns\), got \(10, 29\)",
    ),
    "families": (lambda v: compare_groups(v, IS_FIRST, families=FAMILIES[1:], rng=seeded()), ShapeError, r"got \(9,\)"),
    "permutations": (lambda v: compare_groups(v, IS_FIRST, n_permutations=0, rng=seeded()), ConfigError, "got 0"),
    "pairs": (lambda v: compare_pairs(v, v[1:], rng=seeded()), ShapeError, r"\(29, 10\), got \(28, 10\)"),
    "one pair": (lambda v: compare_pairs(v[:1], v[1:2], rng=seeded()), InputError, "two pairs .* got 1"),
    "one group": (
        lambda v: compare_many(v, np.zeros(N_UNITS, int), rng=seeded()),
        InputError,
        "two groups or more, got 1",
    ),
    "collinear": (
        lambda v: compare_groups(
            v, IS_FIRST, covariates=1.0 * IS_FIRST[:, None], covariate_names=["clinic"], rng=seeded()
        ),
        InputError,
        "covariate 'clinic' are almost collinear",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, values):
    """Each with what was wanted and what came."""
    ask, error, message = BAD[case]
    with pytest.raises(error, match=message):
        ask(values)
