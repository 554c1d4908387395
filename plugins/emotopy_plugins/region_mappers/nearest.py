"""Region mapper `nearest`: each cluster to the nearest node, as published in arXiv 2508.09337.

The reduced space has no millimetres. The published method compares the two all the same, and this mapper reproduces
it; the preset `vos2025` says what that does to its results. Where the publication is silent (more clusters than nodes,
texts in no cluster, no clusters at all) the rules are ours, stand below, and are said through the host when they apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import Factory, Host, MappingInputs, RegionMapper
from emotopy.storage.container_specs import Array, ArraySpec
from emotopy.storage.saved_state import check_arrays, check_indices
from emotopy.storage.state_fields import Fields
from emotopy.wording import setting
from emotopy_plugins.shared.validation import check_fitted

N_SPACE = 3
"""Dimensions of the space that nodes lie in."""

TINY = 6
"""Up to this many different texts a reducer may be unable to give three components, however many were asked for."""

SAVED = {
    "cluster_numbers": ArraySpec("<i8", ("clusters",)),
    "centres": ArraySpec("<f8", ("clusters", "space")),
    "node_of_cluster": ArraySpec("<i8", ("clusters",)),
}
"""The arrays of a fit in a file."""


class NearestMapper:
    """Each cluster centre, in a 3-d space, to the nearest free node of the atlas; its texts go there whole.

    `matching`: "greedy" (as published) serves clusters in the order of their numbers; "optimal" takes the matching
    with the smallest sum of squared distances. The published method reads the units of the reduced space as MNI
    millimetres; so does this. It needs `reducer.n_components = 3`.

    Rules
    -----
    - A cluster's centre is the mean of its points.
    - More clusters than nodes: once every node is taken, the clusters left over go to the node nearest to them.
    - A text in no cluster (label −1) goes with the cluster whose centre is nearest to it.
    - No clusters at all: every text belongs to all nodes alike.
    - A corpus of at most six different texts may come with fewer than three components; the missing ones are zeros.

    Attributes
    ----------
    cluster_numbers_ : (n_clusters,) int, ascending
        The labels of the fit, without −1.
    centres_ : (n_clusters, 3) float
    node_of_cluster_ : (n_clusters,) int
        Index into `atlas.nodes` of the node that each cluster is matched with.
    """

    def __init__(self, matching: Literal["greedy", "optimal"] = "greedy", host: Host | None = None) -> None:
        self.matching = matching
        self.host = host or Host()

    def fit(self, inputs: MappingInputs) -> Self:
        """Find the centres of the clusters in `inputs` and match them with the nodes of its atlas.

        Raises ConfigError for points that aren't in three dimensions, InputError without points or clusters.
        """
        points, labels = _placed(inputs)
        self.n_components_ = _n_components(inputs)
        if self.n_components_ != N_SPACE and (self.n_components_ > N_SPACE or len(set(inputs.texts)) > TINY):
            raise ConfigError(
                f"region_mapper nearest: wanted points in {N_SPACE} dimensions, which it compares with node "
                f"coordinates, got {self.n_components_}; {setting(f'reducer.n_components={N_SPACE}')}"
            )
        if self.n_components_ < N_SPACE:
            self.host.notify(
                f"nearest: {len(points)} texts have only {self.n_components_} components instead of "
                f"{N_SPACE}; the missing ones are set to zero"
            )
        coordinates = np.array([node.xyz_mm for node in inputs.atlas.nodes])
        self._n_nodes = len(coordinates)
        self.cluster_numbers_ = np.unique(labels[labels >= 0])
        self.centres_ = cluster_centres(points, labels)
        self.node_of_cluster_ = MATCHINGS[self.matching](self.centres_, coordinates)
        self._say_what_the_publication_does_not(labels, len(coordinates))
        return self

    def assign(self, inputs: MappingInputs) -> FloatArray:
        """Return (n_texts, n_targets) for `inputs.targets`: 1 at the text's node, or at that node's region.

        Raises InputError for texts that reducer or clusterer couldn't place, and for clusters that the fit didn't see.
        """
        check_fitted(getattr(self, "n_components_", None), "region_mapper nearest")
        points, labels = _placed(inputs)
        if _n_components(inputs) != self.n_components_:
            raise InputError(
                f"region_mapper nearest: wanted points in the {self.n_components_} dimensions of the fit, "
                f"got {_n_components(inputs)}; reduce new texts with the fitted reducer"
            )
        unseen = np.setdiff1d(labels[labels >= 0], self.cluster_numbers_)
        if unseen.size:
            raise InputError(
                f"region_mapper nearest: wanted one of the {len(self.cluster_numbers_)} clusters of the fit, got "
                f"number {unseen[0]}; cluster new texts with the fitted clusterer"
            )
        n_nodes = len(inputs.atlas.nodes)
        if n_nodes != self._n_nodes:
            raise InputError(
                f"region_mapper nearest: wanted the atlas of the fit, which has {self._n_nodes} nodes, got one of "
                f"{n_nodes}"
            )
        if not self.cluster_numbers_.size:
            return self._columns(np.full((len(labels), n_nodes), 1 / n_nodes), inputs)
        cluster = np.searchsorted(self.cluster_numbers_, labels)
        noise = labels < 0
        cluster[noise] = _distances(points[noise], self.centres_).argmin(axis=1)
        return self._columns(np.eye(n_nodes)[self.node_of_cluster_[cluster]], inputs)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the clusters' numbers and centres, and the node of each."""
        arrays = {name: np.asarray(getattr(self, f"{name}_"), dtype=spec.dtype) for name, spec in SAVED.items()}
        return arrays, {"n_components": self.n_components_, "n_nodes": self._n_nodes}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take up a fit."""
        fields = Fields(values)
        check_arrays(arrays, SAVED)
        self._n_nodes = fields.whole("n_nodes", least=1)
        self.n_components_ = fields.whole("n_components", least=1, most=N_SPACE)
        check_indices(arrays, "node_of_cluster", self._n_nodes)
        numbers = arrays["cluster_numbers"]
        if (np.diff(numbers, prepend=-1) < 1).any() or arrays["centres"].shape[1] != N_SPACE:
            raise ShapeError(f"wanted cluster numbers in ascending order and centres in {N_SPACE} dimensions")
        self.cluster_numbers_, self.centres_ = numbers, arrays["centres"]
        self.node_of_cluster_ = arrays["node_of_cluster"]

    @staticmethod
    def _columns(assignment: FloatArray, inputs: MappingInputs) -> FloatArray:
        """Return the columns of `inputs.targets`: nodes as they are, or summed to regions."""
        if inputs.level == "node":
            return assignment
        regions = list(inputs.atlas.regions)
        summed = np.zeros((len(assignment), len(regions)))
        for i, node in enumerate(inputs.atlas.nodes):
            summed[:, regions.index(node.region)] += assignment[:, i]
        return summed

    def _say_what_the_publication_does_not(self, labels: IntArray, n_nodes: int) -> None:
        n_clusters, n_noise = len(self.cluster_numbers_), int((labels < 0).sum())
        if n_clusters == 0:
            self.host.notify("nearest: no text is in a cluster, so every text is assigned evenly to all nodes")
        elif n_noise:
            self.host.notify(
                f"nearest: {n_noise} texts without a cluster are assigned to the cluster with the nearest centre"
            )
        if n_clusters > n_nodes:
            self.host.notify(
                f"nearest: there are {n_clusters} clusters for {n_nodes} nodes; the "
                f"{n_clusters - n_nodes} remaining clusters are assigned to the nearest node, which "
                "they share"
            )


@hookimpl
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    """Offer `nearest`."""
    return {"nearest": NearestMapper}


def cluster_centres(points: FloatArray, labels: IntArray) -> FloatArray:
    """Return the mean of each cluster's points, (n_clusters, n_components), in ascending order of label; −1 is none."""
    numbers = np.unique(labels[labels >= 0])
    return np.array([points[labels == number].mean(axis=0) for number in numbers]).reshape(-1, points.shape[1])


def match_greedily(centres: FloatArray, coordinates: FloatArray) -> IntArray:
    """Give each centre (n_clusters, 3), in order, the nearest of the coordinates (n_nodes, 3) still free.

    Returns indices into `coordinates`, (n_clusters,). Equally near: the first. When none is free, the nearest of all.
    The order of the clusters matters: who comes first takes the node that a later one may be nearer to.
    """
    distances = _distances(centres, coordinates)
    nodes = np.empty(len(centres), dtype=np.int64)
    free = np.ones(len(coordinates), dtype=bool)
    for cluster, row in enumerate(distances):
        nodes[cluster] = np.argmin(np.where(free, row, np.inf) if free.any() else row)
        free[nodes[cluster]] = False
    return nodes


def match_optimally(centres: FloatArray, coordinates: FloatArray) -> IntArray:
    """Match centres (n_clusters, 3) with coordinates (n_nodes, 3): the smallest sum of *squared* distances.

    Squared, because with as many clusters as nodes the sum is then Σ‖c‖² + Σ‖n‖² − 2 Σ c·n, whose minimum doesn't
    depend on where the reduced space has its origin, nor on its unit. Returns indices into `coordinates`,
    (n_clusters,); centres left over, where there are more of them than nodes, go to the nearest of all.
    """
    from scipy.optimize import linear_sum_assignment

    distances = _distances(centres, coordinates)
    nodes = np.asarray(distances.argmin(axis=1))
    matched, theirs = linear_sum_assignment(distances**2)
    nodes[matched] = theirs
    return nodes


MATCHINGS = {"greedy": match_greedily, "optimal": match_optimally}


def _distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the Euclidean distances between the rows of a and of b, (n_a, n_b)."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(a, b))


def _n_components(inputs: MappingInputs) -> int:
    assert inputs.points is not None
    return int(inputs.points.shape[1])


def _placed(inputs: MappingInputs) -> tuple[FloatArray, IntArray]:
    """Return points, padded with zeros to (n_texts, 3) where narrower, and labels (n_texts,).

    Raises InputError where either is missing.
    """
    for what, stage, value in (("points", "reducer", inputs.points), ("clusters", "clusterer", inputs.clusters)):
        if value is None:
            raise InputError(
                f"region_mapper nearest: wanted {what} for these {len(inputs.texts)} texts, got none: the {stage} "
                f"can't place texts that weren't part of the fit; {setting('reducer=pca')} and "
                f"{setting('clusterer=kmeans')} can"
            )
    assert inputs.points is not None
    assert inputs.clusters is not None
    missing = max(0, N_SPACE - inputs.points.shape[1])
    points = np.pad(np.asarray(inputs.points, dtype=float), ((0, 0), (0, missing)))
    return points, np.asarray(inputs.clusters.labels)
