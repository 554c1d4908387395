"""Graphs of patterns: networkx on graphs whose metrics are known, and a null that is one."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.inference import graph_loops, graphs
from emotopy.inference.explanation import EdgePatterns
from emotopy.inference.graphs import (
    GRAPHS,
    METRICS,
    SIGNED_METRICS,
    SIGNED_TREE,
    density_matched,
    graph_metrics,
    graph_table,
    jaccard_distance,
    metrics_of_graphs,
    signed_metrics_of_sets,
    signed_tree_metrics,
    spanning_tree,
)

N_REGIONS = 7
FIRST, SECOND = np.triu_indices(N_REGIONS, k=1)
weights_strategy = hnp.arrays(np.float64, 21, elements=st.floats(0.01, 100))


def complete(weights: np.ndarray) -> nx.Graph:
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(FIRST, SECOND, weights, strict=True))
    return graph


def kept_graph(kept: np.ndarray, weights: np.ndarray) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(N_REGIONS))
    graph.add_weighted_edges_from(zip(FIRST[kept], SECOND[kept], weights[kept], strict=True))
    return graph


def weights_of(strong: list[tuple[int, int]]) -> np.ndarray:
    """Weights of 10 for the edges given, distinct small ones elsewhere."""
    weights = np.linspace(0.01, 0.02, 21)
    for edge, ends in enumerate(zip(FIRST, SECOND, strict=True)):
        if ends in strong:
            weights[edge] = 10
    return weights


def named(found: np.ndarray, graph: str) -> dict[str, float]:
    return dict(zip(METRICS, found[GRAPHS.index(graph)], strict=True))


@settings(deadline=None)  # the first call imports scipy
@given(weights_strategy)
def test_tree_is_the_maximum_spanning_tree(weights):
    """The tree has n − 1 edges, joins all regions, and weighs what networkx's maximum spanning tree weighs."""
    kept = spanning_tree(weights, N_REGIONS)
    assert kept.sum() == N_REGIONS - 1
    assert nx.is_tree(kept_graph(kept, weights))
    wanted = nx.maximum_spanning_tree(complete(weights)).size(weight="weight")
    assert weights[kept].sum() == pytest.approx(wanted)


@settings(deadline=None)  # the first call imports scipy
@given(weights_strategy, st.floats(0.05, 1))
def test_density_matched_graph_has_its_density(weights, density):
    """The graph holds the tree and as many edges as the density says; none left out is stronger than one added."""
    tree = spanning_tree(weights, N_REGIONS)
    kept = density_matched(weights, tree, density)
    assert kept[tree].all()
    assert kept.sum() == max(round(density * 21), N_REGIONS - 1)
    added = kept & ~tree
    if added.any() and not kept.all():
        assert weights[added].min() >= weights[~kept].max()


def test_metrics_of_a_path():
    """A chain of seven: diameter 6, the middle lies on 9 of 15 paths, efficiency by hand."""
    found = named(graph_metrics(weights_of([(i, i + 1) for i in range(6)]), N_REGIONS), "spanning-tree")
    assert found["diameter"] == 6
    assert found["betweenness"] == pytest.approx(9 / 15)
    assert found["global_efficiency"] == pytest.approx(sum((7 - d) / d for d in range(1, 7)) / 21)


def test_metrics_of_a_star():
    """A star: diameter 2, the hub lies on all paths, efficiency (6 + 15/2) / 21, no modules to speak of."""
    found = named(graph_metrics(weights_of([(0, i) for i in range(1, 7)]), N_REGIONS), "spanning-tree")
    assert found["diameter"] == 2
    assert found["betweenness"] == 1
    assert found["global_efficiency"] == pytest.approx((6 + 15 / 2) / 21)
    assert found["modularity"] == pytest.approx(0, abs=1e-12)


def test_two_modules_are_found():
    """Two cliques with one bridge have the modularity of that partition."""
    strong = [(a, b) for group in ((0, 1, 2), (3, 4, 5, 6)) for a in group for b in group if a < b]
    weights = weights_of([*strong, (2, 3)])
    found = named(graph_metrics(weights, N_REGIONS, density=10 / 21), "density-matched")
    wanted = nx.community.modularity(nx.Graph([*strong, (2, 3)]), [{0, 1, 2}, {3, 4, 5, 6}])
    assert found["modularity"] == pytest.approx(wanted)
    assert found["diameter"] == 3


def test_density_matched_metrics_are_those_of_networkx(rng):
    """Betweenness, efficiency and diameter count steps, strength sums relative weights, all as networkx has them."""
    weights = rng.exponential(size=21)
    density = 0.5
    kept = density_matched(weights, spanning_tree(weights, N_REGIONS), density)
    graph = kept_graph(kept, weights / weights.mean())
    found = named(graph_metrics(weights, N_REGIONS, density), "density-matched")
    assert found["betweenness"] == pytest.approx(max(nx.betweenness_centrality(graph).values()))
    assert found["global_efficiency"] == pytest.approx(nx.global_efficiency(graph))
    assert found["diameter"] == nx.diameter(graph)
    assert found["strength"] == pytest.approx(np.mean([strength for _, strength in graph.degree(weight="weight")]))


@settings(deadline=None)  # the first call imports scipy
@given(weights_strategy, st.floats(1e-6, 1e6))
def test_scale_of_the_pattern_does_not_matter(weights, factor):
    """A decoder that shrinks more has larger patterns, and the same graph."""
    weights = weights + np.linspace(0, 1e-3, 21)  # ties may break either way under another scale
    np.testing.assert_allclose(
        graph_metrics(weights, N_REGIONS), graph_metrics(weights * factor, N_REGIONS), rtol=1e-9, atol=1e-12
    )


def test_order_of_regions_matters_only_to_labels(rng):
    """Renaming regions changes no metric that counts steps or weights."""
    weights, order = rng.exponential(size=21), rng.permutation(N_REGIONS)
    matrix = np.zeros((N_REGIONS, N_REGIONS))
    matrix[FIRST, SECOND] = matrix[SECOND, FIRST] = weights
    moved = matrix[np.ix_(order, order)][FIRST, SECOND]
    columns = [METRICS.index(name) for name in METRICS if name != "modularity"]
    np.testing.assert_allclose(
        graph_metrics(moved, N_REGIONS)[:, columns], graph_metrics(weights, N_REGIONS)[:, columns]
    )


pattern_values = hnp.arrays(
    np.float64, (3, 2, 21), elements=st.one_of(st.just(0.0), st.floats(-100, -0.01), st.floats(0.01, 100))
)
"""Three sets of patterns of two emotions, edges of 0 among them."""


@settings(deadline=None, max_examples=50)
@given(pattern_values, st.floats(0.05, 1))
def test_many_patterns_have_the_metrics_of_the_definition(values, density):
    """Of any patterns, with negative edges, edges of 0, and none but these; graph by graph with networkx."""
    sizes = np.abs(values).reshape(6, 21) + np.linspace(0, 1e-3, 21)  # ties between modules may break either way
    np.testing.assert_allclose(
        metrics_of_graphs(sizes, N_REGIONS, density),
        graph_loops.metrics_of_graphs(sizes, N_REGIONS, density),
        rtol=1e-10,
        atol=1e-10,
    )
    found, wanted = (module.signed_metrics_of_sets(values, N_REGIONS) for module in (graphs, graph_loops))
    scored = METRICS.index("modularity")
    total = np.array([[graph_loops_total(row) for row in one] for one in values])
    sure = np.abs(total) > 1e-9  # whether a sum that is 0 but for rounding is above 0, rounding says
    np.testing.assert_allclose(found[sure], wanted[sure], rtol=1e-10, atol=1e-10)
    rest = [i for i in range(len(SIGNED_METRICS)) if i != scored]
    np.testing.assert_allclose(found[..., rest], wanted[..., rest], rtol=1e-10, atol=1e-10)


def graph_loops_total(row: np.ndarray) -> float:
    kept = graph_loops.spanning_tree(row, N_REGIONS, np.flatnonzero(row).tolist())
    return float(row[kept].sum()) if row.any() else 1.0


@pytest.mark.parametrize("share_of_zeros", [0.0, 0.9])
def test_a_pattern_has_the_same_metrics_in_any_batch(rng, share_of_zeros, monkeypatch):
    """All at once, a graph at a time, alone."""
    values = rng.standard_normal((5, 2, 300))
    values[rng.random(values.shape) < share_of_zeros] = 0
    sizes = np.abs(values).reshape(10, 300)
    together = metrics_of_graphs(sizes, 25, 0.2), signed_metrics_of_sets(values, 25)
    monkeypatch.setattr(graphs, "BATCH_BYTES", 1)
    one_by_one = metrics_of_graphs(sizes, 25, 0.2), signed_metrics_of_sets(values, 25)
    for found, wanted in zip(together, one_by_one, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    np.testing.assert_allclose(graph_metrics(sizes[3], 25, 0.2), together[0][3], rtol=1e-12)
    np.testing.assert_allclose(signed_tree_metrics(values[3], 25), together[1][3], rtol=1e-12)


# Against surrogates ---------------------------------------------------------------------------------------------------


def patterns_of(values: np.ndarray) -> EdgePatterns:
    names = tuple(f"region_{i}" for i in range(N_REGIONS))
    return EdgePatterns(("fear", "joy")[: len(values)], names, values, np.ones_like(values))


def test_graph_table_sets_metrics_beside_their_null(rng):
    """Each row has the metric, the mean and 95 % quantile of the surrogates' and the two-sided p of a loop."""
    values, surrogates = rng.standard_normal((2, 21)), rng.standard_normal((29, 2, 21))
    advanced: list[int] = []
    table = graph_table(patterns_of(values), iter(surrogates), density=0.4, advance=advanced.append)
    assert table.columns.tolist() == ["emotion", "graph", "metric", "value", "null_mean", "null_95", "p"]
    assert len(table) == 2 * (len(GRAPHS) * len(METRICS) + len(SIGNED_METRICS))
    assert sum(advanced) == 29
    row = table[(table.emotion == "joy") & (table.graph == "density-matched") & (table.metric == "strength")].iloc[0]
    null = [named(graph_metrics(np.abs(one[1]), N_REGIONS, 0.4), "density-matched")["strength"] for one in surrogates]
    assert row["value"] == named(graph_metrics(np.abs(values[1]), N_REGIONS, 0.4), "density-matched")["strength"]
    assert row["null_mean"] == pytest.approx(np.mean(null))
    assert row["null_95"] == pytest.approx(np.quantile(null, 0.95))
    centre = np.mean([*null, row["value"]])
    further = sum(abs(one - centre) >= abs(row["value"] - centre) for one in null)
    assert row["p"] == pytest.approx((1 + further) / 30)


def test_hub_is_told_from_noise_and_noise_is_not(rng):
    """A pattern with one hub has a larger betweenness than surrogates of noise; a pattern of noise has not."""
    noise = rng.standard_normal((59, 2, 21))
    values = rng.standard_normal((2, 21))
    values[0, FIRST == 0] += 20  # edges of the first region
    table = graph_table(patterns_of(values), noise).set_index(["emotion", "graph", "metric"])
    hub = table.loc[("fear", "spanning-tree", "betweenness")]
    assert hub["p"] == pytest.approx(1 / 60)
    assert hub["value"] == 1 > hub["null_95"]
    assert (table.xs("joy")["p"] > 0.02).all()


def test_table_without_surrogates_has_no_p(rng):
    """Without surrogates values stand alone."""
    table = graph_table(patterns_of(rng.standard_normal((2, 21))))
    assert table["value"].notna().all()
    assert table[["null_mean", "null_95", "p"]].isna().all(axis=None)


def test_emotion_without_a_pattern_has_no_graph(rng):
    """A decoder that reads nothing has no graph: NaN, not the graph of ties."""
    values = np.vstack([np.zeros(21), rng.standard_normal(21)])
    table = graph_table(patterns_of(values), rng.standard_normal((3, 2, 21)))
    assert table.loc[table.emotion == "fear", ["value", "p"]].isna().all(axis=None)
    alone = (table.emotion == "joy") & (table.metric != "jaccard_distance")  # there is no other tree
    assert table.loc[alone, ["value", "p"]].notna().all(axis=None)


def test_wrong_input_is_refused(rng):
    """Densities outside 0 to 1, surrogates of other axes, negative or missing weights are errors."""
    patterns = patterns_of(rng.standard_normal((2, 21)))
    for density in (0, 1.1):
        with pytest.raises(ConfigError, match="density"):
            graph_table(patterns, density=density)
    with pytest.raises(ShapeError, match="surrogates"):
        graph_table(patterns, [np.ones((2, 20))])
    unknown = np.where(np.arange(21) == 4, np.nan, 1.0)
    for weights, n_regions in ((np.ones(20), 7), (np.ones(1), 2), (-np.ones(21), 7), (unknown, 7)):
        with pytest.raises(InputError, match="graph"):
            graph_metrics(weights, n_regions)
    for values, n_regions in ((np.ones((2, 20)), 7), (np.ones((2, 1)), 2), (unknown[None], 7)):
        with pytest.raises(InputError, match="graph"):
            signed_tree_metrics(values, n_regions)


def published_tree(values: np.ndarray) -> nx.Graph:
    """The maximum spanning tree of signed weights as networkx makes it; edges of 0 are none, lone regions go."""
    graph = nx.from_numpy_array(matrix_of(values))
    tree = nx.maximum_spanning_tree(graph)
    tree.remove_nodes_from(list(nx.isolates(tree)))
    return tree


def matrix_of(values: np.ndarray) -> np.ndarray:
    matrix = np.zeros((N_REGIONS, N_REGIONS))
    matrix[FIRST, SECOND] = matrix[SECOND, FIRST] = values
    return matrix


def published_distance(one: nx.Graph, other: nx.Graph) -> float:
    """Weighted Jaccard distance, edge by edge."""
    ours, theirs = ({frozenset(ends[:2]): ends[2] for ends in graph.edges(data="weight")} for graph in (one, other))
    pairs = [(ours.get(edge, 0.0), theirs.get(edge, 0.0)) for edge in {*ours, *theirs}]
    return 1 - sum(map(min, pairs)) / sum(map(max, pairs))


@pytest.mark.parametrize("share_of_zeros", [0.0, 0.75])
def test_signed_tree_is_networkxs(rng, share_of_zeros):
    """Weighted degree, betweenness, greedy modularity, efficiency, diameter and distances of the signed tree."""
    values = rng.standard_normal((3, 21)) + 0.3
    values[rng.random(values.shape) < share_of_zeros] = 0
    trees = [published_tree(one / np.abs(one).mean()) for one in values]
    assert nx.is_connected(trees[0]) == (share_of_zeros == 0)
    for i, (tree, found) in enumerate(zip(trees, signed_tree_metrics(values, N_REGIONS), strict=True)):
        named = dict(zip(SIGNED_METRICS, found, strict=True))
        assert named["strength"] == pytest.approx(np.mean([degree for _, degree in tree.degree(weight="weight")]))
        assert named["betweenness"] == pytest.approx(max(nx.betweenness_centrality(tree).values()))
        if tree.size(weight="weight") > 0:
            modules = nx.community.greedy_modularity_communities(tree, weight="weight")
            assert named["modularity"] == pytest.approx(nx.community.modularity(tree, modules, weight="weight"))
        else:
            assert np.isnan(named["modularity"])
        assert named["global_efficiency"] == pytest.approx(nx.global_efficiency(tree))
        if nx.is_connected(tree):
            assert named["diameter"] == nx.diameter(tree)
        else:
            assert np.isnan(named["diameter"])
        others = [published_distance(tree, other) for j, other in enumerate(trees) if j != i]
        assert named["jaccard_distance"] == pytest.approx(np.mean(others))


def test_signed_tree_puts_strong_negative_edges_last():
    """What tells it from our tree: of |pattern| the strongest edge is in, of the pattern it is not."""
    values = np.linspace(0.1, 0.2, 21)
    values[0] = -10
    assert spanning_tree(np.abs(values), N_REGIONS)[0]
    assert not spanning_tree(values, N_REGIONS)[0]


def test_signed_tree_of_one_emotion_or_none_has_no_distance(rng):
    """An emotion without a pattern is no neighbour; a single one has none."""
    one = rng.standard_normal((1, 21))
    found = signed_tree_metrics(np.vstack([one, np.zeros((1, 21))]), N_REGIONS)
    assert np.isfinite(found[0, :-1]).all()
    assert np.isnan(found[0, -1])
    assert np.isnan(found[1]).all()


def test_jaccard_distance_of_equal_and_of_disjoint_graphs():
    """0 and 1."""
    one, other = np.array([1.0, 2.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 3.0])
    assert jaccard_distance(one, one) == 0
    assert jaccard_distance(one, other) == 1
    assert jaccard_distance(one, 2 * one) == 0.5


def test_signed_tree_stands_beside_its_null_in_the_table(rng):
    """One row per metric and emotion, from the same surrogates."""
    values, surrogates = rng.standard_normal((2, 21)), rng.standard_normal((19, 2, 21))
    table = graph_table(patterns_of(values), surrogates).set_index(["graph", "metric", "emotion"]).loc[SIGNED_TREE]
    wanted = signed_tree_metrics(values, N_REGIONS)
    null = np.array([signed_tree_metrics(one, N_REGIONS) for one in surrogates])
    for k, metric in enumerate(SIGNED_METRICS):
        assert table.loc[(metric, "fear"), "value"] == pytest.approx(wanted[0, k])
        assert table.loc[(metric, "joy"), "null_mean"] == pytest.approx(np.nanmean(null[:, 1, k]))
