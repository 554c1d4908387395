"""Surrogate maps keep what they must, and distances are those between regions, not through the brain."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError, ShapeError
from emotopy.inference.moran import eigenmaps, inverse_distances, randomise, region_distances
from emotopy.records.regions import Node
from emotopy.registry import Registry


def both(region, x, y, z):
    return [Node(f"{region}_left", region, -x, y, z), Node(f"{region}_right", region, x, y, z)]


@pytest.fixture
def places(rng):
    """Nine regions at random places, as weights."""
    xyz = rng.uniform(-50, 50, (9, 3))
    return inverse_distances(np.linalg.norm(xyz[:, None] - xyz[None], axis=2))


def slow_morans_i(values, weights):
    """Moran's I as the paper writes it, with two loops."""
    n, mean = len(values), sum(values) / len(values)
    above = sum(weights[i, j] * (values[i] - mean) * (values[j] - mean) for i in range(n) for j in range(n))
    return n / weights.sum() * above / sum((value - mean) ** 2 for value in values)


def test_distances_are_within_hemispheres():
    """Two bilateral regions are as far apart as their nodes are on one side, not across."""
    nodes = [*both("amygdala", 20, 0, 0), *both("insula", 20, 30, 40)]
    np.testing.assert_allclose(region_distances(nodes, ["amygdala", "insula"]), [[0, 50], [50, 0]])


def test_distances_are_averaged_over_hemispheres():
    """Where the sides differ, the distance is the mean of the two."""
    nodes = [*both("amygdala", 20, 0, 0), Node("l", "odd", -20, 10, 0), Node("r", "odd", 20, 40, 0)]
    assert region_distances(nodes, ["amygdala", "odd"])[0, 1] == 25


def test_a_midline_region_is_in_both_hemispheres():
    """A region on the midline has a distance to either side's node; nodes up to 2 mm off count as midline."""
    nodes = [Node("l", "odd", -30, 0, 0), Node("r", "odd", 40, 30, 0), Node("raphe", "raphe", 0, 0, 0)]
    assert region_distances(nodes, ["odd", "raphe"])[0, 1] == 40
    near = [Node("a", "a", -1.5, 0, 0), Node("b", "b", 20, 0, 0)]
    assert region_distances(near, ["a", "b"])[0, 1] == pytest.approx(18.5)


def test_regions_without_a_common_hemisphere_are_mirrored():
    """A left region and a right one are as far apart as if they were on one side; mirror images lie at one place."""
    nodes = [Node("a", "a", -20, 0, 0), Node("b", "b", 20, 30, 0), Node("c", "c", 20, 0, 0)]
    np.testing.assert_allclose(region_distances(nodes, ["a", "b", "c"])[0], [0, 30, 0])


def test_nodes_can_be_the_regions():
    """Names of nodes are regions of their own, and the order is the one asked for."""
    nodes = [*both("amygdala", 20, 0, 0), *both("insula", 20, 30, 40)]
    found = region_distances(nodes, ["insula_left", "amygdala_left", "amygdala_right"])
    np.testing.assert_allclose(found, [[0, 50, 50], [50, 0, 0], [50, 0, 0]])


def test_affect18_has_distances_between_all_regions():
    """The atlas that ships: 18 regions, amygdala and hippocampus nearest at 11.4 mm."""
    atlas = Registry.load().make("atlas", "affect18")
    found = region_distances(atlas.nodes, atlas.regions)
    assert found.shape == (18, 18)
    place = [list(atlas.regions).index(name) for name in ("amygdala", "hippocampus")]
    assert found[*place] == pytest.approx(np.linalg.norm([5, 10, 2]))
    assert found[found > 0].min() == found[*place]


def test_a_region_without_a_node_is_named():
    """Distances need a place for every region."""
    with pytest.raises(InputError, match="none for insula"):
        region_distances(both("amygdala", 20, 0, 0), ["amygdala", "insula"])


def test_weights_are_inverse_distances():
    """1/d, nothing on the diagonal; regions at one place weigh twice what the nearest others do."""
    distances = np.array([[0.0, 10, 20], [10, 0, 0], [20, 0, 0]])
    np.testing.assert_allclose(inverse_distances(distances), [[0, 0.1, 0.05], [0.1, 0, 0.2], [0.05, 0.2, 0]])


@pytest.mark.parametrize(
    ("distances", "error", "message"),
    [
        (np.ones((2, 3)), ShapeError, "got shape"),
        (np.array([[0.0, 1], [2, 0]]), ShapeError, "symmetric"),
        (np.array([[0.0, -1], [-1, 0]]), ShapeError, "negative"),
        (np.array([[0.0, np.nan], [np.nan, 0]]), ShapeError, "finite"),
        (np.zeros((3, 3)), InputError, "all of them at one"),
    ],
)
def test_distances_that_are_none_are_refused(distances, error, message):
    """Each with what was wanted."""
    with pytest.raises(error, match=message):
        inverse_distances(distances)


def test_eigenmaps_are_an_orthonormal_basis_of_centred_maps(places):
    """One map fewer than regions; mean 0, length 1, at right angles; eigenvalues fall."""
    vectors, values = eigenmaps(places)
    assert vectors.shape == (9, 8)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(8), atol=1e-12)
    np.testing.assert_allclose(vectors.sum(axis=0), 0, atol=1e-12)
    assert (np.diff(values) <= 0).all()


def test_eigenvalues_are_morans_i_of_their_maps(places):
    """I of map k is n / (sum of weights) times eigenvalue k: the first is the smoothest map there is."""
    vectors, values = eigenmaps(places)
    found = [slow_morans_i(vector, places) for vector in vectors.T]
    np.testing.assert_allclose(found, 9 / places.sum() * values, atol=1e-12)


def test_three_regions_on_a_line_by_hand():
    """Weights 1, 1 and 1/2: the maps are left against right, and middle against ends."""
    weights = inverse_distances(np.array([[0.0, 1, 2], [1, 0, 1], [2, 1, 0]]))
    vectors, values = eigenmaps(weights)
    np.testing.assert_allclose(values, [-0.5, -7 / 6])
    np.testing.assert_allclose(np.abs(vectors[:, 0]), np.array([1, 0, 1]) / np.sqrt(2), atol=1e-12)
    np.testing.assert_allclose(np.abs(vectors[:, 1]), np.array([1, 2, 1]) / np.sqrt(6), atol=1e-12)


def test_three_regions_have_four_surrogates(rng):
    """With two parts there are two signs each: the surrogates are these four maps and no other."""
    weights = inverse_distances(np.array([[0.0, 1, 2], [1, 0, 1], [2, 1, 0]]))
    vectors, _ = eigenmaps(weights)
    found = randomise(rng, 200, np.array([[1.0, 2.0, 6.0]]), vectors)[:, 0]
    parts = vectors.T @ np.array([1.0, 2.0, 6.0])
    wanted = {tuple(np.round(3 + vectors @ (parts * signs), 9)) for signs in itertools.product((-1, 1), repeat=2)}
    assert {tuple(one) for one in np.round(found, 9)} == wanted


@given(seed=st.integers(0, 2**32 - 1), n_regions=st.integers(3, 20))
def test_surrogates_keep_mean_and_variance(seed, n_regions):
    """Exactly, whatever the map, the places and the draw; also what two maps have in common."""
    rng = np.random.default_rng(seed)
    xyz = rng.uniform(-50, 50, (n_regions, 3))
    vectors, _ = eigenmaps(inverse_distances(np.linalg.norm(xyz[:, None] - xyz[None], axis=2)))
    maps = rng.standard_normal((2, n_regions)) * 7 + 3
    for one in randomise(rng, 4, maps, vectors):
        np.testing.assert_allclose(one.mean(axis=1), maps.mean(axis=1), atol=1e-9)
        np.testing.assert_allclose(np.cov(one), np.cov(maps), atol=1e-8)


def test_surrogates_keep_morans_i(places, rng):
    """Every surrogate is exactly as smooth as its map."""
    maps = rng.standard_normal((3, 9))
    wanted = [slow_morans_i(one, places) for one in maps]
    for surrogate in randomise(rng, 50, maps, eigenmaps(places)[0]):
        np.testing.assert_allclose([slow_morans_i(one, places) for one in surrogate], wanted, atol=1e-10)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda v, r: randomise(r, 2, np.ones((1, 8)), v), ShapeError, r"got \(1, 8\) and \(9, 8\)"),
        (lambda v, r: randomise(r, 2, np.ones(9), v), ShapeError, "wanted"),
        (lambda v, r: eigenmaps(np.zeros((2, 2))), ShapeError, "three regions or more"),
        (lambda v, r: eigenmaps(v), ShapeError, "symmetric"),
    ],
)
def test_what_does_not_fit_is_refused(places, rng, call, error, message):
    """Each with what was wanted and what came."""
    with pytest.raises(error, match=message):
        call(eigenmaps(places)[0], rng)


@pytest.mark.extra
def test_eigenmaps_equal_those_of_brainspace(places, rng):
    """The spectrum, and each map up to its sign (brainspace works in single precision)."""
    moran = pytest.importorskip("brainspace.null_models.moran")
    theirs, their_values = moran.compute_mem(places, spectrum="all", tol=1e-6)
    vectors, values = eigenmaps(places)
    np.testing.assert_allclose(values, their_values, atol=1e-6)
    np.testing.assert_allclose(np.abs((vectors * theirs).sum(axis=0)), 1, atol=1e-4)


@pytest.mark.extra
def test_surrogates_are_distributed_as_those_of_brainspace(places, rng):
    """Correlations of a map's surrogates with another map: mean and spread as with MoranRandomization."""
    models = pytest.importorskip("brainspace.null_models")
    first, second = rng.standard_normal((2, 9))
    theirs = models.MoranRandomization(procedure="singleton", spectrum="all", tol=1e-6, n_rep=4000, random_state=0)
    found = {
        "theirs": theirs.fit(places).randomize(second),
        "ours": randomise(rng, 4000, second[None], eigenmaps(places)[0])[:, 0],
    }
    r = {name: np.array([np.corrcoef(first, one)[0, 1] for one in maps]) for name, maps in found.items()}
    assert r["ours"].mean() == pytest.approx(r["theirs"].mean(), abs=0.03)
    assert r["ours"].std() == pytest.approx(r["theirs"].std(), rel=0.05)
    assert np.quantile(r["ours"], 0.95) == pytest.approx(np.quantile(r["theirs"], 0.95), abs=0.05)
