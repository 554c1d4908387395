"""Exact nearest neighbours by matrix products."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from sklearn.neighbors import NearestNeighbors

from emotopy_plugins.reducers.nearest_neighbours import NeighbourSearch, comparable, largest

pytestmark = pytest.mark.fast_path


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan", "correlation"])
def test_neighbours_are_scikit_learns(rng, metric):
    """The same rows at the same distances as scikit-learn's brute search, few and many reference rows."""
    for n_reference in (17, 2_003):
        reference, rows = rng.standard_normal((n_reference, 7)), rng.standard_normal((41, 7))
        search = NeighbourSearch.of(comparable(reference, metric), metric)
        found = search.nearest(comparable(rows, metric), 6)
        brute = NearestNeighbors(n_neighbors=6, metric=metric, algorithm="brute").fit(reference)
        distances, indices = brute.kneighbors(rows)
        np.testing.assert_array_equal(found.indices, indices)
        np.testing.assert_allclose(found.distances, distances, atol=1e-6)


def test_a_row_alone_has_the_neighbours_it_has_among_others(rng):
    """Bitwise, indices and distances."""
    search = NeighbourSearch.of(comparable(rng.standard_normal((1_500, 9)), "cosine"), "cosine")
    rows = comparable(rng.standard_normal((33, 9)), "cosine")
    together = search.nearest(rows, 8)
    for i in range(33):
        alone = search.nearest(rows[i : i + 1], 8)
        np.testing.assert_array_equal(alone.indices[0], together.indices[i])
        np.testing.assert_array_equal(alone.distances[0], together.distances[i])


def test_equally_near_rows_come_in_order(rng):
    """Of copies the first is the nearest, and no more neighbours come than there are rows."""
    row = comparable(rng.standard_normal((1, 5)), "euclidean")
    found = NeighbourSearch.of(np.repeat(row, 4, axis=0), "euclidean").nearest(row, 9)
    np.testing.assert_array_equal(found.indices, [[0, 1, 2, 3]])
    np.testing.assert_array_equal(found.distances, np.zeros((1, 4)))


def test_rows_of_zeros_are_near_each_other(rng):
    """They have no angle: at 0 from each other, equally far from all others."""
    reference = comparable(np.vstack([rng.standard_normal((12, 5)), np.zeros((1, 5))]), "cosine")
    found = NeighbourSearch.of(reference, "cosine").nearest(np.zeros((1, 5), np.float32), 13)
    assert found.indices[0, 0] == 12
    np.testing.assert_allclose(found.distances[0], [0.0] + [0.5] * 12, atol=1e-7)


@given(
    arrays(
        np.float32, st.tuples(st.integers(1, 4), st.integers(1, 130).map(lambda n: 20 * n)), elements=st.integers(0, 99)
    ),
    st.integers(1, 9),
)
@settings(deadline=None, max_examples=50)
def test_the_largest_are_found_among_groups(scores, n):
    """The n columns differ and hold the n largest numbers, ties or not."""
    columns = largest(scores, n)
    assert all(len(set(row)) == n for row in columns)
    found = np.sort(np.take_along_axis(scores, columns, axis=1), axis=1)
    np.testing.assert_array_equal(found, np.sort(scores, axis=1)[:, -n:])
