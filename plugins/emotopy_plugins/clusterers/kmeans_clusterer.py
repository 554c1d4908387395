"""k-means for any corpus, down to a single text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emotopy.records.axes import FloatArray, IntArray
from emotopy_plugins.shared.validation import checked_rows, n_distinct


class KMeansClusterer:
    """scikit-learn's KMeans with no more clusters than different points; labels 0 … n_clusters − 1, never −1."""

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 10,
        random_state: int | None = None,
        notify: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.random_state = random_state
        self._say = notify
        self._fitted: Any = None

    def __repr__(self) -> str:
        return f"KMeansClusterer(n_clusters={self.n_clusters}, n_init={self.n_init})"

    def fit_predict(self, X: FloatArray) -> IntArray:
        """Find clusters in X (n_texts, n_components); return a label per row, (n_texts,) int64."""
        from sklearn.cluster import KMeans

        points = checked_rows(X, "clusterer kmeans")
        n_clusters = n_distinct(points, at_most=self.n_clusters)
        if n_clusters < self.n_clusters:
            self._say(f"clusterer kmeans: {n_clusters} of {self.n_clusters} clusters, as no more points differ")
        self._fitted = KMeans(n_clusters, n_init=self.n_init, random_state=self.random_state).fit(points)
        labels: IntArray = self._fitted.labels_.astype("int64")
        return labels

    def predict(self, X: FloatArray) -> IntArray:
        """Return the nearest cluster of each row of X (n_texts, n_components), (n_texts,) int64."""
        # scikit-learn wants the precision of the fit
        points = checked_rows(X, "clusterer kmeans").astype(self._fitted.cluster_centers_.dtype, copy=False)
        labels: IntArray = self._fitted.predict(points).astype("int64")
        return labels
