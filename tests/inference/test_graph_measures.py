"""Measures of one graph give what networkx gives, faster."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from emotopy.inference.graphs import betweenness, louvain, modularity

N_REGIONS = 43


def random_graph(rng, kind):
    """A connected graph with weights, as networkx and as a matrix."""
    graph = (
        nx.random_labeled_tree(N_REGIONS, seed=5)
        if kind == "tree"
        else nx.connected_watts_strogatz_graph(N_REGIONS, 6, 0.3, seed=5)
    )
    for a, b in graph.edges:
        graph[a][b]["weight"] = float(rng.exponential())
    return graph, nx.to_numpy_array(graph, nodelist=range(N_REGIONS))


@pytest.mark.parametrize("kind", ["tree", "small world"])
def test_betweenness_is_networkxs(rng, kind):
    """Of every region, where shortest paths are many and where there is but one."""
    graph, weights = random_graph(rng, kind)
    joined = (weights > 0).astype(float)
    found = betweenness(csr_array(joined), shortest_path(joined, unweighted=True))
    wanted = nx.betweenness_centrality(graph)
    np.testing.assert_allclose(found, [wanted[region] for region in range(N_REGIONS)], atol=1e-12)


def test_modularity_of_a_partition_is_networkxs(rng):
    """For any partition, weighted."""
    graph, weights = random_graph(rng, "small world")
    module = rng.permutation(np.arange(N_REGIONS) % 5)
    wanted = nx.community.modularity(graph, [set(np.flatnonzero(module == one).tolist()) for one in range(5)])
    assert modularity(weights, module) == pytest.approx(wanted)


@pytest.mark.parametrize("kind", ["tree", "small world"])
def test_modules_are_as_good_as_networkxs(rng, kind):
    """Both search; neither finds clearly more modularity than the other."""
    graph, weights = random_graph(rng, kind)
    theirs = nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=0))
    assert modularity(weights, louvain(weights)) == pytest.approx(theirs, abs=0.03)


def test_planted_modules_are_found(rng):
    """Three groups that couple within are told apart, whatever the order of regions."""
    group = rng.permutation(np.repeat([0, 1, 2], [5, 7, 9]))
    weights = rng.random((21, 21)) * 0.1 + (group[:, None] == group)
    weights = np.triu(weights, k=1)
    found = louvain(weights + weights.T)
    np.testing.assert_array_equal(found[:, None] == found, group[:, None] == group)


def test_the_seed_orders_regions(rng):
    """The same seed gives the same modules."""
    _, weights = random_graph(rng, "small world")
    np.testing.assert_array_equal(louvain(weights, seed=3), louvain(weights, seed=3))
