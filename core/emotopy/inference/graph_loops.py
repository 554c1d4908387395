"""What `graphs` computes, by definition: one graph at a time, most of it by networkx (reference mode)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emotopy.inference.graph_batches import GAIN
from emotopy.inference.graphs import GRAPHS, METRICS, SIGNED_METRICS, jaccard_distance
from emotopy.inference.windows import edges
from emotopy.records.axes import FloatArray, IntArray

if TYPE_CHECKING:
    import networkx as nx


def metrics_of_graphs(weights: FloatArray, n_regions: int, density: float) -> FloatArray:
    """Return what `graphs.metrics_of_graphs` does."""
    found = np.full((len(weights), len(GRAPHS), len(METRICS)), np.nan)
    for number, row in enumerate(weights):
        if row.any():
            relative = row / row.mean()
            tree = spanning_tree(row, n_regions, range(len(row)))
            more = max(round(density * len(row)) - len(tree), 0)
            others = [edge for edge in np.argsort(-row, kind="stable").tolist() if edge not in tree]
            for into, kept in zip(found[number], (tree, [*tree, *others[:more]]), strict=True):
                into[:] = _metrics(graph_of(relative, kept, n_regions), n_regions)
    return found


def signed_metrics_of_sets(values: FloatArray, n_regions: int) -> FloatArray:
    """Return what `graphs.signed_metrics_of_sets` does."""
    found = np.full((*values.shape[:2], len(SIGNED_METRICS)), np.nan)
    for into, patterns in zip(found, values, strict=True):
        trees = {}
        for emotion, row in enumerate(patterns):
            if row.any():
                relative = row / np.abs(row).mean()
                kept = spanning_tree(row, n_regions, np.flatnonzero(row).tolist())
                trees[emotion] = np.where(np.isin(np.arange(len(row)), kept), relative, 0.0)
        for emotion, tree in trees.items():
            into[emotion, :-1] = _signed_metrics(tree, n_regions)
            others = [jaccard_distance(tree, other) for one, other in trees.items() if one != emotion]
            into[emotion, -1] = np.mean(others) if others else np.nan
    return found


def spanning_tree(weights: FloatArray, n_regions: int, present: range | list[int]) -> list[int]:
    """Return the edges of the tree (or trees) of the largest weights; of equal edges the earlier one.

    An edge is kept where it joins two regions that stronger edges don't (Kruskal 1956, Proceedings of the AMS 7:48).
    """
    first, second = edges(n_regions)
    tree_of, kept = list(range(n_regions)), []
    for edge in sorted(present, key=lambda edge: (-weights[edge], edge)):
        one, other = tree_of[first[edge]], tree_of[second[edge]]
        if one != other:
            kept.append(edge)
            tree_of = [one if tree == other else tree for tree in tree_of]
    return kept


def graph_of(weights: FloatArray, kept: list[int], n_regions: int) -> nx.Graph:
    """Return a graph of these edges, without regions that have none."""
    import networkx as nx

    first, second = edges(n_regions)
    ends = [(int(first[edge]), int(second[edge])) for edge in kept]
    graph = nx.Graph()
    graph.add_nodes_from(sorted({region for pair in ends for region in pair}))
    graph.add_weighted_edges_from((*pair, float(weights[edge])) for pair, edge in zip(ends, kept, strict=True))
    return graph


def _metrics(graph: nx.Graph, n_regions: int) -> list[float]:
    """Return METRICS of a connected graph of weights ≥ 0."""
    import networkx as nx

    module = louvain(nx.to_numpy_array(graph, nodelist=range(n_regions)), seed=0)
    modules = [set(np.flatnonzero(module == one).tolist()) for one in range(module.max() + 1)]
    return [
        2 * graph.size(weight="weight") / n_regions,
        max(nx.betweenness_centrality(graph).values()),
        nx.community.modularity(graph, modules, weight="weight"),
        nx.global_efficiency(graph),
        nx.diameter(graph),
    ]


def _signed_metrics(tree: FloatArray, n_regions: int) -> list[float]:
    """Return METRICS of a tree, or of its parts, given by weights ≠ 0 of its edges, (n_edges,)."""
    import networkx as nx

    graph = graph_of(tree, np.flatnonzero(tree).tolist(), n_regions)
    total, modularity = graph.size(weight="weight"), np.nan
    if total > 0:
        modules = nx.community.greedy_modularity_communities(graph, weight="weight")
        modularity = nx.community.modularity(graph, modules, weight="weight")
    return [
        2 * total / len(graph),
        max(nx.betweenness_centrality(graph).values()),
        modularity,
        nx.global_efficiency(graph),
        nx.diameter(graph) if nx.is_connected(graph) else np.nan,
    ]


def louvain(weights: FloatArray, seed: int = 0) -> IntArray:
    """Return each region's module, (n_regions,), numbered from 0, of symmetric weights ≥ 0 (n_regions, n_regions).

    Regions move to the neighbouring module that gains most modularity until none does; then modules do. `seed` orders
    the regions. Source: Blondel et al. 2008, Journal of Statistical Mechanics P10008. (networkx's own search visits
    regions in another order, and finds other modules, about as good.)
    """
    rng = np.random.default_rng(seed)
    module: IntArray = np.arange(len(weights))
    while True:
        found = _moved(weights, rng)
        n_modules = int(found.max()) + 1
        module = found[module]
        if n_modules == len(weights):
            return module
        members = np.eye(n_modules)[found]
        weights = members.T @ weights @ members


def _moved(weights: FloatArray, rng: np.random.Generator) -> IntArray:
    """Move nodes one by one until no move gains; return their modules, numbered without gaps."""
    n_nodes, total = len(weights), weights.sum()
    strength, own = weights.sum(axis=1), weights.diagonal()
    module, of_module = np.arange(n_nodes), strength.copy()
    order, moving = rng.permutation(n_nodes), True
    while moving:
        moving = False
        for node in order:
            here = module[node]
            of_module[here] -= strength[node]
            gain = np.bincount(module, weights[node], n_nodes) - (strength[node] / total) * of_module
            gain[here] -= own[node]
            best = gain.argmax()
            if gain[best] > gain[here] + GAIN * total:
                module[node], moving = best, True
            of_module[module[node]] += strength[node]
    return np.unique(module, return_inverse=True)[1].reshape(-1)
