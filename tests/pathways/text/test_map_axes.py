"""Places of texts on a map: principal components of the reduced points, with signs that don't change."""

from __future__ import annotations

import numpy as np
import pytest
import threadpoolctl
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from emotopy.errors import ShapeError
from emotopy.pathways.text import map_axes
from emotopy.pathways.text.map_axes import MapAxes, no_places

NUMBERS = st.floats(-100, 100, width=32)
POINTS = st.tuples(st.integers(1, 40), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=NUMBERS)
)


def spread(rng, n=301, scales=(5.0, 3.0, 1.0, 0.5, 0.1), offset=7.0):
    """Points of a known spread along rotated axes."""
    rotation = np.linalg.qr(rng.standard_normal((len(scales), len(scales))))[0]
    return rng.standard_normal((n, len(scales))) * scales @ rotation + offset


def by_sklearn(points, new=None):
    """scikit-learn's components, each with its largest loading positive, and the places on them."""
    pca = PCA(min(2, *points.shape), svd_solver="full").fit(points)
    loadings = pca.components_
    signs = np.sign(loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)])
    new = points if new is None else new
    found = np.zeros((len(new), 2))
    found[:, : len(loadings)] = pca.transform(new) * signs
    return found


@pytest.mark.parametrize("n_components", [1, 2, 5, 60])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_places_are_those_of_scikit_learn(rng, n_components, dtype, monkeypatch):
    """In blocks of points too."""
    monkeypatch.setattr(map_axes, "BLOCK_ROWS", 64)
    points = spread(rng, scales=2.0 ** -np.arange(n_components)).astype(dtype)
    np.testing.assert_allclose(
        MapAxes.of(points).place(points), by_sklearn(points.astype(np.float64)), atol=1e-9 * np.abs(points).max()
    )


def test_new_points_are_placed_by_the_axes_of_the_fit(rng):
    """As scikit-learn's `transform` does, and the mean of some points lies at the mean of their places."""
    points, new = spread(rng), spread(rng, n=11)
    axes = MapAxes.of(points)
    np.testing.assert_allclose(axes.place(new), by_sklearn(points, new))
    np.testing.assert_allclose(axes.place(new.mean(axis=0, keepdims=True))[0], axes.place(new).mean(axis=0))


@given(POINTS)
@settings(deadline=None)
def test_axes_are_at_right_angles_and_hold_the_most_variance(points):
    """Of length 1; the first holds no less than the second, the middle is the mean; a point alone lands where it lies.

    The largest loading is positive.
    """
    axes = MapAxes.of(points)
    np.testing.assert_allclose(axes.loadings @ axes.loadings.T, np.eye(len(axes.loadings)), atol=1e-9)
    np.testing.assert_allclose(axes.mean, points.mean(axis=0), atol=1e-9)
    places = axes.place(points)
    variances = places.var(axis=0)
    assert variances[0] >= variances[1] - 1e-9 * variances[0]
    total = points.var(axis=0).max()
    assert variances[0] >= total * (1 - 1e-9), "no column varies more than the first component"
    for axis in axes.loadings:
        assert axis[np.argmax(np.abs(axis) >= np.abs(axis).max() * (1 - 1e-6))] > 0
    for i in range(len(points)):
        np.testing.assert_array_equal(axes.place(points[[i]])[0], places[i])


@given(POINTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_distances_on_the_map_are_never_longer_than_in_the_space(points, random):
    i, j = (random.randrange(len(points)) for _ in range(2))
    places = MapAxes.of(points).place(points)
    assert np.linalg.norm(places[i] - places[j]) <= np.linalg.norm(points[i] - points[j]) * (1 + 1e-9) + 1e-9


def test_equal_points_and_points_on_a_line():
    """What doesn't spread is 0, and no rounding blown up to a picture."""
    same = MapAxes.of(np.full((7, 3), 0.1))
    assert same.loadings.shape == (0, 3)
    np.testing.assert_array_equal(same.place(np.full((2, 3), 0.1)), 0)
    line = np.linspace(0, 1, 9)[:, None] * [3.0, -4.0] + 0.3
    axes = MapAxes.of(line)
    assert axes.loadings.shape == (1, 2)
    places = axes.place(line)
    np.testing.assert_allclose(places[:, 0], np.linspace(2.5, -2.5, 9), atol=1e-12)  # −4 is the largest: turned round
    np.testing.assert_array_equal(places[:, 1], 0)
    assert MapAxes.of(np.zeros((3, 2))).loadings.shape == (0, 2)


def test_equal_loadings_by_rounding_give_the_sign_to_the_first():
    """Points on a diagonal: both loadings are 0.707, and a last digit must not turn the map round."""
    for last in (-1e-12, 0.0, 1e-12):
        line = np.linspace(-1, 1, 8)[:, None] * [-1.0, 1.0 + last]
        np.testing.assert_allclose(MapAxes.of(line).loadings, [[0.5**0.5, -(0.5**0.5)]], atol=1e-9)


@pytest.mark.parametrize("size", [1e-310, 1e-160, 1e200, 1.5e308])
@pytest.mark.filterwarnings("error")
def test_sizes_near_the_ends_of_what_numbers_hold(rng, size):
    """The same axes; places that a table can't hold are missing."""
    points = rng.uniform(-0.4, 0.4, (50, 3)) * [1.0, 0.5, 0.1]
    axes, usual = MapAxes.of(points * size), MapAxes.of(points)
    np.testing.assert_allclose(axes.loadings, usual.loadings, atol=1e-6)
    places = axes.place(points * size)
    if size > 1e38:
        assert np.isnan(places).all()
    else:
        np.testing.assert_allclose(places, usual.place(points) * size, rtol=1e-6, atol=1e-323)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.float16])
def test_numbers_of_any_kind(rng, dtype):
    points = rng.integers(-128, 128, (40, 3)).astype(np.int8).astype(dtype)
    np.testing.assert_allclose(
        MapAxes.of(points).place(points), MapAxes.of(points.astype(float)).place(points.astype(float))
    )


@pytest.mark.parametrize("n_components", [3, 5, 128])
def test_the_number_of_threads_changes_no_byte(rng, n_components):
    points = spread(rng, n=5000, scales=np.geomspace(5, 0.1, n_components)).astype(np.float32)
    found = set()
    for n_threads in (1, 2, 3):
        with threadpoolctl.threadpool_limits(limits=n_threads):
            found.add(MapAxes.of(points).place(points).astype(np.float32).tobytes())
    assert len(found) == 1


def test_axes_of_another_shape_are_refused():
    for shape in [(3, 4), (2, 3), (4,)]:
        with pytest.raises(ShapeError):
            MapAxes(np.zeros(4), np.zeros(shape))


def test_no_places_are_missing():
    assert no_places(3).shape == (3, 2)
    assert np.isnan(no_places(3)).all()
