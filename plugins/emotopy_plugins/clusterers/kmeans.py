"""Clusterer `kmeans`: a given number of clusters, every text in one; for any corpus, down to a single text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import attrs
import numpy as np
from annotated_types import Ge, Le

from emotopy.errors import ShapeError
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import Clusterer, Factory, Host
from emotopy.storage.container_specs import Array
from emotopy.storage.saved_state import check_floats, check_keys
from emotopy_plugins.shared.blas_limit import blas_limited_by_scikit_learn
from emotopy_plugins.shared.quiet import silenced
from emotopy_plugins.shared.validation import check_fitted, n_distinct, validate_rows


@attrs.define(eq=False, slots=False)
class KMeansClusterer:
    """k-means (Lloyd 1982; scikit-learn, k-means++ starts), which can assign new texts.

    The best of `n_init` runs counts. A corpus with fewer different points than `n_clusters` gets a cluster for each,
    and the user is notified. Labels are 0 … n_clusters − 1, never −1.
    """

    n_clusters: Annotated[int, Ge(1)] = 8
    n_init: Annotated[int, Ge(1), Le(1000)] = 10
    random_state: int | None = attrs.field(default=None, repr=False)
    host: Host = attrs.field(factory=Host, repr=False)
    _centres: FloatArray = attrs.field(default=None, init=False, repr=False)

    def fit_predict(self, X: FloatArray) -> IntArray:
        """Find clusters in X (n_texts, n_components); return a label per row, (n_texts,) int64."""
        from sklearn.cluster import KMeans

        points = validate_rows(X, "clusterer kmeans")
        n_clusters = n_distinct(points, at_most=self.n_clusters)
        if n_clusters < self.n_clusters:
            self.host.notify(
                f"clusterer kmeans: only {n_clusters} of {self.n_clusters} clusters, because there are no "
                "more distinct points"
            )
        silence = silenced("Number of distinct clusters")
        with silence, blas_limited_by_scikit_learn():  # points that differ by rounding errors alone; told below
            fitted = KMeans(n_clusters, n_init=self.n_init, random_state=self.random_state).fit(points)
        self._centres = fitted.cluster_centers_
        n_found = len(np.unique(fitted.labels_))
        if n_found < n_clusters:
            self.host.notify(
                f"clusterer kmeans: only {n_found} of {n_clusters} clusters, because the other points hardly differ"
            )
        return np.asarray(fitted.labels_, dtype=np.int64)

    def predict(self, X: FloatArray) -> IntArray:
        """Return the nearest cluster of each row of X (n_texts, n_components), (n_texts,) int64."""
        from sklearn.metrics import pairwise_distances_argmin

        check_fitted(self._centres, "clusterer kmeans")
        points = validate_rows(X, "clusterer kmeans").astype(self._centres.dtype, copy=False)
        if points.shape[1] != self._centres.shape[1]:
            raise ShapeError(
                f"clusterer kmeans: wanted points of {self._centres.shape[1]} dimensions, those of the fit, got "
                f"{points.shape[1]}"
            )
        with blas_limited_by_scikit_learn():
            return np.asarray(pairwise_distances_argmin(points, self._centres), dtype=np.int64)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the centres of the clusters."""
        return {"centres": self._centres}, {}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take up the centres of a fit."""
        check_keys(values)
        check_floats(arrays, {"centres": ("clusters", "components")})
        if not len(arrays["centres"]):
            raise ShapeError("centres: wanted at least one, got none")
        self._centres = arrays["centres"]


@hookimpl
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    """Offer `kmeans`."""
    return {"kmeans": KMeansClusterer}
