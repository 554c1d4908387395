"""Where kernel ridge takes its spectra from: a kernel matrix, or features where these are few."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from emotopy.records.axes import FloatArray, IntArray
from emotopy_plugins.neural_decoders.kernels import centred_trace, gram, largest_eigenvalue
from emotopy_plugins.neural_decoders.ridge_solvers import Spectrum, check_penalties, dual_spectrum, primal_spectrum


class Rows(Protocol):
    """All rows of an analysis; training sets are drawn from them."""

    def decompose(self, train: IntArray, test: IntArray | None = None) -> Spectrum:
        """Return the spectrum of some rows, with others to predict."""
        ...

    def penalties(self, relative: FloatArray, scale: float | None) -> FloatArray:
        """Return absolute penalties: relative × scale, or × trace of the centred kernel / number of rows.

        Raises ConfigError for one that rounding outweighs.
        """
        ...


class KernelRows:
    """Rows known by their kernel, (n_rows, n_rows)."""

    def __init__(self, kernel: FloatArray) -> None:
        self.kernel = kernel

    def decompose(self, train: IntArray, test: IntArray | None = None) -> Spectrum:
        return dual_spectrum(self.kernel, train, test)

    def penalties(self, relative: FloatArray, scale: float | None) -> FloatArray:
        trace, n_rows = centred_trace(self.kernel), len(self.kernel)
        absolute = relative * (_variance(trace, n_rows) if scale is None else scale)
        check_penalties(absolute, trace, n_rows, lambda: largest_eigenvalue(self.kernel))
        return absolute


class LinearRows:
    """Rows under the linear kernel with fewer edges than rows: decomposed by edges where that is less work."""

    def __init__(self, features: FloatArray) -> None:
        features = np.asarray(features, dtype=np.float64)
        self.features = features - features.mean(axis=0)

    @cached_property
    def _kernel(self) -> FloatArray:
        return np.asarray(self.features @ self.features.T)

    def decompose(self, train: IntArray, test: IntArray | None = None) -> Spectrum:
        if self.features.shape[1] < len(train):
            return primal_spectrum(self.features, train, test)
        return dual_spectrum(self._kernel, train, test)

    def penalties(self, relative: FloatArray, scale: float | None) -> FloatArray:
        scatter = self.features.T @ self.features
        trace, n_rows = float(scatter.trace()), len(self.features)
        absolute = relative * (_variance(trace, n_rows) if scale is None else scale)
        check_penalties(absolute, trace, n_rows, lambda: float(np.linalg.eigvalsh(scatter)[-1]))
        return absolute


def linear_rows(features: FloatArray | Sequence[FloatArray]) -> Rows:
    """Return rows under the linear kernel, by edges where they are fewer than rows."""
    blocks = [features] if isinstance(features, np.ndarray) else list(features)
    if blocks[0].shape[1] < sum(len(block) for block in blocks):
        return LinearRows(np.concatenate(blocks))
    return KernelRows(gram(blocks))


def _variance(trace: float, n_rows: int) -> float:
    return trace / n_rows if trace > 0 else 1.0  # features that are all equal predict the mean at any penalty
