"""Kernel matrices of features that may be larger than memory likes: Gram, Gaussian, and their scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.host import checkpoint
from emotopy.records.axes import FloatArray

_EDGES_AT_ONCE = 2048  # float32 sums over so few products stay exact to 1e-6; the blocks add up in float64


def gram(features: FloatArray | Sequence[FloatArray]) -> FloatArray:
    """Return the inner products of all rows, each edge centred over all rows first, (n_rows, n_rows) float64.

    Parameters
    ----------
    features
        (n_rows, n_edges), or one array per block of rows (a subject each), such as memory maps. Worked off a few
        thousand edges at a time, so that beside the result only n_rows × 2048 numbers are held. float32 features are
        multiplied in float32, after centring, and summed in float64; float64 features in float64.

    Raises ShapeError where blocks differ in edges, InputError for NaN or infinity.
    """
    blocks = [features] if isinstance(features, np.ndarray) else list(features)
    widths = {block.shape[1] for block in blocks if block.ndim == 2}
    if len(widths) != 1 or any(block.ndim != 2 for block in blocks):
        raise ShapeError(f"features: wanted blocks (n_rows, n_edges) alike, got {[block.shape for block in blocks]}")
    n_edges = widths.pop()
    n_rows = sum(len(block) for block in blocks)
    total = np.zeros((n_rows, n_rows))
    for start in range(0, n_edges, _EDGES_AT_ONCE):
        checkpoint()
        part = np.concatenate([np.asarray(block[:, start : start + _EDGES_AT_ONCE]) for block in blocks])
        exact = part.astype(np.float64)
        exact -= exact.mean(axis=0)
        centred = exact.astype(np.float32 if part.dtype == np.float32 else np.float64, copy=False)
        total += centred @ centred.T
    if not np.isfinite(total.diagonal()).all():
        row = int(np.flatnonzero(~np.isfinite(total.diagonal()))[0])
        raise InputError(f"features: wanted finite numbers, row {row} holds NaN or infinity (or is next to one)")
    return total


def squared_distances(inner: FloatArray) -> FloatArray:
    """Return squared Euclidean distances (n, n) from inner products (n, n)."""
    lengths = inner.diagonal()
    distances = -2 * inner
    distances += lengths
    distances += lengths[:, None]
    return np.maximum(distances, 0.0, out=distances)


def cross_distances(rows: FloatArray, others: FloatArray) -> FloatArray:
    """Return squared Euclidean distances (n_rows, n_others) of rows (n_rows, n_edges) from others."""
    middle = others.mean(axis=0, dtype=np.float64)  # distances don't see it, and lengths lose fewer digits
    near, far = rows - middle, others - middle
    lengths = (near**2).sum(axis=1)[:, None] + (far**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(lengths - 2 * near @ far.T, 0.0))


def median_gamma(distances: FloatArray) -> float:
    """Return 1 / median of the squared distances of different rows (Gretton et al. 2012, up to the factor 2).

    Raises InputError where half of the rows are equal.
    """
    middle = float(np.median(distances[np.triu_indices(len(distances), k=1)]))
    if not middle > 0:
        raise InputError(
            "features: more than half of the windows are equal; check whether the connectivity is constant"
        )
    return 1.0 / middle


def gaussian(distances: FloatArray, gamma: float) -> FloatArray:
    """Return exp(−gamma · squared distance), as scikit-learn's `rbf_kernel`."""
    similar = -gamma * distances
    return np.exp(similar, out=similar)


def centred(kernel: FloatArray) -> FloatArray:
    """Return H K H with H = I − 11ᵀ/n: the kernel of features centred in their own space."""
    mean = kernel.mean(axis=0)
    found = kernel - mean
    found -= (mean - mean.mean())[:, None]
    return found


def centred_trace(kernel: FloatArray) -> float:
    """Return trace(H K H); a penalty of 1 is relative to this per row."""
    return float(kernel.trace() - len(kernel) * kernel.mean())


def largest_eigenvalue(kernel: FloatArray) -> float:
    """Return the largest eigenvalue of H K H, to three digits."""
    from scipy.sparse.linalg import eigsh

    matrix = centred(kernel)
    if len(matrix) < 4:
        return float(np.linalg.eigvalsh(matrix)[-1])
    start = np.linspace(1.0, 2.0, len(matrix))  # the same on every run
    return float(eigsh(matrix, k=1, which="LA", v0=start, return_eigenvectors=False, tol=1e-3)[0])
