"""Freedman–Lane with HC3: against a dense computation of one permutation at a time."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import InputError, ShapeError
from emotopy.inference.freedman_lane import Design, FreedmanLane, inflation, permuted_statistic, wald_f
from emotopy.inference.group_comparison import checked_covariates, column_designs, indicators
from emotopy.inference.welch import f_to_z, hall, t_to_z

pytestmark = pytest.mark.fast_path

N_UNITS, N_COLUMNS, N_COVARIATES, N_ORDERS = 23, 4, 2, 9


def dense_hc3(groups, covariates, y):
    """Coefficients of the groups and their HC3 covariance, from the textbook: (XᵀX)⁻¹ Xᵀ diag(e²/(1−h)²) X (XᵀX)⁻¹."""
    x = np.column_stack([groups, np.ones(len(y)), covariates])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    leverage = np.diag(x @ inverse @ x.T)
    weights = ((y - x @ beta) / (1 - leverage)) ** 2
    covariance = inverse @ (x.T * weights) @ x @ inverse
    q = groups.shape[1]
    return beta[:q], covariance[:q, :q]


@pytest.fixture
def data(rng):
    """Values, labels of three groups and covariates."""
    labels = np.repeat([0, 1, 2], [6, 7, 10])
    covariates = rng.standard_normal((N_UNITS, N_COVARIATES)) * [1, 100] + [0, 1e4] + 0.5 * labels[:, None]
    return rng.standard_normal((N_UNITS, N_COLUMNS)), labels, covariates


@pytest.mark.parametrize("n_groups", [2, 3])
def test_coefficients_and_hc3_are_the_textbooks(data, n_groups):
    """For two and three groups, every column."""
    values, labels, covariates = data
    groups = indicators(np.minimum(labels, n_groups - 1), n_groups)
    design = Design.of(groups, covariates)
    coefficients, inflated = design.fit(values)
    covariance = design.covariance(inflated)
    for column, y in enumerate(values.T):
        beta, wanted = dense_hc3(groups, covariates, y)
        np.testing.assert_allclose(coefficients[:, column], beta, rtol=1e-8)
        np.testing.assert_allclose(covariance[column], wanted, rtol=1e-8)


def permuted_one_by_one(values, groups, covariates, orders):
    """Reduced fit plus permuted residuals, refitted in full: coefficients and covariance of each order and column."""
    reduced = np.column_stack([np.ones(len(values)), covariates])
    fitted = reduced @ np.linalg.lstsq(reduced, values, rcond=None)[0]
    return [[dense_hc3(groups, covariates, y) for y in (fitted + (values - fitted)[order]).T] for order in orders]


def test_permutations_of_three_groups(data, rng):
    """Freedman and Lane's: the Wald F of every order."""
    values, labels, covariates = data
    groups = indicators(labels, 3)
    orders = rng.permuted(np.tile(np.arange(N_UNITS), (N_ORDERS, 1)), axis=1)
    design = Design.of(groups, covariates)
    found = permuted_statistic(design, design.reduced_residuals(values), orders)
    f = [
        [b @ np.linalg.solve(v, b) / 2 for b, v in row]
        for row in permuted_one_by_one(values, groups, covariates, orders)
    ]
    np.testing.assert_allclose(np.log(found), f_to_z(np.array(f), 2, N_UNITS - 3 - N_COVARIATES), rtol=1e-6)


def test_permutations_of_two_groups(data, rng):
    """The HC3 t of every order, corrected for skewness, as a normal deviate."""
    values, labels, covariates = data
    groups = indicators(np.minimum(labels, 1), 2)
    orders = rng.permuted(np.tile(np.arange(N_UNITS), (N_ORDERS, 1)), axis=1)
    design = Design.of(groups, covariates)
    residuals = design.reduced_residuals(values)
    found = permuted_statistic(design, residuals, orders)
    t = np.array([[b[0] / np.sqrt(v[0, 0]) for b, v in row]
                  for row in permuted_one_by_one(values, groups, covariates, orders)])  # fmt: skip
    x = np.column_stack([groups, np.ones(N_UNITS), covariates])
    solve, hat = np.linalg.pinv(x)[0], x @ np.linalg.pinv(x)
    for row, order, own in zip(found, orders, t, strict=True):
        u = (residuals[order] - hat @ residuals[order]) / (1 - np.diag(hat))[:, None]
        skewness = (solve**3 @ u**3) / (solve**2 @ u**2) ** 1.5
        np.testing.assert_allclose(row, abs(t_to_z(hall(own, skewness), N_UNITS - 2 - N_COVARIATES)), rtol=1e-6)


def test_missing_values_have_their_own_design(data, rng):
    """A column is tested on its units, whose order is that of all units; columns with the same units share a design."""
    values, labels, covariates = data
    labels = np.minimum(labels, 1)
    values[[2, 9], 1] = values[[2, 9], 3] = np.nan
    designs = column_designs(values, labels, covariates, fewest=2)
    assert sorted(one.columns.tolist() for one in designs) == [[0, 2], [1, 3]]
    orders = rng.permuted(np.tile(np.arange(N_UNITS), (N_ORDERS, 1)), axis=1)
    f, _ = FreedmanLane(values, designs)(orders)
    units = np.delete(np.arange(N_UNITS), [2, 9])
    number = {unit: i for i, unit in enumerate(units)}
    own = np.array([[number[unit] for unit in order if unit in number] for order in orders])
    design = Design.of(indicators(labels[units], 2), covariates[units])
    wanted = permuted_statistic(design, design.reduced_residuals(values[units][:, [1, 3]]), own)
    np.testing.assert_allclose(f[:, [1, 3]], wanted)


def test_columns_may_be_left_out(data, rng):
    """`only` gives the same numbers for fewer columns."""
    values, labels, covariates = data
    values[[2, 9], 1] = np.nan
    statistic = FreedmanLane(values, column_designs(values, labels, covariates, fewest=6))
    orders = rng.permuted(np.tile(np.arange(N_UNITS), (N_ORDERS, 1)), axis=1)
    chosen = np.array([False, True, False, True])
    for part, whole in zip(statistic.only(chosen)(orders), statistic(orders), strict=True):
        np.testing.assert_allclose(part, whole[:, chosen])


def test_columns_too_thin_for_the_family(data):
    """A group with fewer values than `fewest` keeps its column out of the maximum; fewer than two: no design."""
    values, labels, covariates = data
    values[:3, 1] = np.nan
    values[:5, 2] = np.nan
    designs = column_designs(values, labels, covariates, fewest=5)
    assert {tuple(one.columns.tolist()): one.in_family for one in designs} == {(0, 3): True, (1,): False}
    _, for_family = FreedmanLane(values, designs)(np.arange(N_UNITS)[None])
    np.testing.assert_array_equal(for_family[0] > 0, [True, False, False, True])


def test_collinear_covariates_do_no_harm(data):
    """A covariate that stands twice changes nothing."""
    values, labels, covariates = data
    groups = indicators(labels, 3)
    once, twice = (Design.of(groups, z).fit(values) for z in (covariates, covariates[:, [0, 1, 0]]))
    np.testing.assert_allclose(once[0], twice[0])
    np.testing.assert_allclose(once[1], twice[1])


def test_a_unit_that_the_model_fits_alone_does_no_harm(data):
    """Leverage 1: no division by zero, and everything is finite."""
    values, labels, covariates = data
    covariates[:, 0] = np.arange(N_UNITS) == 4
    design = Design.of(indicators(labels, 3), covariates)
    coefficients, inflated = design.fit(values)
    assert np.isfinite(wald_f(coefficients, design.covariance(inflated))).all()


def test_inflation_is_that_of_the_regression_on_the_covariates(rng):
    """1 / (1 − R²); infinite where the covariates tell the group exactly."""
    group = (np.arange(N_UNITS) < 9).astype(float)[:, None]
    covariates = rng.standard_normal((N_UNITS, N_COVARIATES)) + group
    x = np.column_stack([np.ones(N_UNITS), covariates])
    left = group - x @ np.linalg.lstsq(x, group, rcond=None)[0]
    wanted = ((group - group.mean()) ** 2).sum() / (left**2).sum()
    assert inflation(group, covariates) == pytest.approx(wanted)
    assert inflation(group, 3 - 2 * group) == np.inf


BAD = {
    "constant": (lambda z, g: z * [1, 0] + [0, 7], InputError, "covariate 'age' is 7 for every unit"),
    "missing": (lambda z, g: np.where(np.arange(N_UNITS)[:, None] < 3, [0, np.nan], z), InputError,
                "covariate 'age': 3 of 23 units have no number"),
    "collinear": (lambda z, g: np.column_stack([z[:, 0], g + 0.01 * z[:, 1]]), InputError,
                  "covariate 'age' are almost collinear \\(variance inflation above 10\\)"),
    "too many": (lambda z, g: np.tile(z, 10), InputError, "20 covariates are too many for 23 units"),
    "short": (lambda z, g: z[1:], ShapeError, r"wanted \(23, n_covariates\), got \(22, 2\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_covariates_that_cannot_be_used(case, rng):
    """Each is named, with what to do."""
    make, error, message = BAD[case]
    groups = indicators((np.arange(N_UNITS) < 9).astype(int), 2)
    covariates = make(rng.standard_normal((N_UNITS, N_COVARIATES)), groups[:, 0])
    names = ["length", "age"] * (covariates.shape[1] // 2)
    with pytest.raises(error, match=message):
        checked_covariates(covariates, names, groups)


def test_groups_that_two_covariates_tell_together(rng):
    """Neither alone, so both are named."""
    groups = indicators((np.arange(N_UNITS) < 9).astype(int), 2)
    noise = rng.standard_normal(N_UNITS) * 5
    covariates = np.column_stack([groups[:, 0] + noise, noise])
    with pytest.raises(InputError, match="'length' and 'age'"):
        checked_covariates(covariates, ["length", "age"], groups)
