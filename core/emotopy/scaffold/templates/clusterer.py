"""Clusterer `my-clusterer`: splits at the mean. Replace it with your method, such as a scikit-learn clusterer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from emotopy import hookimpl
from emotopy.records import FloatArray, IntArray
from emotopy.roles import Clusterer, Factory


class MyClusterer:
    """Splits texts at the mean of the first component into clusters 0 and 1; −1 would mean no cluster."""

    def fit_predict(self, X: FloatArray) -> IntArray:
        """Return the cluster of each row of X (n_texts, n_components), (n_texts,)."""
        self.middle_ = X[:, 0].mean()
        return self.predict(X)

    def predict(self, X: FloatArray) -> IntArray:
        """Return the cluster of new rows; remove this method if yours can't do that."""
        return np.asarray(X[:, 0] > self.middle_, dtype=np.int64)

    def state(self) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        """Return the fitted state as arrays and JSON values; it is saved with the pathway."""
        return {}, {"middle": float(self.middle_)}

    def restore(self, arrays: Mapping[str, FloatArray], values: Mapping[str, Any]) -> None:
        """Restore what `state` returned; raise any exception if it is damaged."""
        self.middle_ = values["middle"]


@hookimpl
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    """Offer `my-clusterer`."""
    return {"my-clusterer": MyClusterer}
