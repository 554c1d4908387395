"""Squared distances of mean profiles: unbiased, with intervals and tests that hold."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from emotopy.errors import InputError, ShapeError
from emotopy.inference.distances import group_distances, holm, paired_distance, squared_distance
from emotopy.inference.intervals import bootstrap_deviations


def correlated(rng, n, shift=0.0):
    """Profiles (n, 18) whose regions go together, as those of texts do."""
    mixing = np.random.default_rng(5).standard_normal((4, 18))
    return rng.standard_normal((n, 4)) @ mixing / 2 + rng.standard_normal((n, 18)) / 2 + shift


def test_it_is_the_mean_product_of_independent_differences(rng):
    """Taking the noise off equals averaging over all ways to take two different units of each group."""
    a, b = rng.standard_normal((4, 3)), rng.standard_normal((5, 3))
    products = [
        (a[i] - b[k]) @ (a[j] - b[m]) / 3
        for (i, j), (k, m) in product(combinations(range(4), 2), combinations(range(5), 2))
    ]
    swapped = [
        (a[i] - b[m]) @ (a[j] - b[k]) / 3
        for (i, j), (k, m) in product(combinations(range(4), 2), combinations(range(5), 2))
    ]
    assert squared_distance(a, b) == pytest.approx(np.mean([*products, *swapped]), abs=1e-12)
    found = group_distances(np.vstack([a, b]), np.repeat([0, 1], [4, 5]), n=100, rng=rng)
    assert found.distance[0] == pytest.approx(squared_distance(a, b), abs=1e-12)


def test_pairs_of_rows_lose_the_noise_of_their_differences(rng):
    """A paired distance is that of the differences; what a pair shares doesn't blur it."""
    shared = 100 * rng.standard_normal((30, 3))
    first, second = shared + rng.standard_normal((30, 3)), shared + rng.standard_normal((30, 3)) + 2.0
    distance, low, high, p = paired_distance(first, second, n=500, rng=rng)
    gap = first - second
    expected = (np.square(gap.mean(axis=0)).sum() - gap.var(axis=0, ddof=1).sum() / 30) / 3
    assert distance == pytest.approx(expected, abs=1e-12)
    assert low < 4.0 < high
    assert p < 1e-6


@pytest.mark.parametrize(("n", "size"), [(10, 0.0), (30, 0.3), (60, 1.0)])
def test_planted_distances_are_found_without_bias_and_covered(n, size):
    """Over 300 draws the mean distance is the planted one, and 95 % intervals hold it in 0.91 to 1."""
    rng = np.random.default_rng(17)
    shift = np.random.default_rng(6).standard_normal(18)
    shift *= size / np.sqrt(np.square(shift).mean())
    groups = np.repeat([0, 1], [n, 2 * n])
    found = [
        group_distances(np.vstack([correlated(rng, n), correlated(rng, 2 * n, shift)]), groups, n=300, rng=rng)
        for _ in range(300)
    ]
    distances = np.array([one.distance[0] for one in found])
    assert abs(distances.mean() - size**2) < 3.3 * distances.std() / np.sqrt(300)
    covered = np.mean([one.low[0] <= size**2 <= one.high[0] for one in found])
    assert 0.91 <= covered <= 1.0


def test_equal_means_are_called_different_as_often_as_promised():
    """Of 400 draws of equal groups of unequal sizes p is below 0.05 in 2 to 8 % (99 % binomial band)."""
    rng = np.random.default_rng(23)
    groups = np.repeat([0, 1], [12, 40])
    p = [group_distances(correlated(rng, 52), groups, n=100, rng=rng).p[0] for _ in range(400)]
    assert 0.022 <= np.mean(np.array(p) < 0.05) <= 0.08


def test_all_pairs_in_order_and_corrected(rng):
    """Pairs come as itertools gives them; Holm's p are those of the definition."""
    found = group_distances(correlated(rng, 40), np.repeat([0, 1, 2, 3], 10), n=100, rng=rng)
    assert list(zip(found.first, found.second, strict=True)) == list(combinations(range(4), 2))
    order = np.argsort(found.p)
    worst = 0.0
    for place, i in enumerate(order):
        worst = max(worst, min(1.0, found.p[i] * (6 - place)))
        assert found.p_family[i] == pytest.approx(worst)


def test_holm_leaves_out_what_is_missing():
    """A p that isn't there stays so and counts for nothing."""
    np.testing.assert_allclose(holm(np.array([0.01, np.nan, 0.04])), [0.02, np.nan, 0.04])


def test_few_units_have_a_distance_but_no_interval(rng):
    """Below five units a group there is neither interval nor p; below two there is an error."""
    found = group_distances(rng.standard_normal((10, 3)), np.repeat([0, 1], [4, 6]), n=100, rng=rng)
    assert np.isfinite(found.distance[0])
    assert np.isnan([found.low[0], found.high[0], found.p[0]]).all()
    with pytest.raises(InputError, match="two units or more"):
        group_distances(rng.standard_normal((4, 3)), np.array([0, 0, 0, 1]), rng=rng)


def test_constant_groups_have_no_width():
    """Units that are all alike have the plain distance and an interval of no width."""
    values = np.vstack([np.zeros((6, 2)), np.ones((6, 2))])
    found = group_distances(values, np.repeat([0, 1], 6), n=100, rng=np.random.default_rng(0))
    assert (found.distance[0], found.low[0], found.high[0], found.p[0]) == (1.0, 1.0, 1.0, 0.0)


def test_axes_that_do_not_fit_are_errors(rng):
    """Groups need an entry per unit, pairs the same shape."""
    with pytest.raises(ShapeError, match="n_units"):
        group_distances(rng.standard_normal((5, 3)), np.zeros(4, dtype=int), rng=rng)
    with pytest.raises(ShapeError, match="n_pairs"):
        paired_distance(rng.standard_normal((5, 3)), rng.standard_normal((4, 3)), rng=rng)


def test_resampled_means_vary_as_means_do(rng):
    """The variance of the deviations is that of the mean, not (n − 1)/n of it; their mean is 0."""
    values = rng.standard_normal((8, 3)) * [1.0, 2.0, 5.0]
    drawn = bootstrap_deviations(values, 20_000, rng)
    np.testing.assert_allclose(drawn.var(axis=0), values.var(axis=0, ddof=1) / 8, rtol=0.05)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.05)
