"""Clusterer `hdbscan`: as many clusters as the density shows, and noise between them.

No cluster, one cluster, and nothing but noise are outcomes, not errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Annotated, Any, Literal

import attrs
import numpy as np
from annotated_types import Ge

from emotopy.errors import InputError, ShapeError
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import Clusterer, Factory
from emotopy.storage.container_specs import Array
from emotopy.storage.saved_state import check_arrays
from emotopy.storage.state_fields import Fields
from emotopy_plugins.clusterers.density_tree import NOISE, DensityTree
from emotopy_plugins.shared.quiet import silenced
from emotopy_plugins.shared.validation import check_fitted, validate_rows


@attrs.define(eq=False, slots=False)
class HdbscanClusterer:
    """HDBSCAN (Campello et al. 2013; McInnes & Healy 2017; the package hdbscan), which can assign new texts.

    `min_cluster_size` left out is a third of the square root of the number of texts, at least 5 (69 for 43,000 texts).
    `min_samples`, by default the same, is how conservative it is: more means more noise. `normalise` scales points to
    length 1 first, so that Euclidean order is cosine order. `membership` adds soft membership, which takes minutes
    for tens of thousands of texts.

    Distances are Euclidean; label −1 is noise, and all are −1 in a corpus below the cluster size. The spanning tree is
    the exact one: no slower in few dimensions than the library's approximation, and the same whatever the order of the
    points, but for ties.
    """

    min_cluster_size: Annotated[int, Ge(2)] | None = None
    min_samples: Annotated[int, Ge(1)] | None = None
    cluster_selection_method: Literal["eom", "leaf"] = "eom"
    normalise: bool = False
    _is_soft: bool = attrs.field(default=False, alias="membership", repr=False)
    _fitted: Any = attrs.field(default=None, init=False, repr=False)
    _is_fitted: bool = attrs.field(default=False, init=False, repr=False)
    _points: FloatArray | None = attrs.field(default=None, init=False, repr=False)
    _tree: DensityTree | None = attrs.field(default=None, init=False, repr=False)
    _has_prediction_data: bool = attrs.field(default=False, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self._is_soft:  # the host looks for this method, which makes a soft clusterer
            self.membership = self._membership

    def fit_predict(self, X: FloatArray) -> IntArray:
        """Find clusters in X (n_texts, n_components); return a label per row, (n_texts,) int64, −1 = noise."""
        import hdbscan

        points = self._prepared(X)
        size = self.min_cluster_size or default_cluster_size(len(points))
        self._points, self._fitted, self._tree, self._has_prediction_data = points, None, None, False
        self._is_fitted = True
        if len(points) < size or (points == points[0]).all():
            return np.full(len(points), NOISE, dtype=np.int64)
        self._fitted = hdbscan.HDBSCAN(
            min_cluster_size=size,
            min_samples=min(self.min_samples or size, len(points) - 1),
            cluster_selection_method=self.cluster_selection_method,
            approx_min_span_tree=False,
            core_dist_n_jobs=1,  # more start processes, which cost more than they save here
        ).fit(points)
        return np.asarray(self._fitted.labels_, dtype=np.int64)

    def predict(self, X: FloatArray) -> IntArray:
        """Return the cluster that each row of X (n_texts, n_components) would fall into, without changing any."""
        check_fitted(self._is_fitted or None, "clusterer hdbscan")
        points = self._prepared(X)
        tree = self._grown()
        if tree is None:
            return np.full(len(points), NOISE, dtype=np.int64)
        if points.shape[1] != tree.points.shape[1]:
            raise ShapeError(
                f"clusterer hdbscan: wanted points of {tree.points.shape[1]} dimensions, those of the fit, got "
                f"{points.shape[1]}"
            )
        return tree.predict(points)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the tree that new points are placed in; nothing where there is no cluster."""
        tree = self._grown()
        if tree is None:
            return {}, {"has_clusters": False}
        return tree.arrays(), {"has_clusters": True, "min_samples": int(tree.min_samples)}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take up the tree of a fit; soft membership, which takes the library's own objects, isn't there any more."""
        fields = Fields(values)
        self._points, self._fitted, self._tree, self._has_prediction_data = None, None, None, False
        self._is_fitted = True
        if fields.flag("has_clusters"):
            self._tree = DensityTree.from_arrays(arrays, fields.whole("min_samples", least=1))
        else:
            check_arrays(arrays, {})

    def _grown(self) -> DensityTree | None:
        """Return the tree of the fit; None without a cluster."""
        if self._tree is None and self._n_clusters > 0:  # a third of the work of a fit, made when it is first asked for
            fitted = self._fitted
            self._tree = DensityTree.of(
                self._points, fitted.min_samples, fitted.condensed_tree_.to_numpy(), fitted.labels_
            )
        return self._tree

    def _membership(self, points: FloatArray) -> FloatArray:
        """Return (n_texts, n_clusters), rows sum to at most one, for the rows of the fit or for new ones.

        This is hdbscan's soft clustering; where its answer is 0/0, in clusters of equal points, the label decides.
        """
        import hdbscan

        prepared = self._prepared(points)
        if self._tree is not None and self._fitted is None:
            raise InputError("clusterer hdbscan: a loaded model provides no soft membership; fit the pathway again")
        if self._n_clusters == 0:
            return np.zeros((len(prepared), 0))
        if not self._has_prediction_data:
            self._fitted.generate_prediction_data()
            self._has_prediction_data = True
        known = self._points is not None and np.array_equal(prepared, self._points)
        with silenced(category=RuntimeWarning, module="hdbscan"), np.errstate(all="ignore"):
            if known:
                found = hdbscan.all_points_membership_vectors(self._fitted)
            else:
                found = hdbscan.membership_vector(self._fitted, prepared)
        membership = np.array(found, dtype=np.float64).reshape(len(prepared), self._n_clusters)
        undefined = ~np.isfinite(membership).all(axis=1)
        if undefined.any():
            labels = self._fitted.labels_ if known else self.predict(points)
            membership[undefined] = labels[undefined, np.newaxis] == np.arange(self._n_clusters)
        return np.clip(membership, 0.0, 1.0)

    @property
    def _n_clusters(self) -> int:
        return 0 if self._fitted is None else int(self._fitted.labels_.max()) + 1

    def _prepared(self, X: FloatArray) -> FloatArray:
        points = validate_rows(X, "clusterer hdbscan").astype(np.float64)  # the library's precision
        if not self.normalise:
            return points
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        np.divide(points, lengths, out=points, where=lengths > 0)
        return points


@hookimpl
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    """Offer `hdbscan`."""
    return {"hdbscan": HdbscanClusterer}


def default_cluster_size(n_texts: int) -> int:
    """Return the smallest cluster worth a name: a third of the square root of the number of texts, at least 5.

    >>> [default_cluster_size(n_texts) for n_texts in (1, 200, 5_000, 43_410)]
    [5, 5, 24, 69]
    """
    return max(5, round(sqrt(n_texts) / 3))
