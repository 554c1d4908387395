"""Reducer `my-reducer`: a random projection. Replace it with your method, such as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from emotopy import hookimpl
from emotopy.records import FloatArray
from emotopy.roles import Factory, Reducer


class MyReducer:
    """Projects onto random directions, at most as many as there are rows."""

    def __init__(self, n_components: Annotated[int, Ge(1)] = 5, random_state: int | None = None) -> None:
        self.n_components = n_components
        self.random_state = random_state  # the seed of the run, unless the options set it

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Return (n_texts, n_components) for X (n_texts, n_dims)."""
        shape = X.shape[1], min(self.n_components, len(X))
        self.directions_: FloatArray = np.random.default_rng(self.random_state).standard_normal(shape)
        return self.transform(X)

    def transform(self, X: FloatArray) -> FloatArray:
        """Project new rows into the fitted space; remove this method if yours can't do that."""
        return np.asarray(X @ self.directions_)

    def state(self) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        """Return the fitted state as arrays and JSON values; it is saved with the pathway."""
        return {"directions": self.directions_}, {}

    def restore(self, arrays: Mapping[str, FloatArray], values: Mapping[str, Any]) -> None:
        """Restore what `state` returned; raise any exception if it is damaged."""
        self.directions_ = arrays["directions"]


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `my-reducer`."""
    return {"my-reducer": MyReducer}
