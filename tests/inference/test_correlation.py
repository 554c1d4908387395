"""Pearson's r: against numpy, and one rule for values that have none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.inference.correlation import is_constant, mean_of_known, pearson, pearson_in_cells, pearson_matrix

FLAT = {
    "constant": np.full(11, 0.1),
    "zero": np.zeros(11),
    "single precision": np.full(11, 0.1, dtype=np.float32),
    "rounding": 0.1 * (1 + 1e-15 * np.arange(11)),
}


def test_rows_are_correlated_with_rows(rng):
    """Row with row as numpy has it; other axes broadcast."""
    x, y = rng.standard_normal((3, 7)), rng.standard_normal((5, 3, 7)) * 4 + 9
    wanted = [[np.corrcoef(x[e], y[s, e])[0, 1] for e in range(3)] for s in range(5)]
    np.testing.assert_allclose(pearson(x, y), wanted)


def test_every_row_is_correlated_with_every_row(rng):
    """As numpy has it, (n_x, n_y)."""
    x, y = rng.standard_normal((3, 7)), rng.standard_normal((5, 7)) * 4 + 9
    np.testing.assert_allclose(pearson_matrix(x, y), np.corrcoef(x, y)[:3, 3:])


def test_cells_are_correlated_one_by_one(rng):
    """Each cell and column by itself is what its rows give alone."""
    x, y = rng.standard_normal((2, 23, 4)) + 5
    begins = np.array([0, 3, 12])
    wanted = [pearson(x[a:b].T, y[a:b].T) for a, b in ((0, 3), (3, 12), (12, 23))]
    np.testing.assert_allclose(pearson_in_cells(x, y, begins), wanted)


@pytest.mark.parametrize("flat", FLAT.values(), ids=FLAT)
def test_a_constant_has_no_r(rng, flat):
    """It is NaN on either side, and leaves the other rows alone."""
    x, y = rng.standard_normal((2, 3, 11))
    x[1], y[2] = flat, flat
    assert np.isnan(pearson(x, y)).tolist() == [False, True, True]
    assert np.isnan(pearson(y, x)).tolist() == [False, True, True]
    wanted = [[False, False, True], [True, True, True], [False, False, True]]
    assert np.isnan(pearson_matrix(x, y)).tolist() == wanted
    assert np.isnan(pearson_in_cells(x.T, y.T, np.array([0, 5]))).tolist() == [[False, True, True]] * 2
    assert is_constant(x).tolist() == [False, True, False]
    assert np.isnan(pearson(flat, x[0]))


@pytest.mark.parametrize("n_points", [0, 1])
def test_fewer_than_two_points_have_no_r(n_points):
    """Neither has a cell of one row."""
    x, y = np.ones((3, n_points)), np.ones((2, 3, n_points))
    assert np.isnan(pearson(x, y)).all()
    assert pearson(x, y).shape == (2, 3)
    assert np.isnan(pearson_matrix(x, y[0, :2])).all()
    assert pearson_matrix(x, y[0, :2]).shape == (3, 2)
    assert is_constant(x).all()
    rows = np.array([[1.0], [1.0], [2.0]])
    np.testing.assert_allclose(pearson_in_cells(rows, rows, np.array([0, 1]))[:, 0], [np.nan, 1.0])


def test_small_deviations_are_no_rounding(rng):
    """Deviations of a millionth of the values give the r that they give alone."""
    x, y = rng.standard_normal((2, 30))
    np.testing.assert_allclose(pearson(5 + 1e-6 * x, y), pearson(x, y), atol=1e-9)


@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-6, 1e6), shift=st.floats(-100, 100))
def test_r_has_no_unit_and_no_size_above_one(seed, scale, shift):
    """A course is correlated with itself by 1 in any unit, and never by more."""
    x = np.random.default_rng(seed).standard_normal(9)
    r = pearson(x, scale * (x + shift))
    assert 1 - 1e-9 <= r <= 1
    assert np.abs(pearson_matrix(x[None], -scale * x[None])).max() <= 1


def test_means_leave_out_what_is_unknown():
    """Over any axis; the mean of nothing is NaN."""
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 5.0]])
    np.testing.assert_array_equal(mean_of_known(values), [2.0, 5.0])
    np.testing.assert_array_equal(mean_of_known(values, axis=0), [1.0, np.nan, 4.0])
