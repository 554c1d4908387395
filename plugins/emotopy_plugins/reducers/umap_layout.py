"""The parts of UMAP (McInnes, Healy & Melville 2018, arXiv 1802.03426) as pure functions of arrays.

Neighbours become a fuzzy graph; the layout minimises the cross-entropy between the graph and the points' own
similarities, 1 / (1 + a d^2b). The reference implementation, umap-learn, moves one pair of points at a time, in code
that is compiled in every process. Here every point moves at once, towards one of its neighbours and away from a few
others, in steps of whole arrays: no compiler, the same numbers whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.records.axes import FloatArray, IntArray
from emotopy.reference import defined_by
from emotopy_plugins.reducers.nearest_neighbours import Neighbours, blocks

STEPS_PER_EPOCH = 6
"""In an epoch of UMAP a row is drawn to about so many of its neighbours (15 neighbours, their weights summed)."""
REPULSION = 2.5
"""Repulsions per attraction of a row: UMAP draws 5 for an edge, which attracts both of its ends."""
N_OTHERS = 5  # rows that a row is pushed away from in a step; their mean counts
LAYOUT_RATE = 0.25  # how far a row goes in the first step, as a share of its force; falls to 0
_SLOTS = 120  # steps until a row comes to the same neighbour again
LONGEST = np.float32(4.0)  # UMAP's limit on a force
TINY = np.float32(1e-12)  # squared distance of two rows at one place
SOFT = np.float32(1e-3)  # UMAP's: keeps the repulsion of near rows finite
_NEWTON_STEPS = 12  # they converge to rounding, if distances differ by less than a factor of 1e12
_AT_ONCE = 500  # new rows placed at a time: what they need fits the processor's cache

PLACING_STEPS = 30
PLACING_RATE = 1.0
PLACING_OTHERS = 64
SAME = 1e-6  # a neighbour this near, compared with the farthest one, is the row itself


@attrs.frozen
class Curve:
    """The similarity 1 / (1 + a d^2b) of two points at distance d."""

    a: float
    b: float

    @classmethod
    def of(cls, min_dist: float) -> Curve:
        """Fit it to 1 up to `min_dist` and exp(−(d − min_dist)) beyond, on distances up to 3, as umap-learn does.

        >>> Curve.of(0.0)
        Curve(a=1.93..., b=0.79...)
        """
        from scipy.optimize import curve_fit

        d = np.linspace(0, 3, 300)
        wanted = np.where(d < min_dist, 1.0, np.exp(min_dist - d))
        (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), d, wanted)
        return cls(float(a), float(b))


@defined_by("emotopy_plugins.reducers.umap_loops.memberships")
def memberships(distances: FloatArray, n_neighbors: int) -> FloatArray:
    """Return how much each neighbour belongs to a row, exp(−(d − ρ) / σ), (n_rows, k), between 0 and 1.

    ρ is the row's smallest distance above 0; σ is such that the memberships sum to log2(n_neighbors), but at least a
    thousandth of the mean distance of the row.

    Parameters
    ----------
    distances : (n_rows, k)
        To the neighbours, the row itself left out.
    n_neighbors
        What the sum follows; umap-learn counts the row itself among them.
    """
    nearest = np.where(distances > 0, distances, np.inf).min(axis=1, keepdims=True)
    beyond = np.maximum(distances - np.where(np.isfinite(nearest), nearest, 0.0), 0.0)
    means = beyond.mean(axis=1, keepdims=True)
    scaled = beyond / np.where(means > 0, means, 1.0)
    wanted = np.log2(n_neighbors)
    # The sum falls convexly in 1/σ. Where it starts, it is at least what is wanted (Jensen), so that Newton's steps
    # approach the solution from one side and need no bracket.
    sharpness = np.full_like(means, max(np.log(distances.shape[1] / wanted), 0.0))
    for _ in range(_NEWTON_STEPS):
        found = np.exp(-scaled * sharpness)
        slope = np.maximum((scaled * found).sum(axis=1, keepdims=True), 1e-12)
        sharpness = np.clip(sharpness + (found.sum(axis=1, keepdims=True) - wanted) / slope, 0.0, 1e3)
    return np.exp(-scaled * sharpness)


def fuzzy_graph(neighbours: Neighbours, n_neighbors: int) -> Any:
    """Return the graph of rows and their neighbours, a sparse matrix (n_rows, n_rows): w + wᵀ − w wᵀ.

    The neighbours don't include the row itself.
    """
    from scipy.sparse import csr_matrix

    n_rows, k = neighbours.indices.shape
    weights = memberships(neighbours.distances, n_neighbors)
    starts = np.arange(0, n_rows * k + 1, k)
    one_way = csr_matrix((weights.ravel(), neighbours.indices.ravel(), starts), shape=(n_rows, n_rows))
    other_way = one_way.T.tocsr()
    graph = (one_way + other_way - one_way.multiply(other_way)).tocsr()
    graph.sort_indices()
    return graph


def partners(graph: Any, generator: np.random.Generator, n_slots: int = _SLOTS) -> IntArray:
    """Return a neighbour for each row and step, (n_slots, n_rows): each as often as its weight in the graph says.

    Neighbours are drawn at equal distances along the row's summed weights, from a random start, in random order.
    """
    n_rows = graph.shape[0]
    upto = np.concatenate([[0.0], np.cumsum(graph.data, dtype=np.float64)])
    found = np.empty((n_slots, n_rows), dtype=np.int32)
    for part in blocks(n_rows, 10_000):
        checkpoint()
        first, last = graph.indptr[:-1][part], graph.indptr[1:][part]
        places = (np.arange(n_slots)[:, np.newaxis] + generator.random(len(first))) / n_slots
        sought = upto[first] + places * (upto[last] - upto[first])
        edges = np.clip(np.searchsorted(upto, sought, side="right") - 1, first, last - 1)
        found[:, part] = generator.permuted(graph.indices[edges], axis=0)
    return found


def uncounted(n: int) -> None:
    """Count no epochs."""


@defined_by("emotopy_plugins.reducers.umap_loops.lay_out")
def lay_out(
    graph: Any,
    start: FloatArray,
    curve: Curve,
    n_epochs: int,
    generator: np.random.Generator,
    advance: Callable[[int], None] = uncounted,
) -> FloatArray:
    """Move points until near ones are those that the graph joins; return them, (n_rows, n_components), float32.

    Parameters
    ----------
    graph : (n_rows, n_rows)
        From `fuzzy_graph`.
    start : (n_rows, n_components)
        Where points are at first. The rows' order must be random: a row is pushed away from those a random number of
        places further on.
    n_epochs
        Of `STEPS_PER_EPOCH` steps each.
    advance
        Called with 1 after each epoch.
    """
    n_rows, n_components = start.shape
    a, b = np.float32(curve.a), np.float32(curve.b)
    share = np.float32(REPULSION / N_OTHERS)
    table = partners(graph, generator)
    doubled = np.empty((n_components, 2 * n_rows), dtype=np.float32)  # so that a shift is a slice
    points, again = doubled[:, :n_rows], doubled[:, n_rows:]
    points[:] = again[:] = start.T
    # arrays that are made once; at this size a new one in each step costs more than what is computed in it
    to_partner, force, repulsion = (np.empty((n_components, n_rows), dtype=np.float32) for _ in range(3))
    to_others = np.empty((n_components, N_OTHERS, n_rows), dtype=np.float32)
    near, pull = np.empty((2, n_rows), dtype=np.float32)
    far, push, soft = np.empty((3, N_OTHERS, n_rows), dtype=np.float32)
    n_steps = n_epochs * STEPS_PER_EPOCH
    for step in range(n_steps):
        np.take(points, table[step % len(table)], axis=1, out=to_partner, mode="clip")
        np.subtract(points, to_partner, out=to_partner)
        np.einsum("cn,cn->n", to_partner, to_partner, out=near)
        near += TINY
        _power(near, a, b, out=pull)  # a d^2b
        np.divide(pull, pull + 1, out=pull)
        pull /= near
        pull *= -2 * b
        np.maximum(pull, -LONGEST / np.sqrt(near), out=pull)
        np.multiply(pull, to_partner, out=force)

        for k, shift in enumerate(generator.integers(1, n_rows, N_OTHERS)):
            np.subtract(points, doubled[:, shift : shift + n_rows], out=to_others[:, k])
        np.einsum("ckn,ckn->kn", to_others, to_others, out=far)
        far += TINY
        _power(far, a, b, out=push)
        push += 1
        np.add(far, SOFT, out=soft)
        push *= soft
        np.divide(2 * b * share, push, out=push)
        np.sqrt(far, out=far)
        np.divide(LONGEST * share, far, out=far)
        np.minimum(push, far, out=push)
        np.einsum("kn,ckn->cn", push, to_others, out=repulsion)

        force += repulsion
        force *= np.float32(LAYOUT_RATE * (1 - step / n_steps))
        points += force
        again[:] = points
        if step % STEPS_PER_EPOCH == STEPS_PER_EPOCH - 1:
            advance(1)
    return np.ascontiguousarray(points.T)


@defined_by("emotopy_plugins.reducers.umap_loops.place")
def place(neighbours: Neighbours, points: FloatArray, curve: Curve, n_neighbors: int) -> FloatArray:
    """Place new rows among points that stay where they are; return (n_rows, n_components), float32.

    A row starts at the weighted mean of its neighbours' points, which may be a place where nobody is, and moves down
    the same cross-entropy as `lay_out`: drawn by all its neighbours, pushed by other points. Nothing is random, and a
    row's place depends on that row alone. One at no distance from a neighbour gets its place.

    Parameters
    ----------
    neighbours : (n_rows, k)
        Of the new rows, among the rows of `points`.
    points : (n_points, n_components)
        In random order: in each step the next few push.
    """
    n_points, n_components = points.shape
    a, b = np.float32(curve.a), np.float32(curve.b)
    k = neighbours.indices.shape[1]
    weights = memberships(neighbours.distances, n_neighbors)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    turns = np.arange(PLACING_STEPS * PLACING_OTHERS).reshape(PLACING_STEPS, PLACING_OTHERS) % n_points
    columns = np.ascontiguousarray(points.T, dtype=np.float32)
    placed = np.empty((len(weights), n_components), dtype=np.float32)
    for part in blocks(len(weights), _AT_ONCE):
        checkpoint()
        indices, weight = neighbours.indices[part], weights[part]
        n_rows = len(indices)
        them = np.empty((n_components, n_rows, k + PLACING_OTHERS), dtype=np.float32)
        them[:, :, :k] = columns[:, indices]
        place = np.einsum("nk,cnk->cn", weight, them[:, :, :k])
        for step in range(PLACING_STEPS):
            them[:, :, k:] = columns[:, np.newaxis, turns[step]]
            apart = place[:, :, np.newaxis] - them
            squares = np.einsum("cnk,cnk->nk", apart, apart)
            squares += TINY
            force = _power(squares, a, b, out=np.empty_like(squares))
            pull, push = force[:, :k], force[:, k:]
            pull /= (pull + 1) * squares[:, :k]
            pull *= -2 * b * weight
            push += 1
            push *= squares[:, k:] + SOFT
            np.divide(2 * b, push, out=push)
            np.minimum(push, LONGEST / np.sqrt(squares[:, k:]), out=push)
            push *= np.float32(REPULSION / PLACING_OTHERS)
            place += np.float32(PLACING_RATE * (1 - step / PLACING_STEPS)) * np.einsum("nk,cnk->cn", force, apart)
        placed[part] = place.T
    same = neighbours.distances[:, 0] <= SAME * neighbours.distances[:, -1]
    placed[same] = points[neighbours.indices[same, 0]]
    return placed


def _power(squares: FloatArray, a: Any, b: Any, out: FloatArray) -> FloatArray:
    """Write a d^2b into `out`, from squared distances above 0: logarithm and exponential are quicker than a power."""
    np.log(squares, out=out)
    out *= b
    np.exp(out, out=out)
    out *= a
    return out
