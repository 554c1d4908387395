"""Clusterer `quadrants`: divides the first two components at their medians."""

import numpy as np
from emotopy import hookimpl


class Quadrants:
    """Finds at most four clusters, numbered 0 to 3; with a single component, two."""

    def fit_predict(self, X):
        """Return integers, (n_texts,)."""
        self.medians_ = np.median(X[:, :2], axis=0)
        return self.predict(X)

    def predict(self, X):
        """Return the quadrant of each point."""
        above = X[:, :2] > self.medians_
        return above @ np.array([1, 2])[: above.shape[1]]

    def state(self):
        """Return the state that is saved with a fitted pathway, as arrays and JSON values."""
        return {"medians": self.medians_}, {}

    def restore(self, arrays, values):
        """Restore what `state` returned."""
        self.medians_ = arrays["medians"]


@hookimpl
def register_clusterers():
    """Offer `quadrants`."""
    return {"quadrants": Quadrants}
