"""The null of correlations between maps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from emotopy.inference import moran
from emotopy.inference.correlation import pearson
from emotopy.inference.moran import eigenmaps, inverse_distances, null_correlations
from emotopy.inference.null_comparison import compare_with_null


@pytest.fixture
def distances(rng):
    """Between 16 random places, in mm."""
    xyz = rng.uniform(-50, 50, (16, 3))
    return np.linalg.norm(xyz[:, None] - xyz[None], axis=2)


def test_the_null_holds_all_signs(rng):
    """With four regions there are eight surrogates: the null takes their eight correlations and no others."""
    xyz = rng.uniform(0, 9, (4, 3))
    distances = np.linalg.norm(xyz[:, None] - xyz[None], axis=2)
    first, second = rng.standard_normal((2, 1, 4))
    found = null_correlations(first, second, distances, n=500, seed=3)
    vectors, _ = eigenmaps(inverse_distances(distances))
    one, other = first[0] @ vectors, second[0] @ vectors
    every = [
        (one * other * signs).sum() / np.linalg.norm(one) / np.linalg.norm(other)
        for signs in itertools.product((-1, 1), repeat=3)
    ]
    np.testing.assert_allclose(np.unique(np.round(found, 9)), np.unique(np.round(every, 9)), atol=1e-8)


def test_it_makes_no_difference_which_map_is_randomised(rng, distances):
    """The same signs on either map give the same null, surrogate by surrogate."""
    first, second = rng.standard_normal((2, 3, 16))
    one = null_correlations(first, second, distances, n=50, seed=4)
    np.testing.assert_allclose(one, null_correlations(second, first, distances, n=50, seed=4))


def test_surrogates_turn_all_emotions_alike(rng, distances):
    """Two emotions with the same maps have the same null."""
    first, second = rng.standard_normal((2, 1, 16))
    found = null_correlations(np.vstack([first, first]), np.vstack([second, 2 * second]), distances, n=50, seed=5)
    np.testing.assert_allclose(found[:, 0], found[:, 1])


def test_blocks_lose_no_surrogate(rng, distances, monkeypatch):
    """However small the blocks are, there are as many surrogates as were asked for, none twice."""
    first, second = rng.standard_normal((2, 2, 16))
    monkeypatch.setattr(moran, "BLOCK_BYTES", 7 * second.size * 8)
    found = null_correlations(first, second, distances, n=30, seed=6)
    assert found.shape == (30, 2)
    assert len(np.unique(np.round(found[:, 0], 9))) == 30


def test_smooth_maps_that_know_nothing_of_each_other_keep_the_level(rng, distances):
    """Of 400 pairs of smooth maps, as many have p < 0.05 as chance lets (99 % band); under a permutation too many."""
    root = np.linalg.cholesky(np.exp(-((distances / 40) ** 2)) + 1e-9 * np.eye(16))
    first, second = (rng.standard_normal((400, 16)) @ root.T for _ in range(2))
    hits, permuted = 0, 0
    for i in range(400):
        one, other = first[[i]], second[[i]]
        observed = pearson(one, other)
        hits += compare_with_null(observed, null_correlations(one, other, distances, n=199, seed=i)).p[0] < 0.05
        shuffled = rng.permuted(np.tile(other, (199, 1)), axis=1)[:, None]
        permuted += compare_with_null(observed, pearson(one, shuffled)).p[0] < 0.05
    low, high = binom.ppf([0.005, 0.995], 400, 0.05)
    assert low <= hits <= high
    assert permuted > high
