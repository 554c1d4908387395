"""Clusterer `hdbscan`."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score

from emotopy import Registry
from emotopy.errors import ConfigError, InputError
from emotopy.roles import Clusterer, SoftClusterer
from emotopy_plugins.clusterers import hdbscan
from emotopy_plugins.clusterers.hdbscan import HdbscanClusterer

SIZES = (40, 25, 17)


@pytest.fixture
def blobs(rng):
    """82 points with 3 dimensions: three tight clusters of `SIZES`."""
    centres = np.repeat([[0.0, 0, 0], [9, 0, 0], [0, 9, 9]], SIZES, axis=0)
    return (centres + rng.standard_normal((82, 3)) * 0.5).astype(np.float32)


def test_the_hook_offers_it():
    """`hdbscan` is offered, and keeps the role."""
    assert dict(hdbscan.register_clusterers()) == {"hdbscan": HdbscanClusterer}
    assert isinstance(HdbscanClusterer(), Clusterer)


def test_soft_membership_is_there_on_request_only():
    """The capability shows where the option is on, and only there."""
    assert not isinstance(HdbscanClusterer(), SoftClusterer)
    assert isinstance(HdbscanClusterer(membership=True), SoftClusterer)


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_equals_the_library(blobs, method):
    """The same options give the library's labels, as int64."""
    import hdbscan as library

    reference = library.HDBSCAN(
        min_cluster_size=6, min_samples=3, cluster_selection_method=method, approx_min_span_tree=False
    )
    labels = HdbscanClusterer(min_cluster_size=6, min_samples=3, cluster_selection_method=method).fit_predict(blobs)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, reference.fit_predict(blobs.astype(np.float64)))


def test_agrees_with_scikit_learn(rng, blobs):
    """Another implementation finds the same clusters and the same noise, up to their numbers."""
    points = np.vstack([blobs, rng.uniform(-20, 20, (15, 3))])
    # scikit-learn counts the point itself among its neighbours
    expected = HDBSCAN(min_cluster_size=8, min_samples=6, copy=True).fit_predict(points)
    labels = HdbscanClusterer(min_cluster_size=8, min_samples=5).fit_predict(points)
    assert adjusted_rand_score(expected, labels) == 1
    np.testing.assert_array_equal(labels == -1, expected == -1)
    assert (labels == -1).any()


def test_finds_planted_clusters_and_assigns_new_points(blobs):
    """Planted clusters come back whole; new points go to the cluster they lie in, far ones to none."""
    clusterer = HdbscanClusterer()
    labels = clusterer.fit_predict(blobs)
    assert adjusted_rand_score(np.repeat([0, 1, 2], SIZES), labels) > 0.95
    new = clusterer.predict(np.array([[0, 0, 0], [9, 0, 0], [0, 9, 9], [90, 90, 90]], np.float32))
    np.testing.assert_array_equal(new[:3], [np.bincount(labels[rows] + 1).argmax() - 1 for rows in parts()])
    assert new[3] == -1


def parts():
    ends = np.cumsum(SIZES)
    return [slice(end - size, end) for end, size in zip(ends, SIZES, strict=True)]


@settings(deadline=None, max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(random):
    """Shuffled points fall into the same clusters."""
    points = np.random.default_rng(4).standard_normal((70, 2)) + np.repeat([[0], [5]], 35, axis=0)
    order = random.sample(range(70), 70)
    labels = HdbscanClusterer().fit_predict(points)
    assert labels.max() >= 1
    assert adjusted_rand_score(labels[order], HdbscanClusterer().fit_predict(points[order])) == 1


@pytest.mark.parametrize("n_texts", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("min_cluster_size", [None, 2, 8])
def test_small_corpora(rng, n_texts, min_cluster_size):
    """Tiny corpora are clustered or are noise; below the cluster size they are noise; new points are no problem."""
    points = rng.standard_normal((n_texts, 3)).astype(np.float32)
    clusterer = HdbscanClusterer(min_cluster_size, membership=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = clusterer.fit_predict(points)
        new = clusterer.predict(points[:1] + 1)
        membership = clusterer.membership(points)
    assert labels.shape == (n_texts,)
    assert labels.min() >= -1
    assert new.shape == (1,)
    assert membership.shape == (n_texts, labels.max() + 1)
    if n_texts < (min_cluster_size or 5):
        np.testing.assert_array_equal(labels, -1)


def test_min_samples_beyond_the_corpus(rng):
    """More neighbours asked for than there are points is no crash."""
    assert HdbscanClusterer(min_cluster_size=5, min_samples=50).fit_predict(rng.standard_normal((20, 3))).shape == (20,)


def test_one_mass_is_all_noise(rng):
    """Points without structure: no cluster, every label −1, no column of membership."""
    clusterer = HdbscanClusterer(min_cluster_size=20, membership=True)
    points = rng.uniform(size=(60, 3))
    np.testing.assert_array_equal(clusterer.fit_predict(points), np.full(60, -1))
    np.testing.assert_array_equal(clusterer.predict(points[:4]), np.full(4, -1))
    assert clusterer.membership(points).shape == (60, 0)


def test_equal_points_are_noise():
    """All points equal have no density to compare: noise, for new points too."""
    clusterer = HdbscanClusterer()
    np.testing.assert_array_equal(clusterer.fit_predict(np.ones((30, 2))), np.full(30, -1))
    np.testing.assert_array_equal(clusterer.predict(np.ones((3, 2))), np.full(3, -1))


def test_piles_of_copies_are_clusters_with_defined_membership(rng):
    """Copies of four points are four clusters; where the library's membership is 0/0, the label stands."""
    points = np.repeat(rng.standard_normal((4, 3)) * 9, 20, axis=0)
    clusterer = HdbscanClusterer(membership=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = clusterer.fit_predict(points)
        membership = clusterer.membership(points)
    assert adjusted_rand_score(labels, np.repeat(range(4), 20)) == 1
    np.testing.assert_array_equal(membership.argmax(axis=1), labels)
    np.testing.assert_allclose(membership.sum(axis=1), 1)


def test_membership_equals_the_library(blobs):
    """Soft membership is the library's, rows of the fit and new rows; rows sum to at most one."""
    import hdbscan as library

    clusterer = HdbscanClusterer(min_cluster_size=6, membership=True)
    labels = clusterer.fit_predict(blobs)
    points = blobs.astype(np.float64)
    reference = library.HDBSCAN(min_cluster_size=6, prediction_data=True, approx_min_span_tree=False).fit(points)
    membership = clusterer.membership(blobs)
    assert membership.shape == (82, labels.max() + 1)
    np.testing.assert_allclose(membership, library.all_points_membership_vectors(reference))
    new = library.membership_vector(reference, points[:5] + 0.1)
    np.testing.assert_allclose(clusterer.membership(points[:5] + 0.1), new)
    assert membership.sum(axis=1).max() <= 1 + 1e-9
    inside = labels >= 0
    np.testing.assert_array_equal(membership[inside].argmax(axis=1), labels[inside])


def test_normalise_makes_clusters_of_directions(rng):
    """With `normalise`, near and far points of one direction share a cluster, a zero row harms nothing."""
    directions = np.repeat(np.eye(3), 15, axis=0) + rng.standard_normal((45, 3)) * 0.05
    points = np.vstack([directions * rng.uniform(0.1, 50, (45, 1)), np.zeros((1, 3))])
    before = points.copy()
    clusterer = HdbscanClusterer(normalise=True)
    labels = clusterer.fit_predict(points)
    assert adjusted_rand_score(labels[:45], np.repeat(range(3), 15)) > 0.9
    np.testing.assert_array_equal(points, before)
    np.testing.assert_array_equal(clusterer.predict(np.eye(3) * 1000), clusterer.predict(np.eye(3)))


def test_values_that_are_no_numbers_are_named(blobs):
    """NaN is an error that names the row."""
    blobs[2, 1] = np.nan
    with pytest.raises(InputError, match=r"clusterer hdbscan.*1 of 82 rows \(2\)"):
        HdbscanClusterer().fit_predict(blobs)


@pytest.mark.parametrize(("option", "value"), [("min_cluster_size", 1), ("min_samples", 0)])
def test_options_out_of_range_are_refused(option, value):
    """The error names the option."""
    with pytest.raises(ConfigError, match=rf"clusterer.{option}: wanted at least"):
        Registry([hdbscan]).make("clusterer", "hdbscan", **{option: value})
