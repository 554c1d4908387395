"""Clusterer `my-clusterer`: two halves. Put your method in its place; any scikit-learn clusterer will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from emotopy import hookimpl
from emotopy.records import FloatArray, IntArray
from emotopy.roles import Clusterer, Factory


class MyClusterer:
    """Cluster 0 lies below the mean of the first component, cluster 1 above it; −1 would mean no cluster."""

    def fit_predict(self, X: FloatArray) -> IntArray:
        """Return a cluster per row of X (n_texts, n_components), (n_texts,)."""
        self.middle_ = X[:, 0].mean()
        return self.predict(X)

    def predict(self, X: FloatArray) -> IntArray:
        """Return the cluster of new rows; leave this method out where that can't be done."""
        return np.asarray(X[:, 0] > self.middle_, dtype=np.int64)

    def state(self) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        """Return what was learnt, as arrays and JSON: it is saved with a fitted pathway."""
        return {}, {"middle": float(self.middle_)}

    def restore(self, arrays: Mapping[str, FloatArray], values: Mapping[str, Any]) -> None:
        """Take up what `state` returned; whatever doesn't fit may raise."""
        self.middle_ = values["middle"]


@hookimpl
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    """Offer `my-clusterer`."""
    return {"my-clusterer": MyClusterer}
