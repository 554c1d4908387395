"""Windowed statistics as batched linear algebra: correlations and means of every window at once, memory bounded."""

from __future__ import annotations

import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.reference import defined_by

MOST_R = 1 - 1e-7
"""|r| is clipped here before Fisher's z: the last step of float32 below one."""
BLOCK_BYTES = 2 * 1024**2
"""Windows are centred and scaled in blocks of about this much: what a processor's cache holds."""
ENOUGH = 0.8
"""A window needs this share of its volumes; one that lost more to censoring has no value."""


FLAT = 1e-12
"""A column is constant where it varies by less than this share of its largest value."""


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


@defined_by("emotopy.inference.window_loops.windowed_correlations")
def windowed_correlations(
    series: FloatArray,
    starts: IntArray,
    weights: FloatArray,
    *,
    fisher: bool = True,
    keep: BoolArray | None = None,
    constant_is_zero: bool = False,
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
    constant_is_zero
        A region that is constant within a window correlates 0 there; otherwise it is an error.

    Centred and scaled in float64, then multiplied in float32: casting first would cost up to 1e-3 at scanner baselines.
    Raises InputError for a region that is constant within a window.
    """
    from scipy.linalg.blas import ssyrk

    n_regions, width = series.shape[1], len(weights)
    first, second = edges(n_regions)
    upper = first * n_regions + second
    found = np.empty((len(starts), len(first)), dtype=np.float32)
    good = usable(keep, starts, width)
    floor = FLAT * np.abs(series).max(axis=0)
    block = max(1, BLOCK_BYTES // (8 * width * n_regions))
    # both written anew again and again: fresh memory would cost more than the arithmetic
    units = np.empty((min(block, len(starts)), width, n_regions), dtype=np.float32)
    product = np.zeros((n_regions, n_regions), dtype=np.float32, order="F")
    for start in range(0, len(starts), block):
        rows = slice(start, min(start + block, len(starts)))
        centred, length = _centred_windows(series, starts[rows], _weights(starts[rows], weights, keep))
        flat = (length <= floor) & good[rows, None]
        if constant_is_zero:
            centred[np.broadcast_to(flat[:, None, :], centred.shape)] = 0
        elif flat.any():
            window, region = map(int, np.argwhere(flat)[0])
            raise constant_region(region, start + window)
        length[length == 0] = 1
        unit = np.divide(centred, length[:, None, :], out=units[: len(length)], casting="same_kind")
        here = found[rows]
        for window, r in zip(unit, here, strict=True):
            # one triangle of the product, half the work; in Fortran's order the lower one, which is our upper one
            ssyrk(1.0, window.T, c=product, lower=1, overwrite_c=1)
            np.take(product.T.ravel(), upper, out=r, mode="clip")
        if fisher:
            np.clip(here, -MOST_R, MOST_R, out=here)
            np.arctanh(here, out=here)
    found[~good] = np.nan
    return found


@defined_by("emotopy.inference.window_loops.windowed_means")
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


def check_varies(window: FloatArray, number: int) -> None:
    """Raise InputError for a column of a window (n_kept, n_regions) that is constant; `number` is the window's."""
    flat = np.ptp(window, axis=0) <= FLAT * np.maximum(np.abs(window).max(axis=0), 1e-300)
    if flat.any():
        raise constant_region(int(np.flatnonzero(flat)[0]), number)


def constant_region(region: int, window: int) -> InputError:
    """Return the error for a region that is constant within a window."""
    return InputError(
        f"column {region} is constant within window {window}; leave the region out, or take longer windows"
    )


def _centred_windows(series: FloatArray, starts: IntArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return windows (n_windows, width, n_regions) float64, centred, times the root of `weights` (n_windows, width).

    Beside them the length of each column, (n_windows, n_regions): its weighted standard deviation.
    """
    values = windows_of(series, starts, weights.shape[1])
    centred = np.empty(values.shape)
    np.subtract(values, np.einsum("nw,nwr->nr", weights, values)[:, None, :], out=centred)
    centred *= np.sqrt(weights)[:, :, None]
    return centred, np.sqrt(np.einsum("nwr,nwr->nr", centred, centred))


def _weights(starts: IntArray, weights: FloatArray, keep: BoolArray | None) -> FloatArray:
    """Weights per window, (n_windows, width); censored volumes weigh nothing, the others make up for them."""
    if keep is None:
        return np.asarray(np.broadcast_to(weights, (len(starts), len(weights))))
    kept = windows_of(keep[:, None].astype(np.float64), starts, len(weights))[..., 0] * weights
    total = kept.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(kept, total, out=np.zeros_like(kept), where=total > 0))
