"""The parts of UMAP: curve, memberships, fuzzy graph, layout, places of new rows."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import brentq, minimize

from emotopy_plugins.reducers import umap_loops
from emotopy_plugins.reducers.nearest_neighbours import Neighbours
from emotopy_plugins.reducers.umap_layout import (
    STEPS_PER_EPOCH,
    Curve,
    fuzzy_graph,
    lay_out,
    memberships,
    partners,
    place,
)

pytestmark = pytest.mark.fast_path


@pytest.fixture
def neighbours(rng):
    """Five neighbours of each of 23 rows of three columns, without the row itself."""
    rows = rng.standard_normal((23, 3))
    apart = np.linalg.norm(rows[:, None] - rows, axis=-1)
    indices = np.argsort(apart, axis=1)[:, 1:6]
    return Neighbours(indices, np.take_along_axis(apart, indices, axis=1))


def cross_entropy(points, indices, weights, others, curve, strength):
    """What a placed row minimises: its neighbours' attraction and the others' repulsion."""

    def similarity(x, them):
        return 1 / (1 + curve.a * ((x - them) ** 2).sum(axis=1) ** curve.b)

    return lambda x: (
        -(weights * np.log(similarity(x, points[indices]))).sum()
        - strength * np.log(1 - similarity(x, points[others])).mean()
    )


@pytest.mark.parametrize("min_dist", [0.0, 0.1, 0.5])
def test_the_curve_is_the_least_squares_fit(min_dist):
    """No other a and b, sought by another algorithm, fit the target curve better."""
    d = np.linspace(0, 3, 300)
    target = np.where(d <= min_dist, 1.0, np.exp(-(d - min_dist)))

    def loss(ab):
        return ((1 / (1 + ab[0] * d ** (2 * ab[1])) - target) ** 2).sum()

    found = Curve.of(min_dist)
    best = minimize(loss, (1.0, 1.0), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13})
    np.testing.assert_allclose((found.a, found.b), best.x, rtol=1e-3)


def test_memberships_sum_to_the_logarithm(rng):
    """σ solves Σ exp(−(d − ρ) / σ) = log2(n_neighbors), as SciPy's root finder does."""
    distances = np.sort(rng.exponential(size=(31, 14)) + 0.3, axis=1)
    found = memberships(distances, 15)
    for row, membership in zip(distances, found, strict=True):
        sigma = brentq(lambda s, row=row: np.exp(-(row - row.min()) / s).sum() - np.log2(15), 1e-6, 1e6, xtol=1e-14)
        np.testing.assert_allclose(membership, np.exp(-(row - row.min()) / sigma), atol=1e-8)


@given(
    st.integers(2, 20).flatmap(
        lambda k: st.lists(st.floats(0, 1e3, allow_subnormal=False), min_size=k, max_size=k).map(sorted)
    )
)
@settings(deadline=None)
def test_memberships_are_shares_that_fall_with_distance(distances):
    """Whatever the distances, ties and zeros included: the nearest has 1, none more than a nearer one, all 0 to 1."""
    (found,) = memberships(np.array([distances]), len(distances) + 1)
    assert np.isfinite(found).all()
    assert found[0] == 1.0
    assert (np.diff(found) <= 0).all()
    assert found[-1] >= 0


def test_the_graph_is_the_fuzzy_union(neighbours):
    """w + v − w v of both directions, symmetric, nothing on the diagonal."""
    weights = np.zeros((23, 23))
    np.put_along_axis(weights, neighbours.indices, memberships(neighbours.distances, 6), axis=1)
    graph = fuzzy_graph(neighbours, 6).toarray()
    np.testing.assert_allclose(graph, weights + weights.T - weights * weights.T, atol=1e-12)
    np.testing.assert_array_equal(graph, graph.T)
    assert not graph.diagonal().any()


def test_partners_come_as_often_as_they_weigh(neighbours, rng):
    """Each neighbour's share of the steps is its share of the row's weights, to one step."""
    graph = fuzzy_graph(neighbours, 6)
    table = partners(graph, rng, n_slots=400)
    dense = graph.toarray()
    shares = dense / dense.sum(axis=1, keepdims=True)
    counts = np.stack([np.bincount(table[:, i], minlength=23) for i in range(23)])
    assert abs(counts - 400 * shares).max() <= 1 + 1e-9


def test_the_layout_follows_the_loops(neighbours, rng):
    """Three epochs equal those of a loop over rows; progress counts epochs."""
    graph = fuzzy_graph(neighbours, 6)
    start = rng.normal(scale=5, size=(23, 2))
    steps = []
    fast = lay_out(graph, start, Curve.of(0.1), 3, np.random.default_rng(5), steps.append)
    slow = umap_loops.lay_out(graph, start, Curve.of(0.1), 3, np.random.default_rng(5))
    np.testing.assert_allclose(fast, slow, atol=1e-4)
    assert abs(fast - start).max() > 0.1
    assert steps == [1, 1, 1]
    assert STEPS_PER_EPOCH * 3 > 3


def test_joined_rows_come_together(rng):
    """Two groups without an edge between them: points are nearest to their own, wherever they start."""
    group = np.arange(40) % 2
    indices = np.array(
        [rng.permutation(np.flatnonzero((group == group[i]) & (np.arange(40) != i)))[:6] for i in range(40)]
    )
    graph = fuzzy_graph(Neighbours(indices, np.full((40, 6), 1.0)), 7)
    points = lay_out(graph, rng.normal(size=(40, 2)), Curve.of(0.0), 100, rng)
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + np.diag(np.full(40, np.inf))
    np.testing.assert_array_equal(group[apart.argmin(axis=1)], group)


def test_a_row_is_placed_where_its_cross_entropy_is_low(rng):
    """Lower than at the mean of its neighbours, and near to a minimum that SciPy finds from there."""
    points = np.concatenate([rng.normal(size=(50, 2)), rng.normal(size=(50, 2)) + 8])[rng.permutation(100)]
    points = points.astype(np.float32)
    curve = Curve.of(0.0)
    right = np.flatnonzero(points[:, 0] > 4)[:6]
    left = np.flatnonzero(points[:, 0] < 4)[:2]
    indices = np.concatenate([right, left])[np.newaxis]
    distances = np.linspace(1, 1.5, 8)[np.newaxis]
    weights = memberships(distances, 8)[0]
    entropy = cross_entropy(points, indices[0], weights / weights.sum(), np.arange(100), curve, 2.5)
    (placed,) = place(Neighbours(indices, distances), points, curve, 8)
    mean = weights @ points[indices[0]] / weights.sum()
    best = minimize(entropy, mean, method="Nelder-Mead")
    assert entropy(placed) < entropy(mean)
    assert entropy(placed) - best.fun < 0.1 * (entropy(mean) - best.fun)


def test_placing_follows_the_loops_row_by_row(rng):
    """Equal to a loop; a row alone gets bitwise the place that it gets among others."""
    points = rng.normal(size=(37, 3)).astype(np.float32)
    indices = np.stack([rng.permutation(37)[:5] for _ in range(11)])
    found = Neighbours(indices, np.sort(rng.uniform(0.1, 1, (11, 5)), axis=1))
    fast = place(found, points, Curve.of(0.1), 5)
    np.testing.assert_allclose(fast, umap_loops.place(found, points, Curve.of(0.1), 5), atol=1e-4)
    for i in range(11):
        (alone,) = place(Neighbours(indices[[i]], found.distances[[i]]), points, Curve.of(0.1), 5)
        np.testing.assert_array_equal(alone, fast[i])


def test_a_copy_gets_the_place_of_its_original(rng):
    """At no distance from its neighbour a row lies where that lies."""
    points = rng.normal(size=(9, 2)).astype(np.float32)
    found = Neighbours(np.array([[4, 1, 7]]), np.array([[0.0, 0.5, 0.6]]))
    np.testing.assert_array_equal(place(found, points, Curve.of(0.0), 3), points[[4]])
