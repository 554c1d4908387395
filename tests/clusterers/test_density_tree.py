"""Where new points fall among HDBSCAN's clusters: as the package hdbscan says, and by arrays alone."""

from __future__ import annotations

import hdbscan
import numpy as np
import pytest

from emotopy_plugins.clusterers.density_tree import DensityTree
from emotopy_plugins.clusterers.hdbscan import HdbscanClusterer

SIZE = 8


def blobs(rng, n_components=3):
    """Return twelve groups of forty points, of different spreads."""
    centres = rng.normal(0, 6, (12, n_components))
    return np.concatenate([rng.normal(centre, rng.uniform(0.3, 1.5), (40, n_components)) for centre in centres])


def fit(points, method="eom", min_samples=SIZE):
    found = hdbscan.HDBSCAN(
        min_cluster_size=SIZE,
        min_samples=min_samples,
        cluster_selection_method=method,
        approx_min_span_tree=False,
        prediction_data=True,
    ).fit(points)
    tree = DensityTree.of(points, min_samples, found.condensed_tree_.to_numpy(), found.labels_)
    return found, tree


@pytest.mark.parametrize("method", ["eom", "leaf"])
@pytest.mark.parametrize("min_samples", [1, 3, SIZE, 20])
@pytest.mark.parametrize("seed", range(4))
def test_new_points_fall_where_the_package_says(seed, min_samples, method):
    rng = np.random.default_rng(seed)
    points = blobs(rng) if seed < 3 else rng.random((400, 2))
    found, tree = fit(points, method, min_samples)
    spread = rng.normal(0, 8, (150, points.shape[1]))
    new = np.concatenate([points[::2] + rng.normal(0, 0.3, points[::2].shape), spread])
    expected, _ = hdbscan.approximate_predict(found, new)
    assert found.labels_.max() > 0
    np.testing.assert_array_equal(tree.predict(new), expected)


def test_a_point_falls_alike_alone_and_among_others(rng):
    points = blobs(rng)
    _, tree = fit(points)
    new = rng.normal(0, 6, (200, 3))
    np.testing.assert_array_equal([tree.predict(one[np.newaxis])[0] for one in new], tree.predict(new))


def test_the_nodes_of_a_cluster_have_its_label(rng):
    points = blobs(rng)
    found, tree = fit(points)
    clustered = found.labels_ >= 0
    np.testing.assert_array_equal(tree.label[tree.node_of_point[clustered]], found.labels_[clustered])
    assert (tree.label[tree.node_of_point[~clustered]] == -1).all()


def test_copies_of_clustered_points_fall_into_their_cluster(rng):
    points = np.repeat(blobs(rng), 2, axis=0)
    clusterer = HdbscanClusterer(min_cluster_size=SIZE)
    labels = clusterer.fit_predict(points)
    again = clusterer.predict(points)
    assert (again[labels >= 0] == labels[labels >= 0]).mean() > 0.98


def test_fewer_points_than_the_wider_circle_takes(rng):
    points = np.concatenate([rng.normal(0, 0.1, (10, 2)), rng.normal(9, 0.1, (10, 2))])
    clusterer = HdbscanClusterer(min_cluster_size=5, min_samples=15)
    clusterer.fit_predict(points)
    assert clusterer.predict(np.array([[0.0, 0.0], [9.0, 9.0]])).shape == (2,)


def test_a_second_fit_forgets_the_first(rng):
    first, second = blobs(rng), blobs(rng) + 100
    clusterer = HdbscanClusterer(min_cluster_size=SIZE)
    clusterer.fit_predict(first)
    clusterer.predict(first)
    labels = clusterer.fit_predict(second)
    assert (clusterer.predict(second)[labels >= 0] >= 0).mean() > 0.9
