"""Windowed statistics as batched linear algebra: correlations and means of every window at once, memory bounded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.brain import BoolArray

MOST_R = 1 - 1e-7
"""|r| is clipped here before Fisher's z: the last step of float32 below one."""
BLOCK_BYTES = 64 * 1024**2
"""Windows are worked off in blocks whose correlation matrices take about this much."""
ENOUGH = 0.8
"""A window needs this share of its volumes; one that lost more to censoring has no value."""


def edges(n_regions: int) -> tuple[IntArray, IntArray]:
    """Return the regions of each edge, (n_edges,) twice: the upper triangle, row by row."""
    return np.triu_indices(n_regions, k=1)


def windows_of(series: FloatArray, starts: IntArray, width: int) -> FloatArray:
    """Return a view (n_windows, width, n_regions) on a series (n_volumes, n_regions)."""
    view = np.lib.stride_tricks.sliding_window_view(series, width, axis=0)  # (n_starts, n_regions, width)
    return view[starts].transpose(0, 2, 1)


def usable(keep: BoolArray | None, starts: IntArray, width: int) -> BoolArray:
    """Return which windows keep at least 80 % of their volumes, (n_windows,)."""
    if keep is None:
        return np.ones(len(starts), dtype=bool)
    return np.asarray(windows_of(keep[:, None].astype(np.float64), starts, width)[..., 0].mean(axis=1) >= ENOUGH)


def windowed_correlations(
    series: FloatArray, starts: IntArray, weights: FloatArray, *, fisher: bool = True, keep: BoolArray | None = None
) -> FloatArray:
    """Return the weighted Pearson correlation of every pair of regions in every window, (n_windows, n_edges) float32.

    Parameters
    ----------
    series
        (n_volumes, n_regions), finite.
    starts
        First volume of each window, (n_windows,).
    weights
        Of a window's volumes, (width,), summing to one.
    fisher
        Return arctanh r, with |r| clipped just below one.
    keep
        (n_volumes,), False for censored volumes: they get weight 0. A window that keeps under 80 % is NaN.

    Centred and scaled in float64, then multiplied in float32: casting first would cost up to 1e-3 at scanner baselines.
    Raises InputError for a region that is constant within a window.
    """
    n_regions, width = series.shape[1], len(weights)
    first, second = edges(n_regions)
    flat = first * n_regions + second
    found = np.empty((len(starts), len(first)), dtype=np.float32)
    good = usable(keep, starts, width)
    for rows, unit in _unit_windows(series, starts, weights, keep, good):
        block = np.matmul(unit.transpose(0, 2, 1), unit).reshape(len(unit), n_regions**2)
        np.take(block, flat, axis=1, out=found[rows], mode="clip")
    if fisher:
        np.clip(found, -MOST_R, MOST_R, out=found)
        np.arctanh(found, out=found)
    found[~good] = np.nan
    return found


def windowed_means(
    series: FloatArray, starts: IntArray, weights: FloatArray, *, keep: BoolArray | None = None
) -> FloatArray:
    """Return the weighted mean of every column in every window, (n_windows, n_columns) float64.

    The same weights as for `windowed_correlations`, so that ratings and signal are smoothed alike. A window that keeps
    under 80 % of its volumes, or holds a NaN, is NaN.
    """
    per_window = _weights(starts, weights, keep)
    means = np.einsum("nw,nwr->nr", per_window, windows_of(series, starts, len(weights)))
    means[~usable(keep, starts, len(weights))] = np.nan
    return np.asarray(means)


def _unit_windows(
    series: FloatArray, starts: IntArray, weights: FloatArray, keep: BoolArray | None, good: BoolArray
) -> Iterator[tuple[slice, FloatArray]]:
    """Yield windows in blocks, (n_block, width, n_regions) float32, centred, weighted, each column of length one."""
    n_regions = series.shape[1]
    block = max(1, BLOCK_BYTES // (4 * n_regions**2))
    for start in range(0, len(starts), block):
        rows = slice(start, min(start + block, len(starts)))
        w = _weights(starts[rows], weights, keep)[:, :, None]
        values = windows_of(series, starts[rows], len(weights)).astype(np.float64)
        centred = values - (w * values).sum(axis=1, keepdims=True)
        centred *= np.sqrt(w)
        length = np.sqrt(np.einsum("nwr,nwr->nr", centred, centred))[:, None, :]
        scale = np.abs(values).max(axis=1, keepdims=True)
        flat = (length <= 1e-12 * np.maximum(scale, 1e-300)) & good[rows, None, None]
        if flat.any():
            window, _, region = np.argwhere(flat)[0]
            raise InputError(
                f"column {int(region)} is constant within window {start + int(window)}; leave the region out, or take "
                "longer windows"
            )
        yield rows, np.divide(centred, length, out=np.zeros_like(centred), where=length > 0).astype(np.float32)


def _weights(starts: IntArray, weights: FloatArray, keep: BoolArray | None) -> FloatArray:
    """Weights per window, (n_windows, width); censored volumes weigh nothing, the others make up for them."""
    if keep is None:
        return np.broadcast_to(weights, (len(starts), len(weights)))
    kept = windows_of(keep[:, None].astype(np.float64), starts, len(weights))[..., 0] * weights
    total = kept.sum(axis=1, keepdims=True)
    return np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
