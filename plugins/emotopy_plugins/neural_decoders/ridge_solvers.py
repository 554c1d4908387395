"""Ridge regression with an unpenalised intercept, solved once for every penalty, target and left-out set.

One eigendecomposition of the centred kernel (dual), or of the centred features' scatter (primal), gives for every
penalty λ the hat matrix H, ŷ = H y on the training rows R, and M, f(T) = M y on other rows T. Leaving any S ⊂ R out is
then exact (the block form of the PRESS identity; Cook & Weisberg 1982, Residuals and Influence in Regression, §2.2):

    e_S    = (I − H)_SS⁻¹ (y − H y)_S       residuals of S under the model that has not seen S
    f₋S(T) = f(T) − M_TS e_S                what that model predicts elsewhere

With A the top-left block of the inverse of [[K + λI, 1], [1ᵀ, 0]] and α = A y, I − H = λ A and y − H y = λ α, so
e_S = A_SS⁻¹ α_S. All of it is linear in y, so y may be any basis of the targets.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from emotopy.errors import ConfigError
from emotopy.records.axes import FloatArray, IntArray
from emotopy_plugins.neural_decoders.kernels import centred

SMALLEST_PENALTY = 1e-6
"""Relative to the largest eigenvalue of the kernel: below it, rounding is larger than the penalty."""


@attrs.frozen(eq=False)
class Spectrum:
    """A training set in the basis in which every penalty is a division.

    Attributes
    ----------
    values
        (n_components,): eigenvalues σ.
    train, test
        (n_train, n_components), (n_test, n_components), with M = 1/n + test · diag(1 / (σ + λ)) · trainᵀ.
    n_train
        Number of training rows (rows of `train` may be padded with zeros).
    complete
        Whether `train` spans all of the centred training rows (dual), so that I − 1/n = train · trainᵀ.
    """

    values: FloatArray
    train: FloatArray
    test: FloatArray
    n_train: int
    complete: bool

    def inverse(self, penalty: float | FloatArray) -> FloatArray:
        """Return 1 / (σ + λ), (n_components,), or (n_components, n_columns) for a penalty per column."""
        return np.asarray(1.0 / np.add.outer(self.values, penalty))


def dual_spectrum(kernel: FloatArray, train: IntArray, test: IntArray | None = None) -> Spectrum:
    """Decompose the centred kernel of the training rows; O(n_train³), for any kernel.

    `kernel` is (n_rows, n_rows), `train` and `test` are row numbers; without `test` there are no test rows.
    """
    inner = kernel[np.ix_(train, train)]
    values, vectors = np.linalg.eigh(centred(inner))
    vectors -= vectors.mean(axis=0)  # the constant is free of penalty; rounding in its eigenvalue would charge for it
    cross = np.empty((0, len(train)))
    if test is not None:
        cross = kernel[np.ix_(test, train)] - inner.mean(axis=0)
        cross -= cross.mean(axis=1, keepdims=True)
    return Spectrum(np.maximum(values, 0.0), vectors, cross @ vectors, len(train), complete=True)


def primal_spectrum(features: FloatArray, train: IntArray, test: IntArray | None = None) -> Spectrum:
    """Decompose the scatter of the centred training features; O(n_train n_edges²), for the linear kernel.

    `features` is (n_rows, n_edges) float64; cheaper than the dual where edges are fewer than rows, and equal to it.
    """
    mean = features[train].mean(axis=0)
    inner = features[train] - mean
    values, vectors = np.linalg.eigh(inner.T @ inner)
    others = features[test] - mean if test is not None else np.empty((0, features.shape[1]))
    return Spectrum(np.maximum(values, 0.0), inner @ vectors, others @ vectors, len(train), complete=False)


def residual_maker(spectrum: Spectrum, penalty: float, rows: FloatArray | None = None) -> FloatArray:
    """Return I − H for the training rows, (n, n), or for batches of them.

    `rows` (..., n, n_components) are rows of `spectrum.train` (all by default); each batch gives a block (..., n, n).
    """
    train = spectrum.train if rows is None else rows
    if train.ndim > 2:  # a batch stays in the processor's cache, all of them don't
        return np.stack([residual_maker(spectrum, penalty, batch) for batch in train])
    inverse = spectrum.inverse(penalty)
    # a factor times its own transpose is symmetric, and numpy then does half the work
    factor = train * np.sqrt(penalty * inverse if spectrum.complete else inverse)
    product = factor @ factor.T
    if spectrum.complete:
        return np.asarray(product)
    return np.asarray(np.eye(len(train)) - 1.0 / spectrum.n_train - product)


@attrs.frozen(eq=False)
class Projected:
    """Targets (n_train, n_columns), and trainᵀ · targets (n_components, n_columns), which serves every penalty."""

    targets: FloatArray
    inside: FloatArray

    @classmethod
    def on(cls, spectrum: Spectrum, targets: FloatArray) -> Projected:
        """Project targets (n_train, n_columns)."""
        return cls(targets, spectrum.train.T @ targets)


def residuals(
    spectrum: Spectrum, penalty: float | FloatArray, basis: Projected, rows: IntArray | slice = slice(None)
) -> FloatArray:
    """Return y − H y of the training rows, or of some of them, (n_rows, n_columns).

    `penalty` is one for all columns, or one for each.
    """
    inverse = spectrum.inverse(penalty).reshape(len(spectrum.values), -1)
    if spectrum.complete:
        return np.asarray(spectrum.train[rows] @ (penalty * inverse * basis.inside))
    centred_targets = basis.targets[rows] - basis.targets.mean(axis=0)
    return np.asarray(centred_targets - spectrum.train[rows] @ (inverse * basis.inside))


def extrapolated(spectrum: Spectrum, penalty: float, basis: Projected) -> FloatArray:
    """Return f(T) = M y, (n_test, n_columns)."""
    inverse = spectrum.inverse(penalty)[:, None]
    return np.asarray(spectrum.test @ (inverse * basis.inside) + basis.targets.mean(axis=0))


def extrapolator(spectrum: Spectrum, penalty: float) -> FloatArray:
    """Return M, (n_test, n_train)."""
    return np.asarray((spectrum.test * spectrum.inverse(penalty)) @ spectrum.train.T + 1.0 / spectrum.n_train)


def left_out_residuals(maker: FloatArray, residual: FloatArray, left_out: IntArray) -> FloatArray:
    """Return e_S, (n_left_out, n_columns), from I − H (n, n) and y − H y (n, n_columns), for any set of rows."""
    return np.linalg.solve(maker[np.ix_(left_out, left_out)], residual[left_out])


def check_penalties(penalties: FloatArray, trace: float, n_rows: int, largest: Callable[[], float]) -> None:
    """Refuse penalties below 1e-6 times the largest eigenvalue of the centred kernel.

    `trace` is the centred kernel's; `largest` finds the eigenvalue, and is asked only where the trace doesn't decide.
    Raises ConfigError, with the smallest penalty that is allowed.
    """
    smallest = float(np.min(penalties))
    if smallest >= SMALLEST_PENALTY * trace:  # a sum of eigenvalues, none of them negative
        return
    least = SMALLEST_PENALTY * largest()
    if smallest < least:
        raise ConfigError(
            f"neural_decoder.penalties: {smallest * n_rows / trace:.3g} (relative to the features' "
            "variance) is so small that rounding errors exceed it; wanted at least "
            f"{least * n_rows / trace:.3g}"
        )
