"""Neural decoder `my-neural-decoder`: ridge regression. Replace it with your model, or a scikit-learn regressor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

import numpy as np
from annotated_types import Gt

from emotopy import hookimpl
from emotopy.records import FloatArray
from emotopy.roles import Factory, NeuralDecoder


class MyNeuralDecoder:
    """Least squares with a penalty on the weights, for all emotions at once."""

    def __init__(self, penalty: Annotated[float, Gt(0)] = 1.0) -> None:
        self.penalty = penalty

    def fit(self, X: FloatArray, Y: FloatArray) -> Self:
        """Learn Y (n_windows, n_emotions) from X (n_windows, n_edges)."""
        self.centre_, self.mean_ = X.mean(axis=0), Y.mean(axis=0)
        centred = X - self.centre_
        gram = centred.T @ centred + self.penalty * np.eye(X.shape[1])
        self.weights_ = np.linalg.solve(gram, centred.T @ (Y - self.mean_))
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return (n_windows, n_emotions)."""
        return np.asarray((X - self.centre_) @ self.weights_ + self.mean_)


@hookimpl
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    """Offer `my-neural-decoder`."""
    return {"my-neural-decoder": MyNeuralDecoder}
