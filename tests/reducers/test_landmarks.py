"""Landmarks are chosen by content; a row's place depends on that row alone."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from emotopy_plugins.reducers.landmarks import LandmarkMap, LayoutOptions, content_keys, distinct, principal_axes


@pytest.fixture
def rows(rng):
    """211 rows of 30 columns in three groups, float32."""
    return (rng.standard_normal((211, 30)) * 0.3 + np.eye(30)[np.arange(211) % 3]).astype(np.float32)


@given(arrays(np.float32, (12, 3), elements=st.integers(-2, 2)), st.permutations(range(12)), st.integers(1, 12))
def test_the_choice_knows_no_order_and_no_copies(rows, order, n_landmarks):
    """Rows in another order, some of them twice: the same landmarks, in the same order."""
    chosen = rows[distinct(rows)[0][:n_landmarks]]
    np.testing.assert_array_equal(rows[order][distinct(rows[order])[0][:n_landmarks]], chosen)
    twice = np.concatenate([rows[4:], rows])
    np.testing.assert_array_equal(twice[distinct(twice)[0][:n_landmarks]], chosen)
    np.testing.assert_array_equal(rows[distinct(rows)[0]][distinct(rows)[1]], rows)
    assert len(np.unique(chosen, axis=0)) == len(chosen) == min(n_landmarks, len(np.unique(rows, axis=0)))


def test_more_rows_change_the_choice_little(rows):
    """Landmarks of a part stay landmarks of the whole or give way to others: none comes that was refused before."""
    before = set(map(bytes, rows[:150][distinct(rows[:150])[0][:40]]))
    after = set(map(bytes, rows[distinct(rows)[0][:40]]))
    known = set(map(bytes, rows[:150]))
    assert len(before & after) >= 15
    assert after & known <= before


def test_keys_tell_rows_apart(rows):
    """Equal rows have equal keys, others don't; zero has no sign."""
    assert len(set(content_keys(rows))) == 211
    np.testing.assert_array_equal(content_keys(rows[:3] * 0), content_keys(rows[:3] * -0.0))


@pytest.mark.parametrize("shape", [(40, 9), (9, 40), (20, 20)])
def test_axes_are_scikit_learns(rng, shape):
    """The principal axes, up to their sign, of long and of wide tables."""
    rows = rng.standard_normal(shape) * np.linspace(1, 3, shape[1])
    axes = principal_axes(rows - rows.mean(axis=0), 4)
    reference = PCA(4, svd_solver="full").fit(rows).components_.T
    np.testing.assert_allclose(abs(axes.T @ reference), np.eye(4), atol=1e-9)
    assert (np.take_along_axis(axes, abs(axes).argmax(axis=0)[None], 0) > 0).all()


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan", "correlation"])
@pytest.mark.parametrize("n_pca", [None, 8])
def test_a_place_is_the_rows_own(rows, rng, metric, n_pca):
    """Alone, among others, in any order: to 1e-6. A landmark lies where it was laid out."""
    options = LayoutOptions(2, 7, 0.0, metric, n_pca)
    landmarks, others = rows[distinct(rows)[0][:120]], rng.permutation(rows)[:50]
    made = LandmarkMap.of(landmarks, options, 20, np.random.default_rng(1))
    together = made.place(others)
    alone = np.concatenate([made.place(others[i : i + 1]) for i in range(50)])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    np.testing.assert_allclose(made.place(landmarks), made.points, atol=1e-6)


def test_scale_and_offset_change_no_euclidean_map(rows):
    """Neighbours are the same, so the map is nearly; without overflow or underflow of single precision."""
    options = LayoutOptions(2, 7, 0.0, "euclidean", 8)
    wide = rows.astype(np.float64)
    small, large = (LandmarkMap.of(wide * f, options, 5, np.random.default_rng(0)) for f in (1e-25, 1e25))
    np.testing.assert_allclose(small.points, large.points, atol=1e-2)
    np.testing.assert_allclose(large.place(wide[:9] * 1e25), small.place(wide[:9] * 1e-25), atol=1e-2)
