"""Measures of many graphs at once: networkx's of each, and of each what it has alone."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.inference import graph_batches, graph_loops
from emotopy.inference.graph_batches import (
    edge_numbers,
    forest_paths,
    greedy_modularity,
    louvain,
    modularity,
    path_measures,
    spanning_forests,
    strongest_first,
)
from emotopy.inference.windows import edges

N_REGIONS = 43
N_FEW = 9
FIRST, SECOND = edges(N_FEW)
tied_weights = hnp.arrays(np.float64, (4, len(FIRST)), elements=st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0, 1.5]))
"""Four graphs of nine regions; most edges are as strong as others, and some are not there."""


def random_graph(rng, kind):
    """A connected graph with weights, as networkx and as a matrix."""
    made = {
        "tree": lambda: nx.random_labeled_tree(N_REGIONS, seed=5),
        "small world": lambda: nx.connected_watts_strogatz_graph(N_REGIONS, 6, 0.3, seed=5),
        "dense": lambda: nx.gnm_random_graph(N_REGIONS, 600, seed=5),
        "ladder": lambda: nx.circular_ladder_graph(N_REGIONS // 2 + 1).subgraph(range(N_REGIONS)).copy(),
    }
    graph = made[kind]()
    for a, b in graph.edges:
        graph[a][b]["weight"] = float(rng.exponential())
    return graph, nx.to_numpy_array(graph, nodelist=range(N_REGIONS))


def forests_of(values):
    """The forests of signed values (n_graphs, n_edges) without edges of 0, and the weights of edges to parents."""
    n_regions = round((1 + np.sqrt(1 + 8 * values.shape[1])) / 2)
    forests = spanning_forests(strongest_first(values), n_regions, values != 0)
    weights = np.where(forests.edge >= 0, np.take_along_axis(values, np.maximum(forests.edge, 0), axis=1), 0)
    return forests, weights


def graphs_of(values):
    """The same forests by the definition, as networkx."""
    n_regions = round((1 + np.sqrt(1 + 8 * values.shape[1])) / 2)
    for row in values:
        kept = graph_loops.spanning_tree(row, n_regions, np.flatnonzero(row).tolist())
        yield graph_loops.graph_of(row, kept, n_regions)


# Forests --------------------------------------------------------------------------------------------------------------


@given(tied_weights)
def test_edges_come_by_weight_and_ties_in_their_order(weights):
    """As a stable sort has them."""
    np.testing.assert_array_equal(strongest_first(weights), np.argsort(-weights, axis=1, kind="stable"))


@settings(deadline=None)
@given(tied_weights)
def test_forests_are_kruskals(weights):
    """The same edges as taking them one by one, ties included; parents come before their children."""
    forests, _ = forests_of(weights)
    for row, kept in zip(weights, forests.mask(weights.shape[1]), strict=True):
        wanted = graph_loops.spanning_tree(row, N_FEW, np.flatnonzero(row).tolist())
        assert np.flatnonzero(kept).tolist() == sorted(wanted)
    assert (np.sort(forests.node, axis=1) == np.arange(N_FEW)).all()
    assert (forests.parent < np.arange(N_FEW)).all()
    numbers, has_parent = edge_numbers(N_FEW), forests.parent >= 0
    ends = np.take_along_axis(forests.node, np.maximum(forests.parent, 0), axis=1)
    np.testing.assert_array_equal(forests.edge[has_parent], numbers[forests.node, ends][has_parent])


@settings(deadline=None)
@given(tied_weights)
def test_paths_in_forests_are_networkxs(values):
    """Betweenness, efficiency and diameter of trees, of several trees, and of none."""
    paths = forest_paths(forests_of(values)[0])
    for i, graph in enumerate(graphs_of(values)):
        n = len(graph)
        assert paths.n_regions[i] == n
        if n:
            assert paths.betweenness[i] == pytest.approx(max(nx.betweenness_centrality(graph).values()))
            assert 2 * paths.inverse_steps[i] == pytest.approx(nx.global_efficiency(graph) * n * (n - 1))
            assert paths.connected[i] == nx.is_connected(graph)
            longest = (nx.diameter(graph.subgraph(part)) for part in nx.connected_components(graph))
            assert paths.diameter[i] == max(longest)


@pytest.mark.parametrize("n_regions", [2, 3, 60])
def test_paths_along_a_chain(n_regions):
    """Long paths: the sums are known."""
    values = np.zeros((1, n_regions * (n_regions - 1) // 2))
    first, second = edges(n_regions)
    values[0, second - first == 1] = 1
    paths = forest_paths(forests_of(values)[0])
    assert paths.diameter[0] == n_regions - 1
    assert paths.inverse_steps[0] == pytest.approx(sum((n_regions - d) / d for d in range(1, n_regions)))
    middle = (n_regions - 1) // 2 * (n_regions // 2)
    assert paths.betweenness[0] == pytest.approx(2 * middle / max((n_regions - 1) * (n_regions - 2), 1))


@settings(deadline=None)
@given(tied_weights)
def test_greedy_modules_of_forests_are_networkxs(values):
    """Signed weights, edges as good as others, several trees; NaN where weights sum to 0 or less."""
    found = greedy_modularity(*forests_of(values))
    for one, graph in zip(found, graphs_of(values), strict=True):
        if graph.size(weight="weight") > 0:
            modules = nx.community.greedy_modularity_communities(graph, weight="weight")
            assert one == pytest.approx(nx.community.modularity(graph, modules, weight="weight"), abs=1e-12)
        else:
            assert np.isnan(one)


def test_greedy_modules_of_larger_trees_are_networkxs(rng):
    """Sixty regions, patterns of either sign."""
    values = rng.normal([[2.0], [0.5], [0.2], [0.1], [0.0], [1.0]], 1.0, size=(6, 60 * 59 // 2))
    found = greedy_modularity(*forests_of(values))
    for one, graph in zip(found, graphs_of(values), strict=True):
        modules = nx.community.greedy_modularity_communities(graph, weight="weight")
        assert one == pytest.approx(nx.community.modularity(graph, modules, weight="weight"), abs=1e-12)


# Graphs of any density ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tree", "small world", "dense", "ladder"])
def test_paths_are_networkxs(rng, kind):
    """Where shortest paths are many and where there is but one, short and long."""
    graph, weights = random_graph(rng, kind)
    betweenness, inverse_steps, diameter = path_measures((weights > 0).astype(float))
    assert betweenness == pytest.approx(max(nx.betweenness_centrality(graph).values()), abs=1e-12)
    assert 2 * inverse_steps == pytest.approx(nx.global_efficiency(graph) * N_REGIONS * (N_REGIONS - 1))
    assert diameter == nx.diameter(graph)


def test_paths_of_a_complete_graph():
    """No region lies between others."""
    assert path_measures(1 - np.eye(5)) == (0, 10, 1)


def test_modularity_of_a_partition_is_networkxs(rng):
    """For any partition, weighted."""
    graph, weights = random_graph(rng, "small world")
    module = rng.permutation(np.arange(N_REGIONS) % 5)
    wanted = nx.community.modularity(graph, [set(np.flatnonzero(module == one).tolist()) for one in range(5)])
    assert modularity(weights, module) == pytest.approx(wanted)


@pytest.mark.parametrize("kind", ["tree", "small world", "dense"])
def test_modules_are_as_good_as_networkxs(rng, kind):
    """Both search; neither finds clearly more modularity than the other."""
    graph, weights = random_graph(rng, kind)
    theirs = nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=0))
    assert modularity(weights, louvain(weights[None])[0]) == pytest.approx(theirs, abs=0.03)


@pytest.mark.parametrize("together", [True, False], ids=["all gains known", "neighbours alone"])
@pytest.mark.parametrize("share", [0.03, 0.1, 0.4, 1.0])
def test_modules_are_those_of_moving_one_by_one(rng, together, share, monkeypatch):
    """Both ways give the modules of the definition, numbers included, of graphs from sparse to complete."""
    monkeypatch.setattr(graph_batches, "SPARSE", 0.0 if together else 2.0)
    n_regions = 61
    group = np.arange(n_regions) % 4
    weights = rng.exponential(size=(12, n_regions, n_regions)) * (1 + (group[:, None] == group))
    weights *= rng.random(weights.shape) < share
    weights = np.triu(weights, k=1)
    weights += weights.transpose(0, 2, 1)
    for seed in (0, 3):
        wanted = [graph_loops.louvain(one, seed) for one in weights]
        np.testing.assert_array_equal(louvain(weights, seed), wanted)


@settings(deadline=None)
@given(hnp.arrays(np.float64, (3, len(FIRST)), elements=st.sampled_from([0.0, 0.5, 1.0, 4.0])), st.booleans())
def test_modules_of_tied_weights_are_as_good(values, together):
    """Where edges are equal, rounding may break a tie: a partition as good, up to what a single move gains."""
    values[:, 0] += 1  # some edge is there
    weights = np.concatenate([values, np.zeros((3, 1))], axis=1).take(edge_numbers(N_FEW), axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_batches, "SPARSE", 0.0 if together else 2.0)
        found = louvain(weights)
    for one, module in zip(weights, found, strict=True):
        assert set(module) == set(range(module.max() + 1))
        assert modularity(one, module) == pytest.approx(modularity(one, graph_loops.louvain(one)), abs=1e-9)


def test_planted_modules_are_found(rng):
    """Three groups that couple within are told apart, whatever the order of regions."""
    group = rng.permutation(np.repeat([0, 1, 2], [5, 7, 9]))
    weights = rng.random((21, 21)) * 0.1 + (group[:, None] == group)
    weights = np.triu(weights, k=1)
    found = louvain((weights + weights.T)[None])[0]
    np.testing.assert_array_equal(found[:, None] == found, group[:, None] == group)


def test_the_seed_orders_regions(rng):
    """The same seed gives the same modules."""
    _, weights = random_graph(rng, "small world")
    np.testing.assert_array_equal(louvain(weights[None], seed=3), louvain(weights[None], seed=3))
