"""Reducer `variance`: keeps the dimensions with the largest variance."""

from typing import Annotated

import numpy as np
from annotated_types import Ge
from emotopy import hookimpl


class HighestVariance:
    """Selects the `n_components` columns with the largest variance over the fitted texts."""

    def __init__(self, n_components: Annotated[int, Ge(1)] = 5):
        self.n_components = n_components

    def fit_transform(self, X):
        """Return (n_texts, n_components)."""
        self.kept_ = np.argsort(-X.var(axis=0), kind="stable")[: self.n_components]
        return self.transform(X)

    def transform(self, X):
        """Return the same columns of other texts."""
        return X[:, self.kept_]

    def state(self):
        """Return the state that is saved with a fitted pathway, as arrays and JSON values."""
        return {"kept": self.kept_}, {}

    def restore(self, arrays, values):
        """Restore what `state` returned."""
        self.kept_ = arrays["kept"]


@hookimpl
def register_reducers():
    """Offer `variance`."""
    return {"variance": HighestVariance}
