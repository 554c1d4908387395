"""Reducer `none`: embeddings as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Factory, Reducer
from emotopy.storage.saved_state import check_arrays, check_keys


class Identity:
    """No reduction: the embeddings themselves are clustered."""

    def __repr__(self) -> str:
        return "Identity()"

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Return X (n_texts, n_dims) itself."""
        return X

    def transform(self, X: FloatArray) -> FloatArray:
        """Return X (n_texts, n_dims) itself."""
        return X

    def state(self) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        """Return nothing: nothing is learnt."""
        return {}, {}

    def restore(self, arrays: Mapping[str, FloatArray], values: Mapping[str, Any]) -> None:
        """Take up nothing."""
        check_keys(values)
        check_arrays(arrays, {})


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `none`."""
    return {"none": Identity}
