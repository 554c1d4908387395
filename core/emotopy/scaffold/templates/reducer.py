"""Reducer `my-reducer`: a random projection. Put your method in its place; any scikit-learn transformer will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from emotopy import hookimpl
from emotopy.records import FloatArray
from emotopy.roles import Factory, Reducer


class MyReducer:
    """Projects onto directions that the seed draws; no more of them than there are rows."""

    def __init__(self, n_components: Annotated[int, Ge(1)] = 5, random_state: int | None = None) -> None:
        self.n_components = n_components
        self.random_state = random_state  # the run's seed, unless the options set it

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Return (n_texts, n_components) for X (n_texts, n_dims)."""
        shape = X.shape[1], min(self.n_components, len(X))
        self.directions_: FloatArray = np.random.default_rng(self.random_state).standard_normal(shape)
        return self.transform(X)

    def transform(self, X: FloatArray) -> FloatArray:
        """Place new rows in the space of the fit; leave this method out where that can't be done."""
        return np.asarray(X @ self.directions_)

    def state(self) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        """Return what was learnt, as arrays and JSON: it is saved with a fitted pathway."""
        return {"directions": self.directions_}, {}

    def restore(self, arrays: Mapping[str, FloatArray], values: Mapping[str, Any]) -> None:
        """Take up what `state` returned; whatever doesn't fit may raise."""
        self.directions_ = arrays["directions"]


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `my-reducer`."""
    return {"my-reducer": MyReducer}
