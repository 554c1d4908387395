"""What the fast functions of the reducer `umap` compute, one row and one pair at a time; see `emotopy.reference`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emotopy.records.axes import FloatArray
from emotopy_plugins.reducers import umap_layout as fast
from emotopy_plugins.reducers.nearest_neighbours import Neighbours, NeighbourSearch
from emotopy_plugins.reducers.umap_layout import Curve


def nearest(search: NeighbourSearch, rows: FloatArray, n_neighbors: int) -> Neighbours:
    """See `NeighbourSearch.nearest`: all distances of a row, sorted."""
    k = min(n_neighbors, len(search.reference))
    indices, distances = np.empty((len(rows), k), dtype=np.int64), np.empty((len(rows), k))
    for i, row in enumerate(rows):
        differences = search.reference.astype(np.float64) - row
        if search.metric == "manhattan":
            found = np.abs(differences).sum(axis=1)
        elif search.metric == "euclidean":
            found = np.linalg.norm(differences, axis=1)
        else:
            found = (differences**2).sum(axis=1) / 2
        indices[i] = np.argsort(found, kind="stable")[:k]
        distances[i] = found[indices[i]]
    return Neighbours(indices, distances)


def memberships(distances: FloatArray, n_neighbors: int) -> FloatArray:
    """See `umap_layout.memberships`: σ by bisection."""
    found = np.empty_like(distances)
    for i, row in enumerate(distances):
        rho = min((d for d in row if d > 0), default=0.0)
        beyond = np.maximum(row - rho, 0.0)
        low, high = 0.0, 1e3  # 1 / σ, in units of the mean
        for _ in range(100):
            middle = (low + high) / 2
            if np.exp(-beyond / (beyond.mean() or 1.0) * middle).sum() > np.log2(n_neighbors):
                low = middle
            else:
                high = middle
        found[i] = np.exp(-beyond / (beyond.mean() or 1.0) * low)
    return found


def lay_out(
    graph: Any,
    start: FloatArray,
    curve: Curve,
    n_epochs: int,
    generator: np.random.Generator,
    advance: Callable[[int], None] = fast.uncounted,
) -> FloatArray:
    """See `umap_layout.lay_out`: every row of every step on its own."""
    points = start.astype(np.float64)
    n_rows, n_steps = len(points), n_epochs * fast.STEPS_PER_EPOCH
    table = fast.partners(graph, generator)
    for step in range(n_steps):
        shifts = generator.integers(1, n_rows, fast.N_OTHERS)
        moved = points.copy()
        for i, here in enumerate(points):
            force = attraction(here, points[table[step % len(table), i]], curve)
            for shift in shifts:
                force = force + fast.REPULSION / fast.N_OTHERS * repulsion(here, points[(i + shift) % n_rows], curve)
            moved[i] += fast.LAYOUT_RATE * (1 - step / n_steps) * force
        points = moved
        if (step + 1) % fast.STEPS_PER_EPOCH == 0:
            advance(1)
    return points.astype(np.float32)


def place(neighbours: Neighbours, points: FloatArray, curve: Curve, n_neighbors: int) -> FloatArray:
    """See `umap_layout.place`: every row on its own."""
    placed = []
    weights = memberships(neighbours.distances, n_neighbors)
    for indices, distances, weight in zip(neighbours.indices, neighbours.distances, weights, strict=True):
        if distances[0] <= fast.SAME * distances[-1]:
            placed.append(points[indices[0]])
            continue
        share = weight / weight.sum()
        here = share @ points[indices].astype(np.float64)
        turn = 0
        for step in range(fast.PLACING_STEPS):
            force = sum(w * attraction(here, points[j], curve) for w, j in zip(share, indices, strict=True))
            for _ in range(fast.PLACING_OTHERS):
                other = points[turn % len(points)]
                force = force + fast.REPULSION / fast.PLACING_OTHERS * repulsion(here, other, curve)
                turn += 1
            here = here + fast.PLACING_RATE * (1 - step / fast.PLACING_STEPS) * force
        placed.append(here)
    return np.array(placed, dtype=np.float32)


def attraction(here: FloatArray, there: FloatArray, curve: Curve) -> FloatArray:
    """Return minus the gradient of −log s at `here`, s = 1 / (1 + a d^2b); at most 4 long."""
    apart = here - there
    d2 = apart @ apart + float(fast.TINY)
    similar = 1 / (1 + curve.a * d2**curve.b)
    return np.maximum(-2 * curve.b / d2 * (1 - similar), -float(fast.LONGEST) / np.sqrt(d2)) * apart


def repulsion(here: FloatArray, there: FloatArray, curve: Curve) -> FloatArray:
    """Return minus the gradient of −log(1 − s) at `here`, finite at distance 0; at most 4 long."""
    apart = here - there
    d2 = apart @ apart + float(fast.TINY)
    similar = 1 / (1 + curve.a * d2**curve.b)
    return np.minimum(2 * curve.b * similar / (d2 + float(fast.SOFT)), float(fast.LONGEST) / np.sqrt(d2)) * apart
