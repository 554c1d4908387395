"""Kernels, against numpy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.preprocessing import KernelCenterer

from emotopy.errors import InputError, ShapeError
from emotopy_plugins.neural_decoders import kernels


@pytest.fixture
def features(rng):
    return rng.standard_normal((13, 5)) + 4


def test_gram_is_the_inner_products_of_centred_edges(features):
    """Each edge loses its mean over all rows."""
    centred = features - features.mean(axis=0)
    np.testing.assert_allclose(kernels.gram(features), centred @ centred.T, atol=1e-12)


def test_gram_of_many_edges_in_blocks_of_rows(rng, monkeypatch):
    """Row blocks and edge blocks don't show in the result."""
    features = rng.standard_normal((13, 57))
    whole = kernels.gram(features)
    monkeypatch.setattr(kernels, "_EDGES_AT_ONCE", 10)
    np.testing.assert_allclose(kernels.gram([features[:4], features[4:]]), whole, atol=1e-12)


def test_gram_of_float32_far_from_zero_keeps_its_digits(rng):
    """Centred before the product: 5,000 edges around 1,000 still give 1e-6 of the variance."""
    features = (rng.standard_normal((13, 5000)) + 1000).astype(np.float32)
    exact = features.astype(np.float64)
    exact -= exact.mean(axis=0)
    found = kernels.gram(features)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, exact @ exact.T, atol=1e-6 * 5000)


def test_gram_of_what_is_not_features_is_an_error(features):
    """Other edges, other axes, NaN."""
    with pytest.raises(ShapeError, match=r"\(13, 5\), \(13, 4\)"):
        kernels.gram([features, features[:, :4]])
    with pytest.raises(ShapeError, match="wanted blocks"):
        kernels.gram(features[0])
    features[3, 2] = np.nan
    with pytest.raises(InputError, match="NaN"):
        kernels.gram(features)


def test_distances_are_scikit_learns(features, rng):
    """From inner products, and between two sets of rows."""
    wanted = euclidean_distances(features, squared=True)
    np.testing.assert_allclose(kernels.squared_distances(kernels.gram(features)), wanted, atol=1e-10)
    others = rng.standard_normal((4, 5)) + 4
    wanted = euclidean_distances(features, others, squared=True)
    np.testing.assert_allclose(kernels.cross_distances(features, others), wanted, atol=1e-10)


def test_gaussian_is_scikit_learns(features):
    """exp(−gamma d²)."""
    distances = kernels.squared_distances(kernels.gram(features))
    np.testing.assert_allclose(kernels.gaussian(distances, 0.3), rbf_kernel(features, gamma=0.3), atol=1e-10)


def test_median_gamma_is_over_different_rows(features):
    """The zeros of the diagonal don't count."""
    distances = euclidean_distances(features, squared=True)
    pairs = [distances[i, j] for i in range(13) for j in range(i)]
    assert kernels.median_gamma(distances) == pytest.approx(1 / np.median(pairs))


def test_equal_rows_have_no_median_gamma():
    """The message asks what may be wrong."""
    with pytest.raises(InputError, match="equal"):
        kernels.median_gamma(np.zeros((5, 5)))


def test_centring_and_its_trace_are_kernel_centerers(features):
    """H K H, and the trace without forming it."""
    kernel = features @ features.T
    wanted = KernelCenterer().fit_transform(kernel)
    np.testing.assert_allclose(kernels.centred(kernel), wanted, atol=1e-10)
    assert kernels.centred_trace(kernel) == pytest.approx(wanted.trace())


@pytest.mark.parametrize("n_rows", [3, 13])
def test_largest_eigenvalue_to_three_digits(features, n_rows):
    """Of the centred kernel."""
    kernel = features[:n_rows] @ features[:n_rows].T
    wanted = np.linalg.eigvalsh(kernels.centred(kernel))[-1]
    assert kernels.largest_eigenvalue(kernel) == pytest.approx(wanted, rel=1e-3)
