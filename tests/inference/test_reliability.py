"""Agreement of raters, against independent computations."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import ShapeError
from emotopy.inference.correlation import mean_of_known
from emotopy.inference.reliability import icc, noise_ceiling, pearson_of_known


def test_icc_equals_the_published_example():
    """Shrout and Fleiss (1979), table 2 and table 4: six targets, four judges."""
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    found = icc(np.array(table, dtype=float))
    assert (round(found.single, 2), round(found.mean, 2)) == (0.29, 0.62)


def test_icc_equals_an_analysis_of_variance_by_least_squares(rng):
    """Mean squares from nested linear models instead of marginal means."""
    n, k = 11, 3
    x = rng.standard_normal((n, k)) + 2 * rng.standard_normal((n, 1)) + rng.standard_normal(k) + 100
    y = x.ravel()
    rows, columns = np.kron(np.eye(n), np.ones((k, 1))), np.kron(np.ones((n, 1)), np.eye(k))
    one = np.ones((n * k, 1))

    def rss(*parts):
        design = np.hstack(parts)
        return float(((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum())

    ms_error = rss(one, rows, columns) / ((n - 1) * (k - 1))
    ms_rows = (rss(one, columns) - rss(one, rows, columns)) / (n - 1)
    ms_columns = (rss(one, rows) - rss(one, rows, columns)) / (k - 1)
    single = (ms_rows - ms_error) / (ms_rows + (k - 1) * ms_error + k * (ms_columns - ms_error) / n)
    found = icc(x)
    assert found.single == pytest.approx(single, abs=1e-9)
    # the mean of k raters by Spearman and Brown, which ICC(2,k) is of ICC(2,1)
    assert found.mean == pytest.approx(k * single / (1 + (k - 1) * single), abs=1e-9)


def test_icc_recovers_planted_variances(rng):
    """With target, rater and error variances 4, 1 and 2, ICC(2,1) is 4 / 7."""
    n, k = 4_000, 400
    x = 2 * rng.standard_normal((n, 1)) + rng.standard_normal(k) + np.sqrt(2) * rng.standard_normal((n, k))
    assert icc(x).single == pytest.approx(4 / 7, abs=0.03)


def test_identical_repeats_agree_wholly_and_constants_not_at_all():
    """ICC 1 for identical columns; undefined where nothing varies, or there is just one rater or segment."""
    same = np.tile([[0.1], [0.5], [0.9]], (1, 4))
    assert icc(same).single == pytest.approx(1.0)
    for undefined in (np.full((5, 3), 0.4), same[:, :1], same[:1]):
        assert np.isnan(icc(undefined).single)
        assert np.isnan(icc(undefined).mean)


def test_pearson_equals_numpy_where_both_are_known(rng):
    """NaN on either side is left out; a constant has no correlation."""
    x, y = rng.standard_normal((2, 31))
    x[3], y[7] = np.nan, np.nan
    both = np.isfinite(x) & np.isfinite(y)
    assert pearson_of_known(x, y) == pytest.approx(np.corrcoef(x[both], y[both])[0, 1])
    assert np.isnan(pearson_of_known(x, np.full(31, 2.0)))
    assert np.isnan(pearson_of_known(x[:2], y[:2]))


def test_the_ceiling_is_what_the_truth_reaches(rng):
    """Raters = truth + noise: the truth's correlation with their mean is the root of their reliability."""
    truth = rng.standard_normal(20_000)
    raters = truth[:, None] + 1.5 * rng.standard_normal((20_000, 5))
    found = noise_ceiling(raters)
    assert found.n_raters == 5
    assert found.ceiling == pytest.approx(np.corrcoef(truth, raters.mean(axis=1))[0, 1], abs=0.01)
    by_hand = [np.corrcoef(raters[:, i], np.delete(raters, i, 1).mean(1))[0, 1] for i in range(5)]
    assert found.rater_to_rest == pytest.approx(np.mean(by_hand))
    assert found.rater_to_rest < found.ceiling


def test_spearman_brown_from_the_mean_correlation(rng):
    """Three raters: 3 r̄ / (1 + 2 r̄)."""
    raters = rng.standard_normal((50, 1)) + rng.standard_normal((50, 3))
    r = np.corrcoef(raters.T)[np.triu_indices(3, 1)].mean()
    found = noise_ceiling(raters)
    assert found.reliability == pytest.approx(3 * r / (1 + 2 * r))
    assert found.ceiling == pytest.approx(np.sqrt(found.reliability))


def test_one_rater_has_no_ceiling_and_opposite_raters_a_ceiling_of_zero(rng):
    """Undefined with one; never negative with raters that contradict each other."""
    x = rng.standard_normal(20)
    assert np.isnan(noise_ceiling(x[:, None]).ceiling)
    assert noise_ceiling(np.column_stack([x, -x])).ceiling == 0


def test_raters_who_missed_something_count_where_they_rated(rng):
    """A mean over raters is that of those who rated."""
    np.testing.assert_array_equal(
        mean_of_known(np.array([[1.0, 3.0], [np.nan, 5.0], [np.nan, np.nan]])), [2.0, 5.0, np.nan]
    )


@pytest.mark.parametrize("measure", [icc, noise_ceiling])
def test_one_axis_is_an_error(measure):
    """Raters are the second axis."""
    with pytest.raises(ShapeError, match="raters"):
        measure(np.zeros(4))
