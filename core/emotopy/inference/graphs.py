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

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.host import checkpoint
from emotopy.inference.explanation import EdgePatterns
from emotopy.inference.graph_batches import (
    Forests,
    edge_numbers,
    forest_paths,
    greedy_modularity,
    louvain,
    modularity,
    path_measures,
    spanning_forests,
    strongest_first,
)
from emotopy.inference.null_comparison import NULL_COLUMNS, compare_with_null
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.reference import defined_by

if TYPE_CHECKING:
    import pandas as pd

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
BATCH_BYTES = 64 * 1024**2
"""Graphs are worked off in batches whose matrices take about this much."""


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
        Called with the number of surrogates of each batch when it is done.

    `p` is two-sided, by distance from the surrogates' mean: a graph may be more modular than chance, or less. An
    emotion without a pattern (all 0) is NaN.

    Raises ConfigError for the density, ShapeError for surrogates of other axes.
    """
    import pandas as pd

    if not 0 < density <= 1:
        raise ConfigError(f"density: wanted a share of edges above 0, at most 1, got {density:g}")
    n_regions, n_emotions = len(patterns.regions), len(patterns.emotions)

    def described(sets: Sequence[FloatArray]) -> FloatArray:
        values = np.stack(sets)
        ours = metrics_of_graphs(np.abs(values).reshape(-1, values.shape[2]), n_regions, density)
        beside = signed_metrics_of_sets(values, n_regions)
        return np.concatenate([ours.reshape(*values.shape[:2], -1), beside], axis=2)

    observed, null = described([patterns.values]), []
    at_once = max(1, _graphs_at_once(n_regions) // n_emotions)
    checked = _checked(surrogates, patterns.values.shape)
    while some := list(islice(checked, at_once)):
        checkpoint()
        null.append(described(some))
        advance(len(some))
    columns = dict.fromkeys(NULL_COLUMNS, np.full(observed.size, np.nan))
    if null:
        drawn = np.concatenate(null)
        drawn = drawn.reshape(len(drawn), -1)
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


def _checked(surrogates: Iterable[FloatArray], shape: tuple[int, ...]) -> Iterator[FloatArray]:
    for one in surrogates:
        if np.shape(one) != shape:
            raise ShapeError(f"surrogates: wanted patterns of shape {shape}, got {np.shape(one)}")
        yield np.asarray(one, dtype=np.float64)


def _graphs_at_once(n_regions: int) -> int:
    return max(1, BATCH_BYTES // (16 * n_regions**2))


def graph_metrics(weights: FloatArray, n_regions: int, density: float = DENSITY) -> FloatArray:
    """Return the metrics of both graphs, (n_graphs, n_metrics), of edge weights ≥ 0 (n_edges,).

    Raises InputError as `metrics_of_graphs` does.
    """
    return np.asarray(metrics_of_graphs(np.asarray(weights)[None], n_regions, density)[0])


@defined_by("emotopy.inference.graph_loops.metrics_of_graphs")
def metrics_of_graphs(weights: FloatArray, n_regions: int, density: float) -> FloatArray:
    """Return the metrics of both graphs of many patterns, (n_patterns, n_graphs, n_metrics).

    `weights` (n_patterns, n_edges) are ≥ 0; a pattern that is all 0 is NaN. Work and memory grow with n_regions² for
    each pattern, but for paths in the density-matched graph, which are products of matrices.

    Raises InputError for fewer than three regions, and for a weight that is negative or not finite.
    """
    check_edges(weights, n_regions, least=0.0)
    found = np.full((len(weights), len(GRAPHS), len(METRICS)), np.nan)
    there = np.flatnonzero(weights.any(axis=1))
    for some in _split(there, _graphs_at_once(n_regions)):
        checkpoint()
        found[some] = _metrics(weights[some], n_regions, density)
    return found


def spanning_tree(weights: FloatArray, n_regions: int, present: BoolArray | None = None) -> BoolArray:
    """Return which edges the tree of the largest weights keeps, (n_edges,); of equal edges the earlier one.

    Without the edges that are not `present` (n_edges,) the regions may fall into several trees.
    """
    order = strongest_first(np.asarray(weights)[None])
    there = None if present is None else present[None]
    return np.asarray(spanning_forests(order, n_regions, there).mask(len(weights))[0])


def signed_tree_metrics(values: FloatArray, n_regions: int) -> FloatArray:
    """Return SIGNED_METRICS of the maximum spanning tree of signed values (n_emotions, n_edges), (n_emotions, 6).

    Values count relative to the mean |value| of the emotion's edges, as a pattern's size depends on the decoder's
    shrinkage. `diameter` is NaN for a graph in parts; `modularity` is NaN where weights sum to 0 or less;
    `jaccard_distance` is NaN for a single emotion. An emotion whose values are all 0 is NaN, and no neighbour either.

    Raises InputError as `signed_metrics_of_sets` does.
    """
    return np.asarray(signed_metrics_of_sets(np.asarray(values)[None], n_regions)[0])


@defined_by("emotopy.inference.graph_loops.signed_metrics_of_sets")
def signed_metrics_of_sets(values: FloatArray, n_regions: int) -> FloatArray:
    """Return `signed_tree_metrics` of many sets of patterns (n_sets, n_emotions, n_edges), (n_sets, n_emotions, 6).

    Raises InputError for fewer than three regions, and for values that aren't finite.
    """
    n_sets, n_emotions, n_edges = values.shape
    check_edges(values, n_regions)
    found = np.full((n_sets, n_emotions, len(SIGNED_METRICS)), np.nan)
    for sets in _split(np.arange(n_sets), max(1, _graphs_at_once(n_regions) // max(n_emotions, 1))):
        checkpoint()
        flat = values[sets].reshape(-1, n_edges)
        there = np.flatnonzero(flat.any(axis=1))
        if not len(there):
            continue
        rows = flat[there]
        relative = rows / np.abs(rows).mean(axis=1, keepdims=True)
        forests = spanning_forests(strongest_first(relative), n_regions, relative != 0)
        weights = _edge_weights(forests, relative)
        metrics = np.full((len(flat), len(SIGNED_METRICS)), np.nan)
        metrics[there, :-1] = _signed_metrics(forests, weights)
        kept = np.zeros_like(flat)
        kept[there] = np.where(forests.mask(n_edges), relative, 0.0)
        found[sets] = metrics.reshape(len(sets), n_emotions, -1)
        for number, trees in zip(sets, kept.reshape(len(sets), n_emotions, -1), strict=True):
            found[number, :, -1] = _mean_distances(trees)
    return found


def jaccard_distance(one: FloatArray, other: FloatArray) -> float:
    """Return 1 − Σ min / Σ max over the edges of two graphs, 0 where an edge isn't there; weights (n_edges,) each.

    Weights of either sign are taken as they are, so that the distance may leave 0 to 1; 1 where the maxima sum to 0 or
    less. Source: the weighted Jaccard index (Ruzicka).
    """
    largest = np.maximum(one, other).sum()
    return float(1 - np.minimum(one, other).sum() / largest) if largest > 0 else 1.0


def density_matched(weights: FloatArray, tree: BoolArray, density: float = DENSITY) -> BoolArray:
    """Return which edges the graph keeps, (n_edges,): the tree, then the strongest up to `density` of all edges."""
    return _with_strongest(strongest_first(np.asarray(weights)[None])[0], tree, density)


def _with_strongest(order: IntArray, tree: BoolArray, density: float) -> BoolArray:
    more = max(round(density * len(order)) - int(tree.sum()), 0)
    kept = tree.copy()
    kept[order[~tree[order]][:more]] = True
    return kept


def check_edges(values: FloatArray, n_regions: int, *, least: float = -np.inf) -> None:
    """Raise InputError for fewer than three regions, other edges than theirs, values not finite or below the least."""
    wanted = "finite weights of all edges among 3 regions or more"
    n_edges = n_regions * (n_regions - 1) // 2
    if n_regions < 3 or values.shape[-1] != n_edges:
        got = f"{values.shape[-1]} edges for {n_regions} regions"
        raise InputError(f"graph: wanted {wanted}, got {got}", wanted=wanted, got=got)
    bad = ~(np.isfinite(values) & (values >= least))
    if bad.any():
        wanted += f", {least:g} or more" if np.isfinite(least) else ""
        got = f"{values[bad][0]:g}"
        raise InputError(f"graph: wanted {wanted}, got {got}", wanted=wanted, got=got)


def _split(numbers: IntArray, at_once: int) -> Iterator[IntArray]:
    for start in range(0, len(numbers), at_once):
        checkpoint()
        yield numbers[start : start + at_once]


def _edge_weights(forests: Forests, weights: FloatArray) -> FloatArray:
    """Return the weight of each region's edge to its parent, 0 for none, (n_patterns, n_regions)."""
    found = np.take_along_axis(weights, np.maximum(forests.edge, 0), axis=1)
    return np.where(forests.edge >= 0, found, 0.0)


def _metrics(weights: FloatArray, n_regions: int, density: float) -> FloatArray:
    """Return METRICS of both graphs, (n_patterns, n_graphs, n_metrics), of weights that are not all 0."""
    relative = weights / weights.mean(axis=1, keepdims=True)
    order = strongest_first(weights)
    forests = spanning_forests(order, n_regions)
    trees = forests.mask(weights.shape[1])
    dense = np.stack([_with_strongest(*one, density) for one in zip(order, trees, strict=True)])
    paths = forest_paths(forests)
    n_pairs = n_regions * (n_regions - 1) / 2
    walked = [path_measures(one) for one in _matrices(dense.astype(np.float64), n_regions)]
    between, inverse_steps, diameter = np.array(walked).T
    steps = (
        (paths.betweenness, paths.inverse_steps, paths.diameter),
        (between, inverse_steps, diameter),
    )
    found = np.empty((len(weights), len(GRAPHS), len(METRICS)))
    for number, (kept, (betweenness, inverse, furthest)) in enumerate(zip((trees, dense), steps, strict=True)):
        weighted = _matrices(np.where(kept, relative, 0.0), n_regions)
        modules = louvain(weighted)
        found[:, number] = np.column_stack(
            [
                [2 * row[mask].sum() / n_regions for row, mask in zip(relative, kept, strict=True)],
                betweenness,
                [modularity(*one) for one in zip(weighted, modules, strict=True)],
                inverse / n_pairs,
                furthest,
            ]
        )
    return found


def _matrices(values: FloatArray, n_regions: int) -> FloatArray:
    """Return symmetric matrices (n_patterns, n_regions, n_regions) of values (n_patterns, n_edges)."""
    beside = np.concatenate([values, np.zeros((len(values), 1))], axis=1)  # the last is no edge's
    return np.asarray(beside.take(edge_numbers(n_regions), axis=1))


def _signed_metrics(forests: Forests, weights: FloatArray) -> FloatArray:
    """Return METRICS of trees, or of their parts, (n_patterns, n_metrics); `weights` are those of edges to parents."""
    paths = forest_paths(forests)
    n_regions = paths.n_regions
    return np.column_stack(
        [
            2 * weights.sum(axis=1) / n_regions,
            paths.betweenness,
            greedy_modularity(forests, weights),
            2 * paths.inverse_steps / (n_regions * (n_regions - 1)),
            np.where(paths.connected, paths.diameter, np.nan),
        ]
    )


def _mean_distances(trees: FloatArray) -> FloatArray:
    """Return each tree's mean Jaccard distance to the others, (n_emotions,); one without an edge is none of them."""
    found = np.full(len(trees), np.nan)
    there = np.flatnonzero(trees.any(axis=1))
    if len(there) > 1:
        some = trees[np.ix_(there, np.flatnonzero(trees.any(axis=0)))]
        distance = np.array([[jaccard_distance(one, other) for other in some] for one in some])
        np.fill_diagonal(distance, 0.0)
        found[there] = distance.sum(axis=1) / (len(there) - 1)
    return found
