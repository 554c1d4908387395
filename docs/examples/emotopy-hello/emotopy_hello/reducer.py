"""Reducer `variance`: keeps the dimensions that vary most, as they are."""

from typing import Annotated

import numpy as np
from annotated_types import Ge
from emotopy import hookimpl


class HighestVariance:
    """The `n_components` columns of highest variance over the texts of the fit."""

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
        """Return what is saved with a fitted pathway: arrays and JSON."""
        return {"kept": self.kept_}, {}

    def restore(self, arrays, values):
        """Take up what `state` returned."""
        self.kept_ = arrays["kept"]


@hookimpl
def register_reducers():
    """Offer `variance`."""
    return {"variance": HighestVariance}
