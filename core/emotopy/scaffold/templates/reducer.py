"""Reducer `my-reducer`: a random projection. Put your method in its place; any scikit-learn transformer will do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from emotopy import hookimpl
from emotopy.errors import ConfigError
from emotopy.records import FloatArray
from emotopy.roles import Factory, Reducer


class MyReducer:
    """Projects onto directions that the seed draws; no more of them than there are rows."""

    def __init__(self, n_components: int = 5, random_state: int | None = None) -> None:
        if n_components < 1:
            raise ConfigError(f"reducer.n_components: wanted 1 or more, got {n_components}")
        self.n_components = n_components
        self.random_state = random_state  # the run's seed, unless the options set it

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Return (n_texts, n_components) for X (n_texts, n_dims)."""
        shape = X.shape[1], min(self.n_components, len(X))
        self.directions_ = np.random.default_rng(self.random_state).standard_normal(shape)
        return self.transform(X)

    def transform(self, X: FloatArray) -> FloatArray:
        """Place new rows in the space of the fit; leave this method out where that can't be done."""
        return np.asarray(X @ self.directions_)


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `my-reducer`."""
    return {"my-reducer": MyReducer}
