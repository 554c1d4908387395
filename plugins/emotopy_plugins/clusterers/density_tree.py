"""The tree of clusters that HDBSCAN found, as arrays, and where new points would fall in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.host import checkpoint
from emotopy.records.axes import FloatArray, IntArray
from emotopy.storage.container_specs import Array, ArraySpec
from emotopy.storage.saved_state import check_arrays, check_indices

_AT_ONCE = 4_000
"""Points whose neighbours are held at a time."""
NOISE = -1
UNBOUNDED = -1.0
"""A density of points at one place, which is infinite, as arrays of a file hold it."""
SAVED = {
    "points": ArraySpec("<f8", ("points", "components")),
    "core_distances": ArraySpec("<f8", ("points",)),
    "node_of_point": ArraySpec("<i8", ("points",)),
    "density_of_point": ArraySpec("<f8", ("points",)),
    "parent": ArraySpec("<i8", ("nodes",)),
    "density": ArraySpec("<f8", ("nodes",)),
    "label": ArraySpec("<i8", ("nodes",)),
}
"""The arrays of a tree in a file."""


@attrs.frozen(eq=False)
class DensityTree:
    """What is needed to say which cluster a new point falls into: plain arrays.

    Nodes are clusters that appear as density grows, numbered from 0, the root, which holds all points. A density λ is
    one over a distance.

    Attributes
    ----------
    points : (n_points, n_components)
        The points that were clustered.
    core_distances : (n_points,)
        The distance of each to its `min_samples`-th neighbour, itself counted.
    min_samples
        Of the fit.
    node_of_point, density_of_point : (n_points,)
        The node that each point leaves as noise, and the density at which it does.
    parent, density : (n_nodes,)
        The node that each node splits off from (the root: itself), and the density at which it does.
    label : (n_nodes,)
        The cluster that each node belongs to; −1 above all clusters.
    """

    points: FloatArray
    core_distances: FloatArray
    min_samples: int
    node_of_point: IntArray
    density_of_point: FloatArray
    parent: IntArray
    density: FloatArray
    label: IntArray
    _neighbours: Any = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        from scipy.spatial import KDTree

        object.__setattr__(self, "_neighbours", KDTree(self.points))

    @classmethod
    def of(cls, points: FloatArray, min_samples: int, condensed: Any, labels: IntArray) -> DensityTree:
        """Read the tree of a fit.

        Parameters
        ----------
        points : (n_points, n_components)
            The points of the fit.
        min_samples
            Of the fit.
        condensed
            Its condensed tree, a structured array with ``parent, child, lambda_val, child_size``: what has a number
            below n_points is a point.
        labels : (n_points,)
            The cluster of each point, −1 = noise. A node belongs to a cluster if all of its points do.
        """
        from scipy.spatial import KDTree

        n = len(points)
        is_point = condensed["child"] < n
        of_points, of_nodes = condensed[is_point], condensed[~is_point]
        n_nodes = 1 + len(of_nodes)
        node_of_point, density_of_point = np.zeros(n, dtype=np.int64), np.zeros(n)
        node_of_point[of_points["child"]] = of_points["parent"] - n
        density_of_point[of_points["child"]] = of_points["lambda_val"]
        parent, density = np.zeros(n_nodes, dtype=np.int64), np.zeros(n_nodes)
        parent[of_nodes["child"] - n] = of_nodes["parent"] - n
        density[of_nodes["child"] - n] = of_nodes["lambda_val"]
        core_distances = KDTree(points).query(points, k=[min_samples])[0][:, 0]
        return cls(
            points,
            core_distances,
            min_samples,
            node_of_point,
            density_of_point,
            parent,
            density,
            _labels_of_nodes(parent, node_of_point, labels),
        )

    def arrays(self) -> dict[str, Array]:
        """Return the arrays as a file holds them."""
        found = {name: np.asarray(getattr(self, name), dtype=spec.dtype) for name, spec in SAVED.items()}
        for name in ("density_of_point", "density"):
            found[name] = np.where(np.isfinite(found[name]), found[name], UNBOUNDED)
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], min_samples: int) -> DensityTree:
        """Make the tree of arrays from a file.

        Raises ContainerError, or ShapeError, for arrays that are no tree: the climb from a node to its parents ends.
        """
        check_arrays(arrays, SAVED)
        n_points, n_nodes = len(arrays["points"]), len(arrays["parent"])
        if not (0 < min_samples <= n_points and arrays["points"].shape[1] and n_nodes):
            raise ShapeError(
                f"wanted points with coordinates, nodes, and min_samples up to the number of points, got "
                f"{arrays['points'].shape}, {n_nodes} and {min_samples}"
            )
        check_indices(arrays, "node_of_point", n_nodes)
        check_indices(arrays, "label", n_points, least=NOISE)
        below = arrays["parent"][1:]
        if arrays["parent"][0] != 0 or (below < 0).any() or (below >= np.arange(1, n_nodes)).any():
            raise ShapeError("parent: wanted 0 for the root, and for each other node one with a smaller number")
        densities = {
            name: np.where(arrays[name] == UNBOUNDED, np.inf, arrays[name]) for name in ("density_of_point", "density")
        }
        return cls(**{**arrays, **densities}, min_samples=min_samples)

    def predict(self, points: FloatArray) -> IntArray:
        """Return the cluster that each of the points (n_new, n_components) would fall into, (n_new,); −1 = noise.

        A point joins its nearest neighbour by mutual reachability (the largest of their distance and of the core
        distance of either), and with it the node that the neighbour is in at that density. It is what
        `approximate_predict` of the package hdbscan gives, but for neighbours that are equally near.
        """
        found = np.empty(len(points), dtype=np.int64)
        for start in range(0, len(points), _AT_ONCE):
            checkpoint()
            part = slice(start, start + _AT_ONCE)
            found[part] = self._labels_of(*self._join(points[part]))
        return found

    def _join(self, points: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the nearest neighbour of each point by mutual reachability, and the density at which they join."""
        neighbour, reach, is_final = self._nearest(points, min(self.min_samples + 1, len(self.points)))
        # A neighbour as dense as the new point is as near as any can be; where there is none, the circle is widened.
        others = np.flatnonzero(~is_final)
        if len(others):
            wider = self._nearest(points[others], min(2 * self.min_samples, len(self.points)))
            neighbour[others], reach[others] = wider[:2]
        with np.errstate(divide="ignore"):
            return neighbour, np.where(reach > 0, 1 / reach, np.finfo(float).max)

    def _nearest(self, points: FloatArray, k: int) -> tuple[IntArray, FloatArray, IntArray]:
        distances, indices = self._neighbours.query(points, k=np.arange(1, k + 1))
        own_core = distances[:, [min(self.min_samples, k - 1)]]
        reach = np.maximum(np.maximum(self.core_distances[indices], own_core), distances)
        best = reach.argmin(axis=1)[:, np.newaxis]
        smallest = np.take_along_axis(reach, best, axis=1)
        return np.take_along_axis(indices, best, axis=1)[:, 0], smallest[:, 0], (smallest == own_core)[:, 0]

    def _labels_of(self, neighbour: IntArray, density: FloatArray) -> IntArray:
        node = self.node_of_point[neighbour]
        climbing = np.flatnonzero(self.density_of_point[neighbour] > density)
        while len(climbing):
            at = node[climbing]
            climbing = climbing[(at > 0) & (self.density[at] >= density[climbing])]
            node[climbing] = self.parent[node[climbing]]
        return self.label[node]


def _labels_of_nodes(parent: IntArray, node_of_point: IntArray, labels: IntArray) -> IntArray:
    """Return the cluster that all points of each node and of those below are in, (n_nodes,); −1 where they differ."""
    n_nodes = len(parent)
    lowest, highest = np.full(n_nodes, np.iinfo(np.int64).max), np.full(n_nodes, NOISE)
    np.minimum.at(lowest, node_of_point, labels)
    np.maximum.at(highest, node_of_point, labels)
    for node in range(n_nodes - 1, 0, -1):  # a node's number is larger than its parent's
        above = parent[node]
        lowest[above] = min(lowest[above], lowest[node])
        highest[above] = max(highest[above], highest[node])
    return np.where(lowest == highest, highest, NOISE)
