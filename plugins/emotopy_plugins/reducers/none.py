"""Reducer `none`: embeddings as they are."""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Factory, Reducer


class Identity:
    """No reduction: clusters are sought among the embeddings themselves."""

    def __repr__(self) -> str:
        return "Identity()"

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Return X (n_texts, n_dims) itself."""
        return X

    def transform(self, X: FloatArray) -> FloatArray:
        """Return X (n_texts, n_dims) itself."""
        return X


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `none`."""
    return {"none": Identity}
