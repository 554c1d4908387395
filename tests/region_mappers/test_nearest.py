"""The published mapping: clusters to the nearest free node, against brute force and the rules for what it left open."""

from __future__ import annotations

from itertools import permutations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment
from scipy.stats import special_ortho_group
from sklearn.cluster import KMeans

from emotopy.errors import ConfigError, InputError
from emotopy.records import Clusters, Node
from emotopy.registry import Registry
from emotopy.roles import Host, MappingInputs, RegionMapper
from emotopy_plugins.region_mappers import nearest as plugin
from emotopy_plugins.region_mappers.nearest import (
    NearestMapper,
    cluster_centres,
    match_greedily,
    match_optimally,
)

pytestmark = pytest.mark.usefixtures("flags")

NODES = (
    Node("left", "pair", -10, 0, 0),
    Node("right", "pair", 10, 0, 0),
    Node("front", "front", 0, 10, 0),
    Node("top", "top", 0, 0, 10),
)


@attrs.frozen
class ToyAtlas:
    """Four nodes in three regions, in an order of their own."""

    nodes: tuple[Node, ...] = NODES
    regions: tuple[str, ...] = ("top", "pair", "front")

    def extract(self, image):
        raise AssertionError("no test asks for this")


class NoEmbedder:
    """Never asked."""

    def embed(self, texts):
        raise AssertionError("no test asks for this")


def inputs(points, labels, level="node"):
    """What the host would give for these points and cluster numbers."""
    n_texts = len(labels if labels is not None else points)
    return MappingInputs(
        texts=[f"text {i}" for i in range(n_texts)],
        embeddings=np.zeros((n_texts, 5)),
        points=points,
        clusters=None if labels is None else Clusters(np.asarray(labels)),
        atlas=ToyAtlas(),
        embedder=NoEmbedder(),
        level=level,
    )


def greedy_in_words(centres, coordinates):
    """Serve the centres one by one from the list of free nodes."""
    free, found = list(range(len(coordinates))), []
    for centre in centres:
        choices = free or range(len(coordinates))
        best = min(choices, key=lambda node: sum((c - x) ** 2 for c, x in zip(centre, coordinates[node], strict=True)))
        found.append(best)
        free = [node for node in free if node != best]
    return found


def cost(centres, coordinates, nodes):
    """Sum of squared distances of a matching."""
    return ((centres - coordinates[list(nodes)]) ** 2).sum()


coordinate_arrays = st.tuples(st.integers(1, 7), st.integers(1, 6), st.integers(0, 2**32 - 1)).map(
    lambda sizes: (
        np.random.default_rng(sizes[2]).normal(0, 30, (sizes[0], 3)),
        np.random.default_rng(sizes[2] + 1).normal(0, 30, (sizes[1], 3)),
    )
)


def test_it_is_offered_under_its_name():
    """The registry makes a mapper that keeps the role's protocol, greedy unless asked otherwise."""
    registry = Registry([plugin])
    mapper = registry.make("region_mapper", "nearest")
    assert isinstance(mapper, RegionMapper)
    assert mapper.matching == "greedy"
    assert registry.make("region_mapper", "nearest", matching="optimal").matching == "optimal"
    with pytest.raises(ConfigError, match=r"region_mapper\.matching: wanted one of 'greedy', 'optimal'"):
        registry.make("region_mapper", "nearest", matching="best")


@given(coordinate_arrays)
def test_greedy_serves_clusters_in_order_from_the_free_nodes(arrays):
    """Matching equals a plain loop, with fewer, as many, and more clusters than nodes."""
    centres, coordinates = arrays
    assert match_greedily(centres, coordinates).tolist() == greedy_in_words(centres.tolist(), coordinates.tolist())


@given(coordinate_arrays)
def test_optimal_is_the_best_of_all_matchings(arrays):
    """No way of giving different nodes to the clusters (different clusters to the nodes) has a smaller cost."""
    centres, coordinates = arrays
    nodes = match_optimally(centres, coordinates)
    if len(centres) <= len(coordinates):
        best = min(cost(centres, coordinates, p) for p in permutations(range(len(coordinates)), len(centres)))
        assert len(set(nodes)) == len(centres)
        assert cost(centres, coordinates, nodes) == pytest.approx(best)
    else:
        rows, columns = linear_sum_assignment(((centres[:, None] - coordinates) ** 2).sum(axis=2))
        assert nodes[rows].tolist() == columns.tolist()
        for left_over in set(range(len(centres))) - set(rows):
            assert nodes[left_over] == greedy_in_words([centres[left_over]], coordinates)[0]


def test_greedy_is_not_optimal_and_its_order_matters():
    """The first cluster takes the node that the second needs; exchanged, both get what is nearest to them."""
    coordinates = np.array([[0.0, 0, 0], [10.0, 0, 0]])
    centres = np.array([[4.0, 0, 0], [1.0, 0, 0]])
    assert match_greedily(centres, coordinates).tolist() == [0, 1]
    assert match_greedily(centres[::-1], coordinates).tolist() == [0, 1]
    assert match_optimally(centres, coordinates).tolist() == [1, 0]
    assert match_optimally(centres[::-1], coordinates).tolist() == [0, 1]


@given(coordinate_arrays, st.permutations(range(7)))
def test_optimal_matching_does_not_depend_on_the_order_of_clusters(arrays, order):
    """Renumbered clusters keep their nodes."""
    centres, coordinates = arrays
    order = [i for i in order if i < len(centres)]
    np.testing.assert_array_equal(
        match_optimally(centres[order], coordinates), match_optimally(centres, coordinates)[order]
    )


@given(st.integers(2, 8), st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_with_as_many_clusters_as_nodes_optimal_matching_ignores_origin_and_unit(n_nodes, seed, unit):
    """Moved or rescaled points give the same matching: what "squared" is for."""
    rng = np.random.default_rng(seed)
    centres, coordinates = rng.normal(size=(n_nodes, 3)), rng.normal(0, 30, (n_nodes, 3))
    moved = unit * centres + rng.normal(0, 50, 3)
    np.testing.assert_array_equal(match_optimally(moved, coordinates), match_optimally(centres, coordinates))


@given(coordinate_arrays, st.sampled_from([match_greedily, match_optimally]))
def test_turning_both_spaces_together_changes_nothing(arrays, match):
    """Only distances count."""
    centres, coordinates = arrays
    turn = special_ortho_group.rvs(3, random_state=5)
    np.testing.assert_array_equal(match(centres @ turn, coordinates @ turn), match(centres, coordinates))


@given(hnp.arrays(np.int64, st.integers(1, 30), elements=st.integers(-1, 4)))
def test_centres_are_the_means_of_their_points(labels):
    """One centre per number that occurs, ascending, −1 none; equal to a loop."""
    points = np.random.default_rng(3).normal(size=(len(labels), 3))
    numbers = sorted(set(labels.tolist()) - {-1})
    wanted = [np.mean([p for p, label in zip(points, labels, strict=True) if label == n], axis=0) for n in numbers]
    np.testing.assert_allclose(cluster_centres(points, labels), np.reshape(wanted, (-1, 3)))


def test_centres_equal_those_of_kmeans(rng):
    """For k-means, the mean of a cluster's points is the model's own centre."""
    points = rng.normal(size=(200, 3))
    kmeans = KMeans(6, n_init=3, random_state=0, tol=0).fit(points)
    np.testing.assert_allclose(cluster_centres(points, kmeans.labels_), kmeans.cluster_centers_, atol=1e-9)


def test_each_text_goes_whole_to_its_clusters_node():
    """Rows are one-hot in the node's column, worked out by hand."""
    points = np.array([[9.0, 0, 0], [0, 0, 8], [11, 0, 0], [0, 0, 9], [7, 0, 3]])
    given_ = inputs(points, [0, 1, 0, 1, 2])
    assigned = NearestMapper().fit(given_).assign(given_)
    # Clusters 0 and 1 take right and top; for cluster 2, at (7, 0, 3), front is nearer than left.
    np.testing.assert_array_equal(assigned, np.eye(4)[[1, 3, 1, 3, 2]])


def test_regions_are_the_sums_of_their_nodes(rng):
    """At the level of regions, columns stand in the atlas's order and hold the nodes' sums."""
    points, labels = rng.normal(0, 10, (40, 3)), np.arange(40) % 4
    by_node = NearestMapper().fit(inputs(points, labels)).assign(inputs(points, labels))
    by_region = NearestMapper().fit(inputs(points, labels)).assign(inputs(points, labels, level="region"))
    np.testing.assert_array_equal(by_region, np.stack([by_node[:, 3], by_node[:, :2].sum(axis=1), by_node[:, 2]], 1))
    assert by_region.sum(axis=0).tolist() == [10, 20, 10]


@pytest.mark.parametrize("matching", ["greedy", "optimal"])
def test_more_clusters_than_nodes_share_and_it_is_said(matching, rng):
    """With six clusters on four nodes every node is used, rows still sum to one, and the user hears it."""
    heard = []
    points, labels = rng.normal(0, 10, (36, 3)), np.arange(36) % 6
    mapper = NearestMapper(matching, Host(notify=heard.append)).fit(inputs(points, labels))
    assert set(mapper.node_of_cluster_) == {0, 1, 2, 3}
    assert mapper.assign(inputs(points, labels)).sum(axis=1).tolist() == [1] * 36
    assert heard == [
        (
            "nearest: there are 6 clusters for 4 nodes; the 2 remaining clusters are assigned to the nearest node, "
            "which they share"
        )
    ]


def test_texts_in_no_cluster_go_with_the_nearest_centre():
    """Noise follows the cluster whose centre is nearest, not the node that is; and it is said."""
    heard = []
    points = np.array([[-1.0, 0, 0], [-2, 0, 0], [1, 0, 0], [-9, 0, 0], [3, 1, 0]])
    given_ = inputs(points, [0, 0, 1, -1, -1])
    mapper = NearestMapper(host=Host(notify=heard.append)).fit(given_)
    np.testing.assert_allclose(mapper.centres_, [[-1.5, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(mapper.assign(given_), np.eye(4)[[0, 0, 1, 0, 1]])
    assert heard == ["nearest: 2 texts without a cluster are assigned to the cluster with the nearest centre"]


@pytest.mark.parametrize(("level", "row"), [("node", [0.25] * 4), ("region", [0.25, 0.5, 0.25])])
def test_without_clusters_texts_are_spread_evenly_over_nodes(level, row, rng):
    """A corpus of nothing but noise gives every node the same, its regions the sums, and says so."""
    heard = []
    given_ = inputs(rng.normal(size=(12, 3)), [-1] * 12, level=level)
    assigned = NearestMapper(host=Host(notify=heard.append)).fit(given_).assign(given_)
    np.testing.assert_array_equal(assigned, [row] * 12)
    assert heard == ["nearest: no text is in a cluster, so every text is assigned evenly to all nodes"]


def test_new_texts_go_with_the_clusters_of_the_fit(rng):
    """Texts placed later follow their cluster's number to the node of the fit, whatever their own mean."""
    points, labels = rng.normal(0, 10, (30, 3)), np.arange(30) % 3
    mapper = NearestMapper().fit(inputs(points, labels))
    whole = mapper.assign(inputs(points, labels))
    np.testing.assert_array_equal(mapper.assign(inputs(points[[7]], labels[[7]])), whole[[7]])
    np.testing.assert_array_equal(mapper.assign(inputs(points[::-1] + 99, labels[::-1])), whole[::-1])


def test_new_texts_that_nothing_can_place_are_an_error(rng):
    """Without points the reducer is named, without clusters the clusterer; so in fit as in assign."""
    points, labels = rng.normal(size=(9, 3)), np.arange(9) % 2
    mapper = NearestMapper().fit(inputs(points, labels))
    with pytest.raises(InputError, match=r"wanted points for these 9 texts.* reducer can't place"):
        mapper.assign(inputs(None, labels))
    with pytest.raises(InputError, match=r"wanted clusters for these 9 texts.* clusterer can't place"):
        mapper.assign(inputs(points, None))
    with pytest.raises(InputError, match="wanted points"):
        NearestMapper().fit(inputs(None, labels))


def test_clusters_and_dimensions_that_the_fit_did_not_have_are_errors(rng):
    """A cluster number of another fit, or points of another reducer, aren't taken for something else."""
    points = rng.normal(size=(9, 3))
    mapper = NearestMapper().fit(inputs(points, np.arange(9) % 2))
    with pytest.raises(InputError, match="one of the 2 clusters of the fit, got number 2"):
        mapper.assign(inputs(points, np.arange(9) % 3))
    with pytest.raises(InputError, match="in the 3 dimensions of the fit, got 2"):
        mapper.assign(inputs(points[:, :2], np.arange(9) % 2))


@pytest.mark.parametrize(("n_texts", "n_components"), [(20, 1), (20, 2), (20, 4), (7, 2), (4, 5)])
def test_points_that_are_not_three_dimensional_are_an_error_that_says_what_to_set(n_texts, n_components, rng):
    """Too many dimensions always, too few unless the corpus is tiny."""
    given_ = inputs(rng.normal(size=(n_texts, n_components)), [0] * n_texts)
    with pytest.raises(ConfigError, match=rf"got {n_components}; --set reducer\.n_components=3"):
        NearestMapper().fit(given_)


@pytest.mark.parametrize(("n_texts", "n_components"), [(1, 1), (2, 2), (6, 2)])
def test_a_tiny_corpus_may_have_fewer_dimensions(n_texts, n_components, rng):
    """The components that a reducer couldn't give are zeros, and it is said once."""
    heard = []
    points, labels = rng.normal(size=(n_texts, n_components)), np.arange(n_texts)
    full = np.hstack([points, np.zeros((n_texts, 3 - n_components))])
    mapper = NearestMapper(host=Host(notify=heard.append)).fit(inputs(points, labels))
    wanted = NearestMapper().fit(inputs(full, labels)).assign(inputs(full, labels))
    np.testing.assert_array_equal(mapper.assign(inputs(points, labels)), wanted)
    assert [line for line in heard if "set to zero" in line] == [
        f"nearest: {n_texts} texts have only {n_components} components instead of 3; the missing ones are set to zero"
    ]
