"""Shape of the patterns as graphs: a few metrics, each beside the same metric under surrogates.

Every dense matrix has a spanning tree with hubs and modules, also one of noise; a metric says nothing by itself. Two
graphs of ours are made of |pattern| divided by its mean over edges, for its size depends on the decoder's shrinkage:

- ``spanning-tree``: the tree of the strongest edges that joins all regions (n_regions − 1 edges);
- ``density-matched``: the tree and the strongest further edges up to a share of all edges, the same for all graphs.

`strength` (mean over regions of summed weights) and `modularity` (Louvain) take the weights; `betweenness` (the
largest of all regions, normalised), `global_efficiency` and `diameter` count steps. Sources: Stam et al. 2014
(International Journal of Psychophysiology 92:129) for the tree; Rubinov & Sporns 2010 (NeuroImage 52:1059).

Beside them stands the graph of arXiv 2606.07707, ``signed-tree``: the maximum spanning tree of the *signed* pattern, in
which negative edges stand last however strong they are. Edges of exactly 0 (the lasso's) are none, so that it may fall
into parts, and regions without an edge are left out. Its `modularity` is that of greedily found modules (Clauset et al.
2004, Physical Review E 70:066111), and `jaccard_distance` is the mean distance to the trees of the other emotions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.inference.explanation import EdgePatterns
from emotopy.inference.null_comparison import NULL_COLUMNS, compare_with_null
from emotopy.inference.windows import edges
from emotopy.records.axes import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

_GAIN = 1e-12  # a move that gains less is rounding, and could be made back and forth


def betweenness(joined: Any, steps: FloatArray) -> FloatArray:
    """Return each region's share of the shortest paths between all others, (n_regions,), counted in steps.

    `joined` (n_regions, n_regions), sparse, is 1 where an edge is; `steps` are the distances, all finite. All sources
    are walked at once, level by level. Source: Brandes 2001, Journal of Mathematical Sociology 25:163.
    """
    n_regions, furthest = len(steps), int(steps.max())
    n_paths = np.eye(n_regions)  # of each region (row) to each source (column)
    for level in range(1, furthest + 1):
        n_paths += np.where(steps == level, joined @ np.where(steps == level - 1, n_paths, 0.0), 0.0)
    depends = np.zeros_like(n_paths)
    for level in range(furthest, 1, -1):
        share = np.where(steps == level, (1 + depends) / n_paths, 0.0)
        depends += np.where(steps == level - 1, n_paths * (joined @ share), 0.0)
    return np.asarray(depends.sum(axis=1) / max((n_regions - 1) * (n_regions - 2), 1))


def louvain(weights: FloatArray, seed: int = 0) -> IntArray:
    """Return each region's module, (n_regions,), numbered from 0, of symmetric weights ≥ 0 (n_regions, n_regions).

    Regions move to the neighbouring module that gains most modularity until none does; then modules do. `seed` orders
    the regions. Source: Blondel et al. 2008, Journal of Statistical Mechanics P10008.
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


def modularity(weights: FloatArray, module: IntArray) -> float:
    """Return the share of weight within modules beyond what the regions' strengths lead to expect (Newman 2004)."""
    members = np.eye(int(module.max()) + 1)[module]
    between = members.T @ weights @ members / weights.sum()
    return float(between.trace() - (between.sum(axis=1) ** 2).sum())


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
            if gain[best] > gain[here] + _GAIN * total:
                module[node], moving = best, True
            of_module[module[node]] += strength[node]
    return np.unique(module, return_inverse=True)[1].reshape(-1)


GRAPHS = ("spanning-tree", "density-matched")
METRICS = ("strength", "betweenness", "modularity", "global_efficiency", "diameter")
SIGNED_TREE = "signed-tree"
SIGNED_METRICS = (*METRICS, "jaccard_distance")
ROWS = (
    *((graph, metric) for graph in GRAPHS for metric in METRICS),
    *((SIGNED_TREE, metric) for metric in SIGNED_METRICS),
)
"""Graph and metric of each row of the table, for one emotion."""
DENSITY = 0.2
"""Share of all edges in the density-matched graph."""


def graph_table(
    patterns: EdgePatterns,
    surrogates: Iterable[FloatArray] = (),
    *,
    density: float = DENSITY,
    advance: Callable[[int], None] = lambda n: None,
) -> pd.DataFrame:
    """Return `graph.csv`: emotion, graph, metric, value, null_mean, null_95, p.

    Parameters
    ----------
    surrogates
        Patterns (n_emotions, n_edges) that the whole analysis gives for surrogate ratings, one after another; they
        are not kept. Without any, the last three columns are NaN.
    density
        Share of all edges in the density-matched graph, above 0, at most 1; at least the tree.
    advance
        Called with 1 after each surrogate.

    `p` is two-sided, by distance from the surrogates' mean: a graph may be more modular than chance, or less. An
    emotion without a pattern (all 0) is NaN.

    Raises ConfigError for the density, ShapeError for surrogates of other axes.
    """
    import pandas as pd

    if not 0 < density <= 1:
        raise ConfigError(f"density: wanted a share of edges above 0, at most 1, got {density:g}")
    n_regions, n_emotions = len(patterns.regions), len(patterns.emotions)

    def described(values: FloatArray) -> FloatArray:
        ours = [graph_metrics(row, n_regions, density).ravel() for row in np.abs(values)]
        return np.hstack([np.stack(ours), signed_tree_metrics(values, n_regions)])

    observed, null = described(patterns.values), []
    for one in surrogates:
        if np.shape(one) != patterns.values.shape:
            raise ShapeError(f"surrogates: wanted patterns of shape {patterns.values.shape}, got {np.shape(one)}")
        null.append(described(np.asarray(one, dtype=np.float64)))
        advance(1)
    columns = dict.fromkeys(NULL_COLUMNS, np.full(observed.size, np.nan))
    if null:
        drawn = np.stack(null).reshape(len(null), -1)
        columns = compare_with_null(observed.ravel(), drawn, alternative="two-sided").columns
    return pd.DataFrame(
        {
            "emotion": np.repeat(np.asarray(patterns.emotions, dtype=object), len(ROWS)),
            "graph": np.tile(np.asarray([graph for graph, _ in ROWS], dtype=object), n_emotions),
            "metric": np.tile(np.asarray([metric for _, metric in ROWS], dtype=object), n_emotions),
            "value": observed.ravel(),
            **{name: columns[name] for name in ("null_mean", "null_95", "p")},
        }
    )


def graph_metrics(weights: FloatArray, n_regions: int, density: float = DENSITY) -> FloatArray:
    """Return the metrics of both graphs, (n_graphs, n_metrics), of edge weights ≥ 0 (n_edges,).

    Raises InputError for fewer than three regions or a negative weight.
    """
    if n_regions < 3 or len(weights) != n_regions * (n_regions - 1) // 2 or (weights < 0).any():
        raise InputError(
            f"graph: wanted weights ≥ 0 of all edges among 3 regions or more, "
            f"got {len(weights)} for {n_regions} regions"
        )
    if not weights.any():
        return np.full((len(GRAPHS), len(METRICS)), np.nan)
    relative = weights / weights.mean()
    tree = spanning_tree(weights, n_regions)
    return np.stack([_metrics(relative, kept, n_regions) for kept in (tree, density_matched(weights, tree, density))])


def spanning_tree(weights: FloatArray, n_regions: int, present: BoolArray | None = None) -> BoolArray:
    """Return which edges the tree of the largest weights keeps, (n_edges,); of equal edges the earlier one.

    Without the edges that are not `present` (n_edges,) the regions may fall into several trees.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    first, second = edges(n_regions)
    rank = np.empty(len(weights))
    rank[np.argsort(-weights, kind="stable")] = np.arange(1, len(weights) + 1)
    there = slice(None) if present is None else present
    joined = coo_array((rank[there], (first[there], second[there])), shape=(n_regions, n_regions))
    kept = np.zeros(len(weights), dtype=bool)
    kept[np.isin(rank, minimum_spanning_tree(joined.tocsr()).data)] = True
    return kept


def signed_tree_metrics(values: FloatArray, n_regions: int) -> FloatArray:
    """Return SIGNED_METRICS of the maximum spanning tree of signed values (n_emotions, n_edges), (n_emotions, 6).

    Values count relative to the mean |value| of the emotion's edges, as a pattern's size depends on the decoder's
    shrinkage. `diameter` is NaN for a graph in parts; `modularity` is NaN where weights sum to 0 or less;
    `jaccard_distance` is NaN for a single emotion. An emotion whose values are all 0 is NaN, and no neighbour either.
    """
    sizes = np.abs(values).mean(axis=1, keepdims=True)
    relative = np.divide(values, sizes, out=np.zeros_like(values, dtype=np.float64), where=sizes > 0)
    trees = [np.where(spanning_tree(row, n_regions, row != 0), row, 0.0) for row in relative]
    found = np.full((len(values), len(SIGNED_METRICS)), np.nan)
    there = [i for i, tree in enumerate(trees) if tree.any()]
    for i in there:
        found[i, :-1] = _signed_metrics(trees[i], n_regions)
        others = [jaccard_distance(trees[i], trees[j]) for j in there if j != i]
        found[i, -1] = np.mean(others) if others else np.nan
    return found


def jaccard_distance(one: FloatArray, other: FloatArray) -> float:
    """Return 1 − Σ min / Σ max over the edges of two graphs, 0 where an edge isn't there; weights (n_edges,) each.

    Weights of either sign are taken as they are, so that the distance may leave 0 to 1; 1 where the maxima sum to 0 or
    less. Source: the weighted Jaccard index (Ruzicka).
    """
    largest = np.maximum(one, other).sum()
    return float(1 - np.minimum(one, other).sum() / largest) if largest > 0 else 1.0


def _signed_metrics(tree: FloatArray, n_regions: int) -> list[float]:
    """Return METRICS of a tree, or of its parts, given by weights ≠ 0 of its edges, (n_edges,)."""
    import networkx as nx

    first, second = edges(n_regions)
    kept = np.flatnonzero(tree)
    graph = nx.Graph()
    graph.add_nodes_from(np.unique(np.concatenate([first[kept], second[kept]])).tolist())
    ends = zip(first[kept].tolist(), second[kept].tolist(), tree[kept].tolist(), strict=True)
    graph.add_weighted_edges_from(ends)
    total, modularity = tree.sum(), np.nan
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


def density_matched(weights: FloatArray, tree: BoolArray, density: float = DENSITY) -> BoolArray:
    """Return which edges the graph keeps, (n_edges,): the tree, then the strongest up to `density` of all edges."""
    more = max(round(density * len(weights)) - int(tree.sum()), 0)
    others = np.argsort(np.where(tree, np.inf, -weights), kind="stable")
    kept = tree.copy()
    kept[others[:more]] = True
    return kept


def _metrics(weights: FloatArray, kept: BoolArray, n_regions: int) -> FloatArray:
    """Return METRICS of a connected graph of these edges."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    first, second = (ends[kept] for ends in edges(n_regions))
    weighted = np.zeros((n_regions, n_regions))
    weighted[first, second] = weighted[second, first] = weights[kept]
    joined = np.zeros_like(weighted)
    joined[first, second] = joined[second, first] = 1.0
    steps = shortest_path(joined, directed=False, unweighted=True)
    away = steps[np.triu_indices(n_regions, k=1)]
    return np.array(
        [
            2 * weights[kept].sum() / n_regions,
            betweenness(csr_array(joined), steps).max(),
            modularity(weighted, louvain(weighted, seed=0)),
            (1 / away).mean(),
            away.max(),
        ]
    )
